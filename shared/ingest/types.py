"""Text to typed values and back, as polars expressions.

A text that is not a value of its type becomes null, never another value.
"""

from __future__ import annotations

import polars as pl

from shared.definitions.model import Column, ColumnType

# What polars would read generously is refused first: it rounds decimals, takes `inf` and second 60, cuts nanoseconds.
INTEGER = r"^[+-]?[0-9]+$"
FLOAT = r"^[+-]?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][+-]?[0-9]+)?$"
DATE = r"^[0-9]{4}-[0-9]{2}-[0-9]{2}$"
DATETIME = (
    r"^([0-9]{4}-[0-9]{2}-[0-9]{2})[T ]([0-9]{2}:[0-9]{2})(:[0-5][0-9])?(\.[0-9]{1,6})?"
    r"(Z|([+-])([01][0-9]|2[0-3]):?([0-5][0-9]))?$"
)
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
                return text.str.to_date(column.format, strict=False)
            return _where(text, DATE).str.to_date("%Y-%m-%d", strict=False)
        case "datetime":
            return _datetime(text, column.format, time_zone)


def expected(column: Column) -> str:
    """What a value of the column must be, for people."""
    if column.format:
        return f"a {column.type} in the format {column.format}"
    if column.type == "decimal":
        return f"a decimal number with at most {column.scale or 0} digits after the point"
    return EXPECTED[column.type]


def written(kind: ColumnType, value: pl.Expr, dtype: pl.DataType) -> pl.Expr:
    """A typed value as the processed document has it: numbers as they are, times in ISO 8601 with their offset."""
    if kind == "datetime" and isinstance(dtype, pl.Datetime):
        zone = "Z" if dtype.time_zone == "UTC" else "%:z"
        return value.dt.to_string(f"%Y-%m-%dT%H:%M:%S%.f{zone}")
    return value


def _where(text: pl.Expr, pattern: str) -> pl.Expr:
    return pl.when(text.str.contains(pattern)).then(text)


def _decimal(text: pl.Expr, scale: int) -> pl.Expr:
    fraction = rf"\.[0-9]{{0,{scale}}}0*"
    fits = rf"^[+-]?([0-9]+({fraction})?|\.[0-9]{{1,{max(scale, 1)}}}0*)$"
    return _where(text, fits).cast(pl.Decimal(38, scale), strict=False)


def _datetime(text: pl.Expr, layout: str | None, time_zone: str) -> pl.Expr:
    """An instant, shown in `time_zone`. A text without an offset is local time there (of two such, the earlier)."""
    if layout and "%z" in layout:
        instant = text.str.to_datetime(layout, strict=False, time_unit="us", time_zone="UTC")
        return instant.dt.convert_time_zone(time_zone)
    if layout:
        return _localised(text.str.to_datetime(layout, strict=False, time_unit="us"), time_zone)
    part = text.str.extract_groups(DATETIME).struct
    local = pl.concat_str(
        part.field("1"), pl.lit("T"), part.field("2"), part.field("3").fill_null(":00"), part.field("4").fill_null("")
    ).str.to_datetime("%Y-%m-%dT%H:%M:%S%.f", strict=False, time_unit="us")
    minutes = part.field("7").cast(pl.Int32) * 60 + part.field("8").cast(pl.Int32)
    offset = pl.when(part.field("6") == "-").then(-minutes).otherwise(minutes).fill_null(0)
    instant = (local - pl.duration(minutes=offset)).dt.replace_time_zone("UTC").dt.convert_time_zone(time_zone)
    return pl.when(part.field("5").is_null()).then(_localised(local, time_zone)).otherwise(instant)


def _localised(local: pl.Expr, time_zone: str) -> pl.Expr:
    return local.dt.replace_time_zone(time_zone, ambiguous="earliest", non_existent="null")
