"""The tables `[datasets.….columns]`: columns, their types and the checks that their values must pass."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Mapping
from typing import get_args
from zoneinfo import ZoneInfo

from shared.definitions.bounds import read_bound
from shared.definitions.model import Bound, Column, ColumnType
from shared.definitions.regexes import portability_mistake
from shared.definitions.table import Table, alternatives, shown

# Columns by name; None is one that is declared, but not understood.
type Columns = Mapping[str, Column | None]

_TYPES: tuple[ColumnType, ...] = get_args(ColumnType.__value__)
_FOR_TYPES: Mapping[str, tuple[ColumnType, ...]] = {
    "min": ("integer", "float", "decimal", "date", "datetime"),
    "max": ("integer", "float", "decimal", "date", "datetime"),
    "one_of": ("string",),
    "pattern": ("string",),
    "max_length": ("string",),
    "scale": ("decimal",),
    "format": ("date", "datetime"),
}
_KEYS = ("type", "required", *_FOR_TYPES, "unique")
_MOST_DIGITS_AFTER_POINT = 18
_LONGEST_STRING = 2**31 - 1
_SAMPLE_TIME = dt.datetime(2026, 11, 20, 13, 45, 56, tzinfo=dt.UTC)


def read_columns(table: Table, zone: ZoneInfo) -> Columns:
    """All columns of a dataset, in the order of the file."""
    if not table.values:
        table.mistake("", "must name a column; leave the table out to have types inferred")
    read = {name: _read_column(name, column, zone) for name, column in table.entries()}
    return dict.fromkeys(table.values) | read  # what is not even a table is known by name all the same


def _read_column(name: str, table: Table, zone: ZoneInfo) -> Column | None:
    if not name:
        table.mistake("", "a column must have a name")
    table.expect_only(_KEYS)
    table.require("type", f"write type = {alternatives([f'"{kind}"' for kind in _TYPES])}")
    kind = table.choice("type", _TYPES)
    table = _refuse_other_types_keys(table, kind)
    scale = table.whole("scale", 0, _MOST_DIGITS_AFTER_POINT)
    if kind == "decimal":
        table.require("scale", "write how many digits follow the point, such as scale = 2")
    low, high = (_read_bound(key, table, kind, scale, zone) for key in ("min", "max"))
    if low is not None and high is not None and low > high:  # type: ignore[operator]  # both are of the column's type
        table.mistake("min", f"must not be above max: {shown(table.values['min'])} > {shown(table.values['max'])}")
    column = Column(
        name=name,
        type=kind or "string",
        required=table.flag("required") or False,
        min=low,
        max=high,
        one_of=_read_one_of(table),
        pattern=_read_pattern(table),
        max_length=table.whole("max_length", 1, _LONGEST_STRING),
        unique=table.flag("unique") or False,
        scale=scale,
        format=_read_format(table),
    )
    return column if kind else None


def _refuse_other_types_keys(table: Table, kind: ColumnType | None) -> Table:
    """The table without the keys that say nothing about a column of this type."""
    refused = [key for key, kinds in _FOR_TYPES.items() if key in table and kind and kind not in kinds]
    for key in refused:
        table.mistake(key, f"is only for columns of type {alternatives(_FOR_TYPES[key])}, not {kind}")
    return table.without(refused)


def _read_bound(key: str, table: Table, kind: ColumnType | None, scale: int | None, zone: ZoneInfo) -> Bound | None:
    if key not in table or kind is None:
        return None
    try:
        return read_bound(table.values[key], kind, scale, zone)
    except ValueError as error:
        table.mistake(key, str(error))
        return None


def _read_one_of(table: Table) -> tuple[str, ...] | None:
    values = table.texts("one_of")
    if values == ():
        table.mistake("one_of", "must name at least one value")
    return values


def _read_pattern(table: Table) -> str | None:
    pattern = table.text("pattern")
    mistake = portability_mistake(pattern) if pattern is not None else None
    if mistake:
        table.mistake("pattern", mistake)
    return pattern


def _read_format(table: Table) -> str | None:
    """A strptime format. It has to tell the whole date: what it writes of a date must read back as that date."""
    text = table.text("format")
    if text is None:
        return None
    try:
        read_back = dt.datetime.strptime(_SAMPLE_TIME.strftime(text), text).date()  # noqa: DTZ007  # only its date counts
    except (ValueError, IndexError):
        read_back = None
    if read_back != _SAMPLE_TIME.date():
        remedy = 'such as "%d.%m.%Y" or "%d.%m.%Y %H:%M"'
        table.mistake("format", f"must be a strptime format that tells the date, {remedy}, not {shown(text)}")
    directives = set(re.findall("%.", text))
    if "%Z" in directives:
        table.mistake("format", "must do without %Z: names of zones are not unique; %z reads offsets such as +0100")
    if directives & {"%H", "%I"} and "%M" not in directives:
        table.mistake("format", "must have minutes (%M) where it has hours; polars reads no hours without them")
    return text
