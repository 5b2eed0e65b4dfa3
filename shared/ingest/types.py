"""Text to typed values and back, as polars expressions.

A text that is not a value of its type becomes null, never another value.
"""

from __future__ import annotations

import polars as pl

from shared.definitions.model import Column, ColumnType
from shared.ingest.formats import has_offset, read_date, read_datetime

# What polars would read generously is refused first: it rounds decimals, takes `inf` and second 60, cuts nanoseconds.
INTEGER = r"^[+-]?[0-9]+$"
FLOAT = r"^[+-]?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][+-]?[0-9]+)?$"
DATE = r"^[0-9]{4}-[0-9]{2}-[0-9]{2}$"
DATETIME = (
    r"^([0-9]{4}-[0-9]{2}-[0-9]{2})[T ]([0-9]{2}:[0-9]{2})(:[0-5][0-9](?:\.[0-9]{1,6}0{0,3})?)?"
    r"(Z|([+-])([01][0-9]|2[0-3]):?([0-5][0-9]))?$"
)
DECIMAL_DIGITS = 28  # of a value; sums have 38, so it takes ten thousand million rows to outgrow them
TRUE, FALSE = ["true", "yes", "1"], ["false", "no", "0"]

EXPECTED: dict[ColumnType, str] = {
    "string": "a text",
    "integer": "a whole number of at most 64 bits",
    "float": "a number with a decimal point",
    "decimal": "a decimal number",
    "boolean": "true or false (yes/no, 1/0)",
    "date": "a date like 2026-11-20",
    "datetime": "a date and time like 2026-11-20T13:00:00",
}


def convert(column: Column, text: pl.Expr, time_zone: str) -> pl.Expr:
    """The value of `text` in the column's type, null where it has none."""
    match column.type:
        case "string":
            return text
        case "integer":
            return _where(text, INTEGER).cast(pl.Int64, strict=False)
        case "float":
            number = _where(text, FLOAT).cast(pl.Float64, strict=False)
            return pl.when(number.is_finite()).then(number)
        case "decimal":
            return _decimal(text, column.scale or 0)
        case "boolean":
            lower = text.str.to_lowercase()
            return pl.when(lower.is_in(TRUE)).then(pl.lit(True)).when(lower.is_in(FALSE)).then(pl.lit(False))
        case "date":
            if column.format:
                return _in_years(read_date(text, column.format))
            return _in_years(_where(text, DATE).str.to_date("%Y-%m-%d", strict=False))
        case "datetime":
            return _in_years(_datetime(text, column.format, time_zone), time_zone)


def expected(column: Column) -> str:
    """What a value of the column must be, for people."""
    if column.format:
        return f"a {column.type} in the format {column.format}"
    if column.type == "decimal":
        return f"a decimal number of at most {DECIMAL_DIGITS} digits, {column.scale or 0} of them after the point"
    return EXPECTED[column.type]


def written(kind: ColumnType, value: pl.Expr, dtype: pl.DataType) -> pl.Expr:
    """A typed value as the processed document has it: numbers as they are, times in ISO 8601 with their offset."""
    if kind != "datetime" or not isinstance(dtype, pl.Datetime):
        return value
    in_utc = value.dt.convert_time_zone("UTC").dt.to_string("%Y-%m-%dT%H:%M:%S%.fZ")
    if dtype.time_zone == "UTC":
        return in_utc
    # Local mean times of long ago are seconds off; ISO 8601 has no way to write that, so those are shown in UTC.
    offset = value.dt.base_utc_offset() + value.dt.dst_offset()
    in_minutes = offset.dt.total_seconds() % 60 == 0
    return pl.when(in_minutes).then(value.dt.to_string("%Y-%m-%dT%H:%M:%S%.f%:z")).otherwise(in_utc)


def _where(text: pl.Expr, pattern: str) -> pl.Expr:
    return pl.when(text.str.contains(pattern)).then(text)


def _in_years(time: pl.Expr, time_zone: str | None = None) -> pl.Expr:
    """Only what ISO 8601 and Python can write: the years 1 to 9999, in UTC as well as in the time zone."""
    possible = time.dt.year().is_between(1, 9999)
    if time_zone not in (None, "UTC"):
        possible &= time.dt.convert_time_zone("UTC").dt.year().is_between(1, 9999)
    return pl.when(possible).then(time)


def _decimal(text: pl.Expr, scale: int) -> pl.Expr:
    after_point = rf"[0-9]{{1,{scale}}}0*" if scale else "0+"
    fits = rf"^[+-]?([0-9]+(\.({after_point})?)?|\.{after_point})$"
    return _where(text, fits).cast(pl.Decimal(DECIMAL_DIGITS, scale), strict=False)


def _datetime(text: pl.Expr, layout: str | None, time_zone: str) -> pl.Expr:
    """An instant, shown in `time_zone`. A text without an offset is local time there (of two such, the earlier)."""
    if layout:
        read = read_datetime(text, layout)
        return read.dt.convert_time_zone(time_zone) if has_offset(layout) else _localised(read, time_zone)
    part = text.str.extract_groups(DATETIME).struct
    local = pl.concat_str(
        part.field("1"), pl.lit("T"), part.field("2"), part.field("3").fill_null(":00")
    ).str.to_datetime("%Y-%m-%dT%H:%M:%S%.f", strict=False, time_unit="us")
    minutes = part.field("6").cast(pl.Int32) * 60 + part.field("7").cast(pl.Int32)
    offset = pl.when(part.field("5") == "-").then(-minutes).otherwise(minutes).fill_null(0)
    instant = (local - pl.duration(minutes=offset)).dt.replace_time_zone("UTC").dt.convert_time_zone(time_zone)
    return pl.when(part.field("4").is_null()).then(_localised(local, time_zone)).otherwise(instant)


def _localised(local: pl.Expr, time_zone: str) -> pl.Expr:
    return local.dt.replace_time_zone(time_zone, ambiguous="earliest", non_existent="null")
