"""Which values of a column stand in an earlier row already: exact, and in memory that is that of the values.

The values that were seen are kept in sorted runs, each at least twice as long as the next: there are few to search,
and a value moves to a longer run only as often as its run doubles.
"""

from __future__ import annotations

import polars as pl


class SeenValues:
    """The values of one column so far. They are typed: 1.0 and 1.00 are one decimal, -0.0 and 0.0 one float."""

    def __init__(self) -> None:
        self._runs: list[pl.Series] = []

    def repeated(self, values: pl.Series) -> pl.Series:
        """Which of the values equals an earlier one, here or in blocks before; then all of them have been seen."""
        rows = pl.DataFrame({"value": _comparable(values), "at": pl.int_range(len(values), eager=True)}).drop_nulls()
        rows = rows.sort("value", maintain_order=True)  # searching in order is twice as fast
        value = rows["value"]
        repeated = (value == value.shift(1)).fill_null(False)
        for run in self._runs:
            repeated |= _is_in(value, run)
        self._add(value.filter(~repeated))
        return pl.repeat(False, len(values), eager=True).scatter(rows["at"].filter(repeated), True)

    def _add(self, run: pl.Series) -> None:
        while self._runs and len(self._runs[-1]) < 2 * len(run):
            run = _merged(self._runs.pop(), run)
        if len(run):
            self._runs.append(run)


def _comparable(values: pl.Series) -> pl.Series:
    """The values as something that can be sorted, searched and compared."""
    match values.dtype:
        case pl.Decimal() | pl.Datetime() | pl.Date():
            return values.to_physical()
        case pl.Boolean():
            return values.cast(pl.Int8)
    return values


def _is_in(values: pl.Series, run: pl.Series) -> pl.Series:
    if _before(values, run) or _before(run, values):
        return pl.repeat(False, len(values), eager=True)
    at = run.search_sorted(values).clip(upper_bound=len(run) - 1)
    return run.gather(at) == values


def _before(one: pl.Series, other: pl.Series) -> bool:
    """Whether all values of one come before those of the other: numbers that count up need no search."""
    return not len(one) or not len(other) or bool(one[-1] < other[0])


def _merged(one: pl.Series, other: pl.Series) -> pl.Series:
    return one.to_frame().merge_sorted(other.to_frame(), one.name).to_series()
