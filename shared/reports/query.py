"""A question about a report: read from the arguments of a request, with every mistake that is in them."""

from __future__ import annotations

import csv
import hashlib
import json
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from shared.definitions.model import Report
from shared.definitions.table import alternatives, suggestion
from shared.errors import BadRequest, Mistake
from shared.reports import periods
from shared.reports.columns import PERIOD, Columns, Kind, number_of
from shared.reports.order import By, Row
from shared.reports.periods import Range

GROUP = "group."  # before the name of a column that is the name of something else as well

NO_CURSOR = "is not one of this list. Leave it away to begin at the start"
NUMBER = re.compile(r"[+-]?(\d+(\.\d*)?|\.\d+)([eE][+-]?\d{1,4})?", re.ASCII)


@dataclass(frozen=True, slots=True)
class Asked:
    """The arguments of a request as they came; `mistakes` are those that have been found before."""

    filters: Mapping[str, Sequence[str]] = field(default_factory=dict)
    first: str | None = None  # from
    last: str | None = None  # to
    orderby: str | None = None
    select: str | None = None
    by: str | None = None
    top: int = 100
    cursor: Any = None
    mistakes: tuple[Mistake, ...] = ()


@dataclass(frozen=True, slots=True)
class Filter:
    """The values of a group column that are wanted."""

    column: str
    kind: Kind
    accepted: frozenset[Any]

    def takes(self, value: Any) -> bool:
        """Whether a value is wanted, as JSON shows it."""
        return (number_of(value) if self.kind == "number" else value) in self.accepted

    def of(self, rows: list[Row]) -> list[Row]:
        """Those of the rows that have such a value."""
        column, accepted = self.column, self.accepted
        if self.kind == "number":
            return [row for row in rows if number_of(row.get(column)) in accepted]
        return [row for row in rows if row.get(column) in accepted]


@dataclass(frozen=True, slots=True)
class RollUp:
    """What rows are rolled up by."""

    period: str
    columns: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Position:
    """A place in a list: right behind the row with these values, which was on the page that begins at `start`."""

    start: int
    values: tuple[Any, ...]  # of the columns of the order


@dataclass(frozen=True, slots=True)
class Query:
    """What is asked of a report. `order` is complete: no two rows are equal in all of its columns."""

    columns: Columns
    order: tuple[By, ...]
    in_order: bool  # of the documents, as which periods and their groups are kept
    filters: tuple[Filter, ...] = ()
    select: tuple[str, ...] | None = None
    top: int = 100
    by: RollUp | None = None
    within: Range = periods.EVERY
    position: Position | None = None
    signature: str = ""

    def chosen(self, rows: list[Row]) -> list[Row]:
        """The rows that the filters let through."""
        for each in self.filters:
            rows = each.of(rows)
        return rows

    def values_of(self, row: Row) -> tuple[Any, ...]:
        """What places a row in the order."""
        return tuple(row.get(by.column) for by in self.order)

    def cursor_behind(self, row: Row, start: int = 0) -> list[Any]:
        """Where the list goes on behind a row."""
        return [self.signature, start, *self.values_of(row)]

    def shown(self, rows: list[Row]) -> list[Row]:
        """The rows with the columns that are wanted."""
        wanted = self.select
        return [{name: row.get(name) for name in wanted} for row in rows] if wanted else rows


def read_query(report: Report, columns: Columns, asked: Asked, period: str | None = None) -> Query:
    """The question that the arguments ask of a report, or of one period of it. Raises BadRequest with every mistake."""
    reading = _Reading(report, columns, list(asked.mistakes))
    within = periods.EVERY if period else periods.read_range(report.period, asked.first, asked.last, reading.mistakes)
    filters = tuple(found for name, texts in asked.filters.items() if (found := reading.filter(name, texts)))
    by = reading.by(asked.by, report.period if period else "all")
    if by:
        columns = Columns(by.columns, columns.metrics, columns.kinds)
    wanted = _order(reading.order(asked.orderby, columns))
    order = (*wanted, *(By(name, columns.kind(name)) for name in (PERIOD, *columns.group_by) if name not in
                        {by.column for by in wanted}))  # fmt: skip
    select = reading.select(asked.select, columns)
    signature = _signature(report.name, period, asked, [by.column for by in order])
    position = reading.position(asked.cursor, signature, len(order))
    if reading.mistakes:
        raise BadRequest.because(reading.mistakes)
    in_order = not wanted and by is None
    return Query(columns, order, in_order, filters, select, asked.top, by, within, position, signature)


def _order(wanted: Iterable[By]) -> tuple[By, ...]:
    """Each column once: a second time it decides nothing."""
    found: dict[str, By] = {}
    for by in wanted:
        found.setdefault(by.column, by)
    return tuple(found.values())


def _signature(report: str, period: str | None, asked: Asked, order: Sequence[str]) -> str:
    """What a cursor must have in common with the request that it comes with."""
    filters = sorted((name, sorted(texts)) for name, texts in asked.filters.items())
    question = [report, period, filters, asked.first, asked.last, asked.orderby, asked.by, order]
    return hashlib.sha256(json.dumps(question).encode()).hexdigest()[:10]


