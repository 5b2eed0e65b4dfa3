"""Types for files without a definition, decided over the whole column so that nothing is lost.

A column is a number, a truth value or a time only if every value in it is one in a form that keeps its value: leading
zeros, a plus sign or more digits than a number can hold make text. Only an empty field is null, not `NA` or `null`.
Numbers stand in the processed document digit by digit as in the file: `1.10` keeps its zero.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Mapping

import polars as pl

from shared.definitions.model import ColumnType
from shared.ingest.checks import Checked, given
from shared.ingest.header import Header
from shared.ingest.outcome import Field
from shared.ingest.rejects import Rejects
from shared.ingest.rows import Block, column

# Up to 15 significant digits a decimal number survives binary floating point (IEEE 754 binary64), unless it is tiny.
FLOAT_DIGITS, FLOAT_LENGTH = 15, 31
FORMS: Mapping[ColumnType, str] = {
    "integer": r"^(0|-?[1-9][0-9]{0,17})$",
    "float": r"^-?(0|[1-9][0-9]*)(\.[0-9]+)?$",
    "boolean": r"^(true|false)$",
    "date": r"^[0-9]{4}-[0-9]{2}-[0-9]{2}$",
    "datetime": (
        r"^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-5][0-9](\.[0-9]{1,6})?(Z|[+-][01][0-9]:[0-5][0-9])?$"
    ),
}  # in the order of preference; `string` is what remains


def infer_fields(header: Header, blocks: Iterable[Block], null_values: Collection[str] = ("",)) -> tuple[Field, ...]:
    """The type of every column after a pass over all rows."""
    keys = [column(index) for index in range(len(header.names))]
    possible: dict[str, tuple[ColumnType, ...] | None] = dict.fromkeys(keys)  # None: no value seen yet
    for block in blocks:
        undecided = [key for key in keys if possible[key] != ()]
        texts = block.frame.select(given(key, null_values) for key in undecided).rechunk()
        possible |= _still_possible(texts, possible)
    return tuple(
        Field(name, (possible[key] or ("string",))[0], key) for name, key in zip(header.names, keys, strict=True)
    )


def _still_possible(
    texts: pl.DataFrame, possible: Mapping[str, tuple[ColumnType, ...] | None]
) -> dict[str, tuple[ColumnType, ...]]:
    """What the columns with any value may be, of what was possible before."""
    left: dict[str, tuple[ColumnType, ...]] = {}
    fits: dict[str, pl.Expr] = {}
    for text in texts:
        first = text.drop_nulls().head(1).to_list()
        if first:
            # One value rules out most types before any other is looked at.
            before = possible[text.name]
            left[text.name] = tuple(k for k in (FORMS if before is None else before) if re.search(FORMS[k], first[0]))
            fits |= {f"{text.name} {kind}": _fits(kind, pl.col(text.name)) for kind in left[text.name]}
    if not fits:
        return left
    every = texts.lazy().select(fit.alias(name) for name, fit in fits.items()).collect().row(0, named=True)
    return {key: tuple(kind for kind in kinds if every[f"{key} {kind}"]) for key, kinds in left.items()}


def _fits(kind: ColumnType, text: pl.Expr) -> pl.Expr:
    """Whether all texts have the form of a type, and a value in it."""
    formed = text.str.contains(FORMS[kind]).all()
    match kind:
        case "float":
            long = text.filter(text.str.len_bytes() > FLOAT_DIGITS + len("."))  # the others need no counting of digits
            digits = long.str.replace(r"^-?[0.]*", "").str.replace(".", "", literal=True).str.len_bytes()
            return formed & (digits <= FLOAT_DIGITS).all() & (long.str.len_bytes() <= FLOAT_LENGTH).all()
        case "date":
            return formed & (text.str.to_date("%Y-%m-%d", strict=False).null_count() == text.null_count())
        case "datetime":
            local = text.str.slice(0, len("2026-11-20T13:00:00"))
            time = local.str.to_datetime("%Y-%m-%dT%H:%M:%S", strict=False, cache=False)
            return formed & (time.null_count() == text.null_count())
        case _:
            return formed


class InferredRows:
    """Gives the rows of one file the types that were found for them. Dates and times keep their very text."""

    def __init__(self, fields: tuple[Field, ...], null_values: Collection[str] = ("",)) -> None:
        self.fields = fields
        self._given = [given(field.key, null_values) for field in fields]
        self._values = [_value(field) for field in fields]

    def check(self, block: Block) -> Checked:
        """All rows of `block` as records: inference has seen that they fit."""
        texts = block.frame.select(self._given).rechunk()
        records = texts.lazy().select(self._values).collect()
        floats = [field.key for field in self.fields if field.type == "float"]
        rewritten = [texts[key] for key in floats if not (records[key].cast(pl.String) == texts[key]).all()]
        shown = records.with_columns(rewritten)
        return Checked(records, shown, Rejects((), block.rejects))


def _value(field: Field) -> pl.Expr:
    text = pl.col(field.key)
    match field.type:
        case "integer":
            return text.cast(pl.Int64)
        case "float":
            return text.cast(pl.Float64)
        case "boolean":
            return text == "true"
        case _:
            return text
