"""Text to typed values and back, as polars expressions.

A text that is not a value of its type becomes null, never another value.
"""

from __future__ import annotations

import polars as pl

from shared.definitions.model import Column, ColumnType
from shared.ingest.formats import has_offset, read_date, read_datetime
from shared.ingest.iso import Reading, date_readings, datetime_readings, in_years, localised
from shared.ingest.iso import written as written_moment

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


def readings(column: Column, text: pl.Expr, time_zone: str) -> tuple[Reading, ...]:
    """The ways to read a text of the column, the commonest first; all that give it a value give it the same."""
    match column.type:
        case "string":
            return (Reading(text, shown=text),)
        case "integer":  # polars reads digits with or without a sign, and nothing else
            return (Reading(text.cast(pl.Int64, strict=False)),)
        case "float":  # likewise, with point and exponent; but for names of what is no number, and what is too large
            number = text.cast(pl.Float64, strict=False)
            return (Reading(pl.when(number.is_finite()).then(number)),)
        case "decimal":
            return _decimal_readings(text, column.scale or 0)
        case "boolean":
            lower = text.str.to_lowercase()
            value = pl.when(lower.is_in(TRUE)).then(pl.lit(True)).when(lower.is_in(FALSE)).then(pl.lit(False))
            return (Reading(value),)
        case "date":
            if column.format:
                return (Reading(in_years(read_date(text, column.format))),)
            return date_readings(text)
        case "datetime":
            if column.format:
                return (Reading(in_years(_formatted(text, column.format, time_zone), time_zone)),)
            return datetime_readings(text, time_zone)


def convert(column: Column, text: pl.Expr, time_zone: str) -> pl.Expr:
    """The value of `text` in the column's type, null where it has none."""
    return pl.coalesce(reading.value for reading in readings(column, text, time_zone))


def written(column: Column, value: pl.Expr, time_zone: str) -> pl.Expr:
    """A typed value as the processed document has it: numbers as they are, times in ISO 8601 with their offset."""
    return written_moment(value, time_zone) if column.type == "datetime" else value


def expected(column: Column) -> str:
    """What a value of the column must be, for people."""
    if column.format:
        return f"a {column.type} in the format {column.format}"
    if column.type == "decimal":
        return f"a decimal number of at most {DECIMAL_DIGITS} digits, {column.scale or 0} of them after the point"
    return EXPECTED[column.type]


def _decimal_readings(text: pl.Expr, scale: int) -> tuple[Reading, ...]:
    """polars rounds what has more digits than the scale, so a text counts only where it is written as its value is,
    or else matches a pattern."""
    value = text.cast(pl.Decimal(DECIMAL_DIGITS, scale), strict=False)
    after_point = rf"[0-9]{{1,{scale}}}0*" if scale else "0+"
    fits = rf"^[+-]?([0-9]+(\.({after_point})?)?|\.{after_point})$"
    return (
        Reading(pl.when(value.cast(pl.String) == text).then(value), shown=text),
        Reading(pl.when(text.str.contains(fits)).then(value)),
    )


def _formatted(text: pl.Expr, layout: str, time_zone: str) -> pl.Expr:
    read = read_datetime(text, layout)
    return read.dt.convert_time_zone(time_zone) if has_offset(layout) else localised(read, time_zone)
