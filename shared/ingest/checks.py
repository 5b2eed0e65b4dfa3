"""The checks of a dataset's definition over a block of rows.

A row that fails any is rejected for the first column, in file order, that fails, and for its first failing check;
`unique` comes after all others, as only rows that pass them count as seen.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache

import polars as pl

from shared.definitions.model import Bound, Column, Dataset
from shared.errors import RejectedFile
from shared.ingest.header import Header
from shared.ingest.outcome import Field
from shared.ingest.rejects import Rejects
from shared.ingest.rows import LINE, Block, column
from shared.ingest.types import expected
from shared.ingest.unique import SeenValues
from shared.ingest.values import ValueReader, shown_of, value, values_of

SHOWN = 50  # characters of a value that a message quotes
FEW = 8  # values
LISTED = 20  # names or values that a message lists


@dataclass(frozen=True, slots=True)
class Checked:
    """A block after its checks. Records are under the keys of the fields: typed, and as the document shows them."""

    records: pl.DataFrame
    shown: pl.DataFrame
    rejects: Rejects


@dataclass(frozen=True, slots=True)
class Check:
    """One thing that may be wrong with a value. `fails` and `message` are expressions over text and typed value.

    `occurs`: whether any row fails, where that shows in the numbers of nulls of the columns, which are always known.
    """

    code: str
    column: str
    fails: pl.Expr
    message: pl.Expr
    occurs: Callable[[Mapping[str, int]], bool] | None = None


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


@dataclass(frozen=True, slots=True)
class _Plan:
    """What is the same for all files of a dataset with the same header."""

    fields: tuple[Field, ...]
    texts: tuple[pl.Expr, ...]
    reader: ValueReader
    checks: tuple[Check, ...]
    anywhere: tuple[pl.Expr, ...]  # of the checks that have no `occurs`, in their order: whether any row fails
    unique: Mapping[str, Check]  # by the column of values


class DefinedRows:
    """Checks the rows of one file against its dataset's definition."""

    def __init__(self, header: Header, dataset: Dataset) -> None:
        check_header(header, dataset)
        self._plan = _plan(header.names, dataset)
        self.fields = self._plan.fields
        self._seen = {values: SeenValues() for values in self._plan.unique}

    def check(self, block: Block) -> Checked:
        """The records and the rejects among the rows of `block`."""
        texts = block.frame.select(self._plan.texts).rechunk()  # or every step that follows aligns chunks by itself
        rows = self._plan.reader.read(texts)
        good = pl.repeat(True, rows.height, eager=True)
        rejected: list[pl.DataFrame] = []

        def reject(found: pl.Series, check: Check) -> None:
            nonlocal good
            if found.any():
                rejected.append(_explained(block.frame.filter(found), rows.filter(found), check))
                good &= ~found

        for check, fails in self._failing(rows):
            reject(fails & good, check)
        for values, check in self._plan.unique.items():
            reject(self._seen[values].repeated(rows.select(pl.when(good).then(pl.col(values))).to_series()), check)
        keys = [field.key for field in self.fields]
        records, as_shown = values_of(rows, keys), shown_of(rows, keys)
        if rejected:
            records, as_shown = records.filter(good), as_shown.filter(good)
        return Checked(records, as_shown, Rejects(tuple(rejected), block.rejects))

    def _failing(self, rows: pl.DataFrame) -> Iterator[tuple[Check, pl.Series]]:
        """The checks that any row fails, in their order, and the rows that do."""
        nulls = {values.name: values.null_count() for values in rows.iter_columns()}
        anywhere = iter(rows.select(self._plan.anywhere).row(0) if self._plan.anywhere else ())
        for check in self._plan.checks:
            if check.occurs(nulls) if check.occurs else next(anywhere):
                yield check, rows.select(check.fails.alias("fails")).to_series()


@lru_cache(maxsize=16)  # making one takes as long as reading a small file
def _plan(names: tuple[str, ...], dataset: Dataset) -> _Plan:
    defined = {c.name: c for c in dataset.columns}
    columns = {
        column(index): defined.get(name) or Column(name, "string")
        for index, name in enumerate(names)
        if name in defined or dataset.extra_columns == "keep"
    }
    checks = tuple(check for key, c in columns.items() for check in _checks(c, key, dataset))
    to_ask = [check.fails for check in checks if check.occurs is None]
    return _Plan(
        fields=tuple(Field(c.name, c.type, key) for key, c in columns.items()),
        texts=tuple(given(key, dataset.null_values) for key in columns),
        reader=ValueReader(columns, dataset.time_zone),
        checks=checks,
        anywhere=tuple(fails.any().alias(str(number)) for number, fails in enumerate(to_ask)),
        unique={key if c.type == "string" else value(key): _unique(c, key) for key, c in columns.items() if c.unique},
    )


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


def _is_none_of(text: pl.Expr, values: list[str]) -> pl.Expr:
    """Few comparisons take less time than one search."""
    if len(values) > FEW:
        return ~text.is_in(values)
    return pl.all_horizontal(text != one for one in values)


def _unique(definition: Column, key: str) -> Check:
    requirement = "stands in an earlier row already. Values of this column must be unique in the file."
    return Check("unique", definition.name, pl.lit(True), _says(key, requirement))


def _checks(definition: Column, key: str, dataset: Dataset) -> list[Check]:
    """The checks of one column, in the order in which they are reported."""
    values, text = pl.col(value(key)), pl.col(key)
    checks: list[Check] = []

    def add(code: str, fails: pl.Expr, requirement: str) -> None:
        checks.append(Check(code, definition.name, fails.fill_null(False), _says(key, requirement)))

    if definition.required:
        message = pl.lit("The value is missing, and this column needs one.")
        checks.append(Check("required", definition.name, text.is_null(), message, lambda nulls: nulls[key] > 0))
    if definition.type != "string":
        fails, message = values.is_null() & text.is_not_null(), _says(key, f"is not {expected(definition)}.")
        checks.append(Check("type", definition.name, fails, message, lambda nulls: nulls[value(key)] > nulls[key]))
    if definition.min is not None:
        low = _bound(definition.min, dataset.time_zone)
        add("min", values < low, f"is below the smallest allowed value, {definition.min}.")
    if definition.max is not None:
        high = _bound(definition.max, dataset.time_zone)
        add("max", values > high, f"is above the largest allowed value, {definition.max}.")
    if definition.one_of is not None:
        allowed = list(definition.one_of)
        add("one_of", _is_none_of(text, allowed), f"is not one of {_list(allowed)}.")
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
