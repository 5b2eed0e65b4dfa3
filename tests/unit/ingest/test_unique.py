"""Repeated values of a column: found wherever they stand, in whatever way they are written."""

import datetime as dt
from decimal import Decimal

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from shared.ingest.unique import SeenValues


@pytest.mark.parametrize(
    ("dtype", "first", "second"),
    [
        (pl.String, ["a", "b", "a", None, "ä" * 20, None], ["c", "ä" * 20, "a"]),
        (pl.Int64, [5, -1, 5, None, 2**63 - 1, None], [7, 2**63 - 1, 5]),
        (pl.Float64, [0.5, 1.5, 0.5, None, 0.0, None], [2.5, -0.0, 0.5]),
        (pl.Decimal(28, 2), [*map(Decimal, ("1.50", "2", "1.5")), None, Decimal(10**25), None],
         [Decimal("0.01"), Decimal(10**25), Decimal("1.50")]),
        (pl.Date, [dt.date(2026, 1, 1), dt.date(1, 1, 1), dt.date(2026, 1, 1), None, dt.date(9999, 1, 1), None],
         [dt.date(2026, 1, 2), dt.date(9999, 1, 1), dt.date(2026, 1, 1)]),
        (pl.Datetime("us", "UTC"), [dt.datetime(2026, 1, d, tzinfo=dt.UTC) if d else None for d in (1, 2, 1, 0, 3, 0)],
         [dt.datetime(2026, 1, d, tzinfo=dt.UTC) for d in (9, 3, 1)]),
    ],
    ids=str,
)  # fmt: skip
def test_values_of_every_type_are_compared_as_what_they_are(dtype, first, second):
    seen = SeenValues()
    assert seen.repeated(pl.Series(first, dtype=dtype)).to_list() == [False, False, True, False, False, False]
    assert seen.repeated(pl.Series(second, dtype=dtype)).to_list() == [False, True, True]


def test_of_truth_values_there_are_two():
    seen = SeenValues()
    assert seen.repeated(pl.Series([None, True])).to_list() == [False, False]
    assert seen.repeated(pl.Series([False, None, True])).to_list() == [False, False, True]


@settings(deadline=None)
@given(st.lists(st.lists(st.none() | st.integers(-20, 20) | st.integers()), max_size=12))
def test_over_any_blocks_only_the_first_of_equal_values_is_new(blocks):
    seen, before = SeenValues(), set()
    for block in blocks:
        values = pl.Series([None if value is None else str(value) for value in block], dtype=pl.String)
        expected = []
        for value in values:
            expected.append(value is not None and value in before)
            before.add(value)
        assert seen.repeated(values).to_list() == expected


def test_of_many_blocks_few_runs_are_left_to_search():
    seen = SeenValues()
    for block in range(100):
        assert not seen.repeated(pl.Series([block + 100 * number for number in range(10)])).any()
    assert len(seen._runs) <= 7