@dataclass(frozen=True, slots=True)
class _Reading:
    """Arguments that are being read, with the mistakes found so far."""

    report: Report
    columns: Columns
    mistakes: list[Mistake]

    def filter(self, name: str, texts: Sequence[str]) -> Filter | None:
        column = _unprefixed(name, self.columns.group_by)
        if column not in self.columns.group_by:
            self._no_filter(name)
            return None
        kind = self.columns.kind(column)
        accepted: set[Any] = set()
        for text in texts:
            values = _accepted(text, kind)
            if not values:
                what = "true or false" if kind == "boolean" else "a number"
                self._note(name, f"is {text[:100]!r}: it must be {what}, or empty for null")
            accepted |= values
        return Filter(column, kind, frozenset(accepted))

    def _no_filter(self, name: str) -> None:
        groups = [*self.columns.group_by, "from", "to", "orderby", "select", "top", "cursor", "by", "format", "bom"]
        if name in self.columns.metrics or name == PERIOD:
            remedy = "from and to choose periods" if name == PERIOD else "rows can be filtered by group columns only"
            self._note(name, f"is no filter: {remedy}")
            return
        there = alternatives(self.columns.group_by) if self.columns.group_by else "none: it has no group columns"
        near = suggestion(name, groups, otherwise=f"the columns to filter by are {there}")
        self._note(name, f"there is no such parameter or group column, {near}")

    def by(self, text: str | None, otherwise: str) -> RollUp | None:
        if text is None:
            return None
        words, columns = [], []
        for name in self._names("by", text):
            if name in periods.WORDS:
                words.append(name)
            elif (column := _unprefixed(name, self.columns.group_by)) in self.columns.group_by:
                columns.append(column)
            else:
                known = [*periods.coarser(self.report.period), *self.columns.group_by]
                near = suggestion(name, known, otherwise=f"this report can be rolled up by {alternatives(known)}")
                self._note("by", f"names {name[:100]!r}, {near}")
        if len(words) > 1:
            self._note("by", f"names more than one period: {', '.join(words)}")
        word = words[0] if words else otherwise
        if word not in periods.coarser(self.report.period):
            kept = alternatives(periods.coarser(self.report.period))
            self._note("by", f"names {word!r}, but this report is kept by {self.report.period}; use {kept}")
        return RollUp(word, tuple(dict.fromkeys(columns)))

    def order(self, text: str | None, columns: Columns) -> Iterable[By]:
        for name in self._names("orderby", text):
            descending = name.startswith("-") and name not in columns.names
            column = self._column("orderby", name[descending:], columns)
            if column is not None:
                yield By(column, columns.kind(column), descending)

    def select(self, text: str | None, columns: Columns) -> tuple[str, ...] | None:
        found = (self._column("select", name, columns) for name in self._names("select", text))
        return tuple(dict.fromkeys(name for name in found if name is not None)) or None

    def _column(self, parameter: str, name: str, columns: Columns) -> str | None:
        column = _unprefixed(name, columns.group_by)
        if column in columns.names:
            return column
        near = suggestion(name, columns.names, otherwise=f"the columns are {alternatives(columns.names)}")
        self._note(parameter, f"names {name[:100]!r}, {near}")
        return None

    def _names(self, parameter: str, text: str | None) -> list[str]:
        """Names with commas between them; one that has a comma itself stands in quotes, as in CSV."""
        if text is None:
            return []
        try:
            names = next(csv.reader([text], strict=True), [])
        except csv.Error:
            names = []
        if not names or not all(names):
            self._note(parameter, "must be names of columns with commas between them")
            return []
        return names

    def position(self, cursor: Any, signature: str, columns: int) -> Position | None:
        match cursor:
            case None:
                return None
            case [str(of), int(start), *values] if (
                of == signature
                and type(start) is int
                and start >= 0
                and len(values) == columns
                and all(isinstance(value, str | int | float | None) for value in values)
            ):
                return Position(start, tuple(values))
        self._note("cursor", NO_CURSOR)
        return None

    def _note(self, parameter: str, message: str) -> None:
        self.mistakes.append(Mistake(parameter, message))


def _unprefixed(name: str, columns: Sequence[str]) -> str:
    """The column that is meant; `group.top` is the column `top`, unless one is really named like that."""
    bare = name.removeprefix(GROUP)
    return bare if bare in columns else name


def _accepted(text: str, kind: Kind) -> set[Any]:
    """The values that are meant by the text of a filter; none where it makes no sense."""
    if text == "":
        return {None, ""}
    number = number_of(text) if NUMBER.fullmatch(text) else None
    truth = {"true": True, "false": False}.get(text)
    match kind:
        case "number":
            return set() if number is None else {number}
        case "boolean":
            return set() if truth is None else {truth}
        case "any":
            return {text, *(value for value in (number, truth) if value is not None)}
    return {text}
