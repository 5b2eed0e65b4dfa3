"""The checks of a dataset's definition over a block of rows.

A row that fails any is rejected for the first column, in file order, that fails, and for its first failing check;
`unique` comes after all others, as only rows that pass them count as seen.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Iterator
from dataclasses import dataclass

import polars as pl

from shared.definitions.model import Bound, Column, Dataset
from shared.errors import RejectedFile
from shared.ingest.header import Header
from shared.ingest.outcome import Field
from shared.ingest.rejects import Rejects
from shared.ingest.rows import LINE, Block, column
from shared.ingest.types import expected
from shared.ingest.unique import SeenValues
from shared.ingest.values import ValueReader, shown

SHOWN = 50  # characters of a value that a message quotes
LISTED = 20  # names or values that a message lists


@dataclass(frozen=True, slots=True)
class Checked:
    """A block after its checks. Records are under the keys of the fields: typed, and as the document shows them."""

    records: pl.DataFrame
    shown: pl.DataFrame
    rejects: Rejects


@dataclass(frozen=True, slots=True)
class Check:
    """One thing that may be wrong with a value. `fails` and `message` are expressions over text and typed value."""

    code: str
    column: str
    fails: pl.Expr
    message: pl.Expr


def check_header(header: Header, dataset: Dataset) -> None:
    """Raises RejectedFile (`missing_column`, `extra_column`) where the header does not fit the definition."""
    defined = {c.name for c in dataset.columns}
    missing = [c.name for c in dataset.columns if c.name not in header.names]
    if missing:
        raise RejectedFile.because(
            "missing_column",
            f"The header lacks {_list(missing)}, which dataset '{dataset.name}' defines. It has {_list(header.names)}.",
            line=header.line,
            column=missing[0],
        )
    extra = [name for name in header.names if name not in defined]
    if extra and dataset.extra_columns == "reject":
        raise RejectedFile.because(
            "extra_column",
            f"The header has {_list(extra)}, which dataset '{dataset.name}' does not define. "
            'Remove it, define it, or set `extra_columns` to "ignore" or "keep".',
            line=header.line,
            column=extra[0],
        )


class DefinedRows:
    """Checks the rows of one file against its dataset's definition."""

    def __init__(self, header: Header, dataset: Dataset) -> None:
        check_header(header, dataset)
        defined = {c.name: c for c in dataset.columns}
        columns = {
            column(index): defined.get(name) or Column(name, "string")
            for index, name in enumerate(header.names)
            if name in defined or dataset.extra_columns == "keep"
        }
        self.fields = tuple(Field(c.name, c.type, key) for key, c in columns.items())
        self._given = [given(key, dataset.null_values) for key in columns]
        self._reader = ValueReader(columns, dataset.time_zone)
        self._checks = [check for key, c in columns.items() for check in _checks(c, key, dataset)]
        self._unique = {key: (_unique(c, key), SeenValues()) for key, c in columns.items() if c.unique}

    def check(self, block: Block) -> Checked:
        """The records and the rejects among the rows of `block`."""
        texts = block.frame.select(self._given).rechunk()  # or every step that follows aligns chunks by itself
        values = self._reader.read(texts)
        rows = texts.hstack([values[field.key].alias(_value(field.key)) for field in self.fields])
        good = pl.repeat(True, rows.height, eager=True)
        rejected: list[pl.DataFrame] = []

        def reject(found: pl.Series, check: Check) -> None:
            nonlocal good
            if found.any():
                rejected.append(_explained(block.frame.filter(found), rows.filter(found), check))
                good &= ~found

        for check, fails in self._failing(rows):
            reject(fails & good, check)
        for key, (check, seen) in self._unique.items():
            reject(seen.repeated(values.select(pl.when(good).then(pl.col(key))).to_series()), check)
        return self._checked(values if good.all() else values.filter(good), block, rejected)

    def _failing(self, rows: pl.DataFrame) -> Iterator[tuple[Check, pl.Series]]:
        """The checks that any row fails, in their order, and the rows that do."""
        if not self._checks:
            return
        anywhere = (check.fails.any().alias(str(number)) for number, check in enumerate(self._checks))
        for check, failed in zip(self._checks, rows.lazy().select(anywhere).collect().row(0), strict=True):
            if failed:
                yield check, rows.select(check.fails.alias("fails")).to_series()

    def _checked(self, values: pl.DataFrame, block: Block, rejected: list[pl.DataFrame]) -> Checked:
        keys = [field.key for field in self.fields]
        as_shown = values.select(pl.col(shown(key)).alias(key) for key in keys)
        return Checked(values.select(keys), as_shown, Rejects(tuple(rejected), block.rejects))


