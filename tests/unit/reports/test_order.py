"""Rows in order: what comes first, what comes behind a position, over any values."""

from decimal import Decimal
from itertools import batched
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.reports.columns import Kind
from shared.reports.order import By, behind, first, ordered

NUMBERS = st.none() | st.integers(-3, 3) | st.sampled_from(
    [0.5, -0.5, 2**53, str(2**53 + 1), str(-(2**53) - 1), "0.50", "1.00", "-2.25", "inf", "-inf", "nan"]
)  # fmt: skip
TEXTS = st.none() | st.sampled_from(["", "a", "b", "B", "10", "9", "é", "日", "🗾", "￿", "-"])
TIMES = st.none() | st.sampled_from([f"2026-11-20T13:00:0{rest}Z" for rest in ("0", "0.500000", "1", "0.400000")])
TRUTHS = st.none() | st.booleans()
VALUES: dict[Kind, st.SearchStrategy[Any]] = {"number": NUMBERS, "text": TEXTS, "time": TIMES, "boolean": TRUTHS}

BY = [By(kind, kind) for kind in VALUES]
TABLES = st.lists(st.fixed_dictionaries(VALUES), max_size=12).map(
    lambda rows: [{**row, "id": number} for number, row in enumerate(rows)]
)
ORDERS = st.lists(
    st.builds(lambda by, descending: By(by.column, by.kind, descending), st.sampled_from(BY), st.booleans()),
    max_size=3,
    unique_by=lambda by: by.column,
).map(lambda order: [*order, By("id", "number")])


def place(value: Any, kind: Kind) -> tuple[Any, ...]:
    """What orders a value, as plainly as it can be said."""
    if value is None:
        return (0,)
    if kind == "number":
        return (2,) if value == "nan" else (1, Decimal(value))
    return (1, value.rstrip("Z").encode()) if isinstance(value, str) else (1, value)


def naive(rows: list[dict[str, Any]], order: list[By]) -> list[int]:
    """The ids in order."""
    for by in reversed(order):
        rows = sorted(rows, key=lambda row, by=by: place(row[by.column], by.kind), reverse=by.descending)
    return [row["id"] for row in rows]


@given(TABLES, ORDERS)
def test_rows_are_in_the_order_of_all_columns(rows: list[dict[str, Any]], order: list[By]) -> None:
    assert [row["id"] for row in ordered(rows, order)] == naive(rows, order)


@given(TABLES, ORDERS, st.integers(0, 13))
def test_the_first_rows_are_those_that_come_first(rows: list[dict[str, Any]], order: list[By], count: int) -> None:
    assert {row["id"] for row in first(rows, order, count)} == set(naive(rows, order)[:count])


@given(TABLES.filter(bool), ORDERS, st.data())
def test_behind_a_row_are_those_that_come_after_it(rows: list[dict[str, Any]], order: list[By], data: Any) -> None:
    row = data.draw(st.sampled_from(rows))
    ids = naive(rows, order)
    found = behind(rows, order, [row[by.column] for by in order])
    assert {row["id"] for row in found} == set(ids[ids.index(row["id"]) + 1 :])


@given(TABLES, ORDERS, st.integers(1, 5))
def test_pages_together_are_the_whole(rows: list[dict[str, Any]], order: list[By], size: int) -> None:
    pages, left = [], rows
    while left:
        page = ordered(first(left, order, size), order)
        pages.append([row["id"] for row in page])
        left = behind(left, order, [page[-1][by.column] for by in order])
    assert pages == [list(page) for page in batched(naive(rows, order), size, strict=False)]


@pytest.mark.parametrize(("period", "ids"), [("2026-10", []), ("2026-11", [2]), ("2026-12", [1, 2])])
def test_a_position_in_another_period_takes_all_or_nothing(period: str, ids: list[int]) -> None:
    rows = [{"id": 1}, {"id": 2}]
    order = [By("period", "text"), By("id", "number")]
    assert [row["id"] for row in behind(rows, order, ["2026-11", 1], period)] == ids
