"""Types for files without a definition, decided over the whole column so that nothing is lost.

A column is a number, a truth value or a time only if every value in it is one in a form that keeps its value: leading
zeros, a plus sign or more digits than a number can hold make text. Only an empty field is null, not `NA` or `null`.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable

import polars as pl

from shared.definitions.model import ColumnType
from shared.ingest.checks import Checked
from shared.ingest.header import Header
from shared.ingest.outcome import Field
from shared.ingest.rejects import Rejects
from shared.ingest.rows import Block, column

INTEGER = r"^(0|-?[1-9][0-9]{0,17})$"
# Up to 15 significant digits a decimal number survives binary floating point (IEEE 754 binary64), unless it is tiny.
FLOAT = r"^-?(0|[1-9][0-9]*)(\.[0-9]+)?$"
FLOAT_DIGITS = 15
DATE = r"^[0-9]{4}-[0-9]{2}-[0-9]{2}$"
DATETIME = r"^([0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-5][0-9](\.[0-9]{1,6})?)(Z|[+-][01][0-9]:[0-5][0-9])?$"

# In the order of preference; `string` is what remains.
CANDIDATES: tuple[ColumnType, ...] = ("integer", "float", "boolean", "date", "datetime")


def infer_fields(header: Header, blocks: Iterable[Block], null_values: Collection[str] = ("",)) -> tuple[Field, ...]:
    """The type of every column after a pass over all rows."""
    keys = [column(index) for index in range(len(header.names))]
    possible = dict.fromkeys(keys, CANDIDATES)
    filled: set[str] = set()
    for block in blocks:
        given = block.frame.select(_given(key, null_values) for key in keys)
        filled |= {key for key in keys if key not in filled and given[key].count()}
        possible = {key: _still_possible(given[key], possible[key]) for key in keys}
    return tuple(
        Field(name, possible[key][0] if key in filled and possible[key] else "string", key)
        for name, key in zip(header.names, keys, strict=True)
    )


def _given(key: str, null_values: Collection[str]) -> pl.Expr:
    text = pl.col(key)
    return pl.when(~text.is_in(list(null_values))).then(text)


def _still_possible(given: pl.Series, candidates: tuple[ColumnType, ...]) -> tuple[ColumnType, ...]:
    given = given.drop_nulls()
    if not candidates or given.is_empty():
        return candidates
    text = pl.col(given.name)
    fits = given.to_frame().lazy().select(_fits(kind, text).all().alias(kind) for kind in candidates).collect().row(0)
    return tuple(kind for kind, fit in zip(candidates, fits, strict=True) if fit)


def _fits(kind: ColumnType, text: pl.Expr) -> pl.Expr:
    match kind:
        case "integer":
            return text.str.contains(INTEGER)
        case "float":
            digits = text.str.replace(r"^-?[0.]*", "").str.replace(".", "", literal=True)
            return text.str.contains(FLOAT) & (digits.str.len_bytes() <= FLOAT_DIGITS) & (text.str.len_bytes() < 32)
        case "boolean":
            return text.is_in(["true", "false"])
        case "date":
            return text.str.contains(DATE) & text.str.to_date("%Y-%m-%d", strict=False).is_not_null()
        case "datetime":
            local = text.str.extract(DATETIME, 1).str.to_datetime("%Y-%m-%dT%H:%M:%S%.f", strict=False)
            return text.str.contains(DATETIME) & local.is_not_null()
        case _:
            return pl.lit(True)


class InferredRows:
    """Gives the rows of one file the types that were found for them. Dates and times keep their very text."""

    def __init__(self, fields: tuple[Field, ...], null_values: Collection[str] = ("",)) -> None:
        self.fields = fields
        self._values = [_value(field, null_values) for field in fields]

    def check(self, block: Block) -> Checked:
        """All rows of `block` as records: inference has seen that they fit."""
        records = block.frame.select(self._values)
        return Checked(records, records, Rejects((), block.rejects))


def _value(field: Field, null_values: Collection[str]) -> pl.Expr:
    given = _given(field.key, null_values)
    match field.type:
        case "integer":
            return given.cast(pl.Int64)
        case "float":
            return given.cast(pl.Float64)
        case "boolean":
            return given == "true"
        case _:
            return given
