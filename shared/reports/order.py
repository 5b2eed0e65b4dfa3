"""Rows in the order of several columns: the first of them, and those behind a position.

Columns are looked at one by one, for all rows at once; only rows that are equal in one are compared by the next. That
is linear in the number of rows, and nothing is made for a row that is not wanted.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from heapq import nlargest, nsmallest
from typing import Any

from shared.reports.columns import PERIOD, Kind, comparable, comparable_one

type Row = dict[str, Any]


@dataclass(frozen=True, slots=True)
class By:
    """One column that rows are ordered by."""

    column: str
    kind: Kind
    descending: bool = False


def first(rows: list[Row], order: Sequence[By], count: int) -> list[Row]:
    """The `count` rows that come first, in any order."""
    if len(rows) <= count or not order:
        return rows[:count]
    if count <= 0:
        return []
    by, *others = order
    keys = comparable(_values(rows, by.column), by.kind)
    last = nlargest(count, keys)[-1] if by.descending else nsmallest(count, keys)[-1]
    sure = _beyond(rows, keys, last, above=by.descending)
    equal = [row for row, key in zip(rows, keys, strict=True) if key == last]
    return sure + first(equal, others, count - len(sure))


def behind(rows: list[Row], order: Sequence[By], position: Sequence[Any], period: str | None = None) -> list[Row]:
    """The rows that come behind a position, in any order. `period`: of all rows, where they do not have it."""
    if not rows or not order:
        return []  # at the position itself
    by, *others = order
    values = [period] * len(rows) if period is not None and by.column == PERIOD else _values(rows, by.column)
    place, *keys = comparable([position[0], *values], by.kind)
    equal = [row for row, key in zip(rows, keys, strict=True) if key == place]
    return _beyond(rows, keys, place, above=not by.descending) + behind(equal, others, position[1:], period)


def ordered(rows: list[Row], order: Sequence[By]) -> list[Row]:
    """All rows in order."""
    for by in reversed(order):  # sorting keeps the order of what is equal
        keys = comparable(_values(rows, by.column), by.kind)
        rows = [rows[at] for at in sorted(range(len(rows)), key=keys.__getitem__, reverse=by.descending)]
    return rows


def key(row: Row, order: Sequence[By]) -> tuple[tuple[int, Any], ...]:
    """What places one row among others; for columns that are all ascending."""
    return tuple(comparable_one(row.get(by.column), by.kind) for by in order)


def _values(rows: list[Row], column: str) -> list[Any]:
    return [row.get(column) for row in rows]


def _beyond(rows: list[Row], keys: list[Any], bound: Any, *, above: bool) -> list[Row]:
    if above:
        return [row for row, key in zip(rows, keys, strict=True) if key > bound]
    return [row for row, key in zip(rows, keys, strict=True) if key < bound]
