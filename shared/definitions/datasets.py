"""The tables `[datasets.…]`: which files, how they are written, what their columns are."""

from __future__ import annotations

import codecs
from dataclasses import dataclass, fields
from decimal import Decimal
from typing import get_args
from zoneinfo import ZoneInfo, available_timezones

from shared.definitions.columns import Columns, read_columns
from shared.definitions.model import Dataset, ExtraColumns
from shared.definitions.table import Table, shown, suggestion

_KEYS = tuple(field.name for field in fields(Dataset) if field.name != "name")
_DEFAULT = Dataset(name="")
_EXTRA_COLUMNS: tuple[ExtraColumns, ...] = get_args(ExtraColumns.__value__)
_NOT_ZONES = {"Factory", "localtime", "posix", "posixrules", "right"}  # at the top of the time zone database


@dataclass(frozen=True, slots=True)
class ReadDataset:
    """A dataset, and its columns as far as they are understood. None: not at all, so no report is held to them."""

    dataset: Dataset
    columns: Columns | None


def read_dataset(name: str, table: Table) -> ReadDataset:
    """One dataset. What is wrong in it reads as the default, and leaves a mistake behind."""
    table.expect_only(_KEYS)
    time_zone = _read_time_zone(table)
    columns_table = table.table("columns")
    columns: Columns | None = {} if "columns" not in table else None
    if columns_table is not None:
        columns = read_columns(columns_table, ZoneInfo(time_zone)) or None
    null_values = table.texts("null_values")
    dataset = Dataset(
        name=name,
        files=_read_files(name, table),
        delimiter=_read_delimiter(table),
        encoding=_read_encoding(table),
        null_values=_DEFAULT.null_values if null_values is None else null_values,
        extra_columns=table.choice("extra_columns", _EXTRA_COLUMNS) or _DEFAULT.extra_columns,
        max_rejected=_read_max_rejected(table),
        time_zone=time_zone,
        columns=tuple(column for column in (columns or {}).values() if column),
    )
    return ReadDataset(dataset, columns)


def _read_files(name: str, table: Table) -> str | None:
    table.require("files", f'write a pattern over upload names, such as files = "{name}/**"')
    pattern = table.text("files")
    if pattern is not None and (not pattern or pattern.startswith("/") or pattern.endswith("/")):
        remedy = f'to take all files below a folder, write "{pattern.strip("/") or name}/**"'
        table.mistake("files", f"{shown(pattern)} matches no upload; {remedy}")
    return pattern


def _read_delimiter(table: Table) -> str:
    delimiter = table.text("delimiter")
    if delimiter is None:
        return _DEFAULT.delimiter
    if delimiter != "auto" and (len(delimiter) != 1 or not delimiter.isascii() or delimiter in '"\r\n\0'):
        remedy = r'must be "auto" or one character such as "," ";" "|" or "\t"'
        table.mistake("delimiter", f"{remedy} (ASCII, no quote, no line end), not {shown(delimiter)}")
    return delimiter


def _read_encoding(table: Table) -> str:
    """The codec by the one name that Python has for it: `utf8` and `UTF-8` are both `utf-8`."""
    encoding = table.text("encoding")
    if encoding is None:
        return _DEFAULT.encoding
    try:
        name = codecs.lookup(encoding).name
        b"a".decode(name)
    except UnicodeError:  # a text codec, of more than one byte a character
        return name
    except (LookupError, ValueError):
        remedy = 'must be a text encoding that Python knows, such as "utf-8", "cp1252" or "utf-16"'
        table.mistake("encoding", f"{remedy}, not {shown(encoding)}")
        return _DEFAULT.encoding
    return name


def _read_max_rejected(table: Table) -> float:
    share = table.values.get("max_rejected")
    if share is None:
        return _DEFAULT.max_rejected
    number = float(share) if isinstance(share, Decimal) else share
    if isinstance(number, int | float) and not isinstance(number, bool) and 0 <= number <= 1:
        return float(number)
    table.mistake(
        "max_rejected", f"must be a share from 0 to 1, such as 0.1 for a tenth of the rows, not {shown(share)}"
    )
    return _DEFAULT.max_rejected


def _read_time_zone(table: Table) -> str:
    name = table.text("time_zone")
    if name is None:
        return _DEFAULT.time_zone
    if _is_time_zone(name):
        return name
    zones = sorted(available_timezones() - _NOT_ZONES)
    near = suggestion(name, zones, otherwise='use a name such as "Europe/Berlin" or "UTC"')
    table.mistake("time_zone", f"unknown time zone {shown(name)}, {near}")
    return _DEFAULT.time_zone


def _is_time_zone(name: str) -> bool:
    """Without a look at the whole database, which takes a cold start longer than all else in a file of definitions."""
    if name.partition("/")[0] in _NOT_ZONES:
        return False
    try:
        ZoneInfo(name)
    except (KeyError, ValueError, OSError):  # no such file, a path that leads out or into nothing, a folder
        return False
    return True
