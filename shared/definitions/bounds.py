"""`min` and `max` in the type of their column. A mistake is a ValueError whose text says what is expected."""

from __future__ import annotations

import datetime as dt
import math
from contextlib import suppress
from decimal import Context, Decimal, InvalidOperation
from zoneinfo import ZoneInfo

from shared.definitions.model import Bound, ColumnType
from shared.definitions.table import shown

_MOST_DIGITS = 38  # of a decimal, before and after the point together
_EXACT = Context(prec=_MOST_DIGITS + 1)  # Python's own default would refuse what has more than 28


def read_bound(value: object, kind: ColumnType, scale: int | None, zone: ZoneInfo) -> Bound:
    """A value of the file as a bound. A datetime without an offset is a time of day in the dataset's time zone."""
    match kind:
        case "integer":
            return _integer(value)
        case "float":
            return _float(value)
        case "decimal":
            return _decimal(value, scale)
        case "date":
            return _date(value)
        case "datetime":
            return _datetime(value, zone)
        case _:
            raise ValueError(f"is not for columns of type {kind}")


def _integer(value: object) -> int:
    _number(value)
    if not isinstance(value, int):
        raise ValueError(f"must be a whole number, not {shown(value)}")
    if not -(2**63) <= value < 2**63:
        raise ValueError("must be a number of at most 64 bits")
    return value


def _float(value: object) -> float:
    number = float(_number(value))
    if math.isinf(number):
        raise ValueError(f"must be a number that a float can hold, not {shown(value)}")
    return number


def _decimal(value: object, scale: int | None) -> Decimal:
    if isinstance(value, str):
        try:
            value = Decimal(value)
        except InvalidOperation:
            raise _not_a_number(value) from None
    number = _number(value)
    if scale is None:  # itself a mistake, and noted as one
        return number
    if number.adjusted() + 1 + scale > _MOST_DIGITS:
        raise ValueError(f"must have at most {_MOST_DIGITS} digits, {scale} of them after the point")
    rounded = number.quantize(Decimal(1).scaleb(-scale), context=_EXACT)
    if rounded != number:
        raise ValueError(f"must have at most {scale} digits after the point (its scale), not {shown(value)}")
    return rounded


def _number(value: object) -> Decimal:
    if isinstance(value, bool) or not isinstance(value, int | Decimal):
        raise _not_a_number(value)
    number = Decimal(value)
    if not number.is_finite():
        raise _not_a_number(value)
    return number


def _not_a_number(value: object) -> ValueError:
    return ValueError(f"must be a number, not {shown(value)}")


def _date(value: object) -> dt.date:
    if isinstance(value, str):
        with suppress(ValueError):
            return dt.date.fromisoformat(value)
    if isinstance(value, dt.date) and not isinstance(value, dt.datetime):
        return value
    raise ValueError(f"must be a date such as 2026-11-20, not {shown(value)}")


def _datetime(value: object, zone: ZoneInfo) -> dt.datetime:
    if isinstance(value, str) and not _is_date(value):  # a day is no moment: its first or its last one?
        with suppress(ValueError):
            value = dt.datetime.fromisoformat(value)
    if isinstance(value, dt.datetime):
        return _in_zone(value, zone)
    raise ValueError(f"must be a datetime such as 2026-11-20T13:00:00, not {shown(value)}")


def _in_zone(value: dt.datetime, zone: ZoneInfo) -> dt.datetime:
    """All bounds in the one zone of the dataset: polars compares no datetimes of different zones."""
    try:
        return value.astimezone(zone) if value.tzinfo else value.replace(tzinfo=zone)
    except OverflowError:
        raise ValueError(f"must be within the years 1 to 9999 in {zone.key}, not {shown(value)}") from None


def _is_date(text: str) -> bool:
    try:
        dt.date.fromisoformat(text)
    except ValueError:
        return False
    return True
