"""Rows in the order of several columns: the first of them, and those behind a position.

Columns are looked at one by one, for all rows at once; only rows that are equal in one are compared by the next. That
is linear in the number of rows, and nothing is made for a row that is not wanted.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from heapq import nlargest, nsmallest
from typing import Any

from shared.reports.columns import PERIOD, Kind, comparable, comparable_one, roughly

type Row = dict[str, Any]


@dataclass(frozen=True, slots=True)
class By:
    """One column that rows are ordered by."""

    column: str
    kind: Kind
    descending: bool = False


def first(rows: list[Row], order: Sequence[By], count: int) -> list[Row]:
    """The `count` rows that come first, in any order."""
    return _first(rows, _stages(order), count)


def _first(rows: list[Row], stages: Sequence[_Stage], count: int) -> list[Row]:
    if len(rows) <= count or not stages:
        return rows[:count]
    if count <= 0:
        return []
    stage, *others = stages
    keys = stage.keys([row.get(stage.by.column) for row in rows])
    descending = stage.by.descending
    last = nlargest(count, keys)[-1] if descending else nsmallest(count, keys)[-1]
    sure = _beyond(rows, keys, last, above=descending)
    equal = [row for row, key in zip(rows, keys, strict=True) if key == last]
    return sure + _first(equal, others, count - len(sure))


def behind(rows: list[Row], order: Sequence[By], position: Sequence[Any], period: str | None = None) -> list[Row]:
    """The rows that come behind a position, in any order. `period`: of all rows, where they do not have it."""
    places = {by.column: value for by, value in zip(order, position, strict=True)}
    return _behind(rows, _stages(order), places, period)


def _behind(rows: list[Row], stages: Sequence[_Stage], places: Row, period: str | None) -> list[Row]:
    if not rows or not stages:
        return []  # at the position itself
    stage, *others = stages
    column = stage.by.column
    values = [period] * len(rows) if period is not None and column == PERIOD else [row.get(column) for row in rows]
    place, *keys = stage.keys([places[column], *values])
    equal = [row for row, key in zip(rows, keys, strict=True) if key == place]
    further = _beyond(rows, keys, place, above=not stage.by.descending)
    return further + _behind(equal, others, places, period)


@dataclass(frozen=True, slots=True)
class _Stage:
    """One comparison of rows: by a column, exactly or not. What is equal in it is left to the next stage."""

    by: By
    exact: bool = True

    def keys(self, values: list[Any]) -> list[Any]:
        return comparable(values, self.by.kind) if self.exact else roughly(values)


def _stages(order: Sequence[By]) -> list[_Stage]:
    """Exact numbers take time to make, and are needed only where floats are the same."""
    return [_Stage(by, exact) for by in order for exact in ((False, True) if by.kind == "number" else (True,))]


def ordered(rows: list[Row], order: Sequence[By]) -> list[Row]:
    """All rows in order."""
    for by in reversed(order):  # sorting keeps the order of what is equal
        keys = comparable([row.get(by.column) for row in rows], by.kind)
        rows = [rows[at] for at in sorted(range(len(rows)), key=keys.__getitem__, reverse=by.descending)]
    return rows


def key(row: Row, order: Sequence[By]) -> tuple[tuple[int, Any], ...]:
    """What places one row among others; for columns that are all ascending."""
    return tuple(comparable_one(row.get(by.column), by.kind) for by in order)


def _beyond(rows: list[Row], keys: list[Any], bound: Any, *, above: bool) -> list[Row]:
    if above:
        return [row for row, key in zip(rows, keys, strict=True) if key > bound]
    return [row for row, key in zip(rows, keys, strict=True) if key < bound]
