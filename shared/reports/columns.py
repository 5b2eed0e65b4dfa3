"""The columns of a report's rows: what they hold, and how their values are ordered and compared."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from typing import Any, Literal

from shared.definitions.model import ColumnType, Dataset, Metric, Report

PERIOD = "period"

type Kind = Literal["text", "time", "number", "boolean", "any"]
KINDS: Mapping[ColumnType, Kind] = {
    "string": "text",
    "date": "text",
    "datetime": "time",
    "integer": "number",
    "float": "number",
    "decimal": "number",
    "boolean": "boolean",
}
OWN_TYPE = ("min", "max")  # metrics that are of their column's type; all others are numbers


@dataclass(frozen=True, slots=True)
class Columns:
    """The columns of rows: `period`, group columns, metrics. `any`: only the data says what is in it."""

    group_by: tuple[str, ...]
    metrics: tuple[str, ...]
    kinds: Mapping[str, Kind]

    @property
    def names(self) -> tuple[str, ...]:
        """All of them, in the order of a row."""
        return (PERIOD, *self.group_by, *self.metrics)

    def kind(self, name: str) -> Kind:
        """What a column holds."""
        return self.kinds.get(name, "text")


def of_definition(report: Report, dataset: Dataset | None) -> Columns:
    """The columns that a report is defined to have."""
    types = {column.name: KINDS[column.type] for column in dataset.columns} if dataset else {}

    def kind(metric: Metric) -> Kind:
        return types.get(metric.column or "", "any") if metric.function in OWN_TYPE else "number"

    kinds: dict[str, Kind] = {name: types.get(name, "any") for name in report.group_by}
    kinds |= {metric.name: kind(metric) for metric in report.metrics}
    return Columns(report.group_by, tuple(metric.name for metric in report.metrics), kinds)


def without_definition(metrics: Iterable[str]) -> Columns:
    """The columns of a report that no definition tells of: no groups, and metrics of numbers alone."""
    names = tuple(metrics)
    return Columns((), names, dict.fromkeys(names, "number"))


def comparable(values: list[Any], kind: Kind) -> list[Any]:
    """What orders these values: null is least, texts go by code point.

    Numbers go by their worth, also where JSON shows them as text: decimals, and whole numbers beyond 2**53.
    """
    types = set(map(type, values))
    if types <= {int, float} or (types == {str} and kind in ("text", "any")):
        return values  # most columns are of one type, and need no keys
    return [comparable_one(value, kind) for value in values]


def roughly(values: list[Any]) -> list[Any]:
    """Keys for numbers that are quick to make, as floats: no two are the wrong way round, but some may be the same."""
    if set(map(type, values)) <= {int, float}:
        return values
    try:
        keys = [-math.inf if value is None else float(value) for value in values]
    except (ValueError, OverflowError):  # text that is no number, which is last, or a number beyond all floats
        keys = [_float(value) for value in values]
    return [math.inf if key != key else key for key in keys] if math.isnan(sum(keys)) else keys  # noqa: PLR0124


def _float(value: Any) -> float:
    number = number_of(value)
    if value is None or number is None:
        return -math.inf if value is None else math.inf
    try:
        return float(number)
    except OverflowError:
        return math.inf if number > 0 else -math.inf


def comparable_one(value: Any, kind: Kind) -> tuple[int, Any]:
    """The same for a value alone."""
    if value is None:
        return 0, 0
    if not isinstance(value, str):
        return 1, value
    if kind == "number":
        number = number_of(value)
        if number is not None:
            return (2, 0) if number != number else (1, number)  # noqa: PLR0124 - not a number
    # `…:00Z` comes before `…:00.5Z`
    return 3, value.removesuffix("Z") if kind == "time" else value


def number_of(value: Any) -> Any:
    """A number that may be shown as text; None where a text is none."""
    if type(value) is not str:
        return value
    try:
        number = Decimal(value)
    except InvalidOperation:
        return None
    return None if number.is_snan() else number
