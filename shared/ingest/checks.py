"""The checks of a dataset's definition over a block of rows.

A row that fails any is rejected for the first column, in file order, that fails, and for its first failing check;
`unique` comes after all others, as only rows that pass them count as seen.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

import polars as pl

from shared.definitions.model import Bound, Column, Dataset
from shared.errors import Problem, RejectedFile
from shared.ingest.header import Header
from shared.ingest.outcome import Field
from shared.ingest.rows import LINE, Block, Reject, column
from shared.ingest.types import convert, expected

SHOWN = 50  # characters of a value that a message quotes
LISTED = 20  # names or values that a message lists


@dataclass(frozen=True, slots=True)
class Checked:
    """A block after its checks: the typed records under the keys of the fields, and the rejects by line."""

    records: pl.DataFrame
    rejects: list[Reject]


@dataclass(frozen=True, slots=True)
class Check:
    """One thing that may be wrong with a value. `fails` and `message` are expressions over text and typed value."""

    column: str
    code: str
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
        columns = [
            (column(index), defined.get(name) or Column(name, "string"))
            for index, name in enumerate(header.names)
            if name in defined or dataset.extra_columns == "keep"
        ]
        self.fields = tuple(Field(c.name, c.type, key) for key, c in columns)
        self._typed = [_typed(c, key, dataset) for key, c in columns]
        self._checks = [check for key, c in columns for check in _checks(c, key, dataset)]
        self._seen = {key: (c, pl.Series(key, [], pl.String)) for key, c in columns if c.unique}

    def check(self, block: Block) -> Checked:
        """The records and the rejects among the rows of `block`."""
        rows = block.frame.with_columns(self._typed)
        failing = pl.any_horizontal(False, *(check.fails for check in self._checks))
        bad = rows.select(failing.alias("bad")).to_series()
        rejects = [*block.rejects, *self._explain(rows.filter(bad))]
        good = rows.filter(~bad)
        for key in self._seen:
            good, repeated = self._split_repeated(good, key)
            rejects += repeated
        records = good.select(pl.col(_value(field.key)).alias(field.key) for field in self.fields)
        return Checked(records, sorted(rejects, key=lambda reject: reject.problem.line or 0))

    def _explain(self, rows: pl.DataFrame) -> list[Reject]:
        if rows.is_empty():
            return []
        first = pl.coalesce(
            pl.when(check.fails).then(
                pl.struct(
                    pl.lit(check.column).alias("column"),
                    pl.lit(check.code).alias("code"),
                    check.message.alias("message"),
                )
            )
            for check in self._checks
        )
        why = rows.select(first.alias("why")).to_series().to_list()
        return [
            Reject(fields, Problem(w["code"], w["message"], line, w["column"]))
            for (line, fields), w in zip(_raw(rows), why, strict=True)
        ]

    def _split_repeated(self, rows: pl.DataFrame, key: str) -> tuple[pl.DataFrame, list[Reject]]:
        definition, seen = self._seen[key]
        value = pl.col(_value(key)).cast(pl.String)
        repeats = value.is_not_null() & (~value.is_first_distinct() | value.is_in(seen.implode()))
        mask = rows.select(repeats.alias("repeats")).to_series()
        repeated, rest = rows.filter(mask), rows.filter(~mask)
        self._seen[key] = (definition, seen.append(rest.select(value.alias(key)).to_series().drop_nulls()))
        message = "{} stands in an earlier row already. Values of this column must be unique in the file."
        rejects = [
            Reject(fields, Problem("unique", message.format(_quoted(text)), line, definition.name))
            for (line, fields), text in zip(_raw(repeated), repeated[key].to_list(), strict=True)
        ]
        return rest, rejects


def _value(key: str) -> str:
    return f"{key}.value"


def _raw(rows: pl.DataFrame) -> list[tuple[int, tuple[str, ...]]]:
    raw = rows.select(name for name in rows.columns if not name.endswith(".value"))
    return [(row[0], row[1:]) for row in raw.select(LINE, pl.exclude(LINE)).iter_rows()]


def _quoted(text: str) -> str:
    return repr(text if len(text) <= SHOWN else text[:SHOWN] + "…")


def _list(names: tuple[str, ...] | list[str]) -> str:
    more = f" and {len(names) - LISTED:,} more" if len(names) > LISTED else ""
    return ", ".join(f"'{name}'" for name in names[:LISTED]) + more


def _text(key: str, dataset: Dataset) -> pl.Expr:
    text = pl.col(key)
    return pl.when(~text.is_in(list(dataset.null_values))).then(text)


def _typed(definition: Column, key: str, dataset: Dataset) -> pl.Expr:
    return convert(definition, _text(key, dataset), dataset.time_zone).alias(_value(key))


def _bound(bound: Bound, time_zone: str) -> pl.Expr:
    """A bound as a literal. polars compares times of one time zone only."""
    if isinstance(bound, dt.datetime):
        in_utc = pl.lit(bound.replace(tzinfo=None)) - pl.lit(bound.utcoffset())
        return in_utc.dt.replace_time_zone("UTC").dt.convert_time_zone(time_zone)
    return pl.lit(bound)


def _checks(definition: Column, key: str, dataset: Dataset) -> list[Check]:
    """The checks of one column, in the order in which they are reported."""
    value, text = pl.col(_value(key)), pl.col(key)
    given = _text(key, dataset).is_not_null()
    shown = pl.when(text.str.len_chars() > SHOWN).then(text.str.slice(0, SHOWN) + "…").otherwise(text)
    checks: list[Check] = []

    def add(code: str, fails: pl.Expr, message: pl.Expr) -> None:
        checks.append(Check(definition.name, code, fails.fill_null(False), message))

    def says(requirement: str) -> pl.Expr:
        return pl.concat_str(pl.lit("'"), shown, pl.lit(f"' {requirement}"))

    if definition.required:
        add("required", ~given, pl.lit("The value is missing, and this column needs one."))
    if definition.type != "string":
        add("type", given & value.is_null(), says(f"is not {expected(definition)}."))
    if definition.min is not None:
        add(
            "min",
            value < _bound(definition.min, dataset.time_zone),
            says(f"is below the smallest allowed value, {definition.min}."),
        )
    if definition.max is not None:
        add(
            "max",
            value > _bound(definition.max, dataset.time_zone),
            says(f"is above the largest allowed value, {definition.max}."),
        )
    if definition.one_of is not None:
        allowed = list(definition.one_of)
        add("one_of", given & ~text.is_in(allowed), says(f"is not one of {_list(allowed)}."))
    if definition.pattern is not None:
        whole = f"^(?:{definition.pattern})$"
        add("pattern", given & ~text.str.contains(whole), says(f"does not match the pattern {definition.pattern}."))
    if definition.max_length is not None:
        too_long = given & (text.str.len_chars() > definition.max_length)
        add("max_length", too_long, says(f"is longer than {definition.max_length} characters."))
    return checks