def given(key: str, null_values: Collection[str]) -> pl.Expr:
    """The texts of a column, null where they stand for no value."""
    text = pl.col(key)
    missing = text == next(iter(null_values)) if len(null_values) == 1 else text.is_in(list(null_values))
    return pl.when(~missing).then(text)


def _explained(raw: pl.DataFrame, rows: pl.DataFrame, check: Check) -> pl.DataFrame:
    """Rows as rejects for failing a check. `raw`: their fields as they were."""
    message = rows.with_columns(check.message.alias("message"))["message"]
    why = (pl.lit(check.column).alias("column"), pl.lit(check.code).alias("code"), message)
    return raw.select(LINE, *why, pl.exclude(LINE))


def _value(key: str) -> str:
    return f"{key}.value"


def _list(names: tuple[str, ...] | list[str]) -> str:
    more = f" and {len(names) - LISTED:,} more" if len(names) > LISTED else ""
    return ", ".join(f"'{name}'" for name in names[:LISTED]) + more


def _bound(bound: Bound, time_zone: str) -> pl.Expr:
    """A bound as a literal. polars compares times of one time zone only."""
    if isinstance(bound, dt.datetime):
        in_utc = pl.lit(bound.replace(tzinfo=None)) - pl.lit(bound.utcoffset())
        return in_utc.dt.replace_time_zone("UTC").dt.convert_time_zone(time_zone)
    return pl.lit(bound)


def _says(key: str, requirement: str) -> pl.Expr:
    """A message about the value of a row."""
    text = pl.col(key)
    quoted = pl.when(text.str.len_chars() > SHOWN).then(text.str.slice(0, SHOWN) + "…").otherwise(text)
    return pl.concat_str(pl.lit("'"), quoted, pl.lit(f"' {requirement}"))


def _unique(definition: Column, key: str) -> Check:
    requirement = "stands in an earlier row already. Values of this column must be unique in the file."
    return Check("unique", definition.name, pl.lit(True), _says(key, requirement))


def _checks(definition: Column, key: str, dataset: Dataset) -> list[Check]:
    """The checks of one column, in the order in which they are reported."""
    value, text = pl.col(_value(key)), pl.col(key)
    checks: list[Check] = []

    def add(code: str, fails: pl.Expr, requirement: str) -> None:
        checks.append(Check(code, definition.name, fails.fill_null(False), _says(key, requirement)))

    if definition.required:
        message = pl.lit("The value is missing, and this column needs one.")
        checks.append(Check("required", definition.name, text.is_null(), message))
    if definition.type != "string":
        add("type", value.is_null() & text.is_not_null(), f"is not {expected(definition)}.")
    if definition.min is not None:
        low = _bound(definition.min, dataset.time_zone)
        add("min", value < low, f"is below the smallest allowed value, {definition.min}.")
    if definition.max is not None:
        high = _bound(definition.max, dataset.time_zone)
        add("max", value > high, f"is above the largest allowed value, {definition.max}.")
    if definition.one_of is not None:
        allowed = list(definition.one_of)
        add("one_of", ~text.is_in(allowed), f"is not one of {_list(allowed)}.")
    if definition.pattern is not None:
        whole = f"^(?:{definition.pattern})$"
        add("pattern", ~text.str.contains(whole), f"does not match the pattern {definition.pattern}.")
    if definition.max_length is not None:
        add(
            "max_length",
            text.str.len_chars() > definition.max_length,
            f"is longer than {definition.max_length} characters.",
        )
    return checks
