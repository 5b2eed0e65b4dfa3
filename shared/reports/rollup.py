"""Rolling up: rows by a coarser period or by fewer columns, out of the states that reports were made of.

Final values cannot be rolled up: no mean follows from means. States can, exactly, and sketches as well as ever.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from itertools import batched
from typing import Any

import polars as pl

from shared.definitions.model import Report
from shared.names import node_name
from shared.reports.build import metrics_of, rows_of, to_json
from shared.reports.listed import ListedPeriod
from shared.reports.order import Row
from shared.reports.packing import unpack
from shared.reports.partials import BY, PERIOD, merge
from shared.reports.periods import coarse
from shared.reports.query import Filter, Query, RollUp
from shared.reports.tree import OWN

AT_A_TIME = 50  # periods whose states are in memory together

type Partials = Callable[[Sequence[str]], list[bytes]]


def rolled_up(
    report: Report, listed: Iterable[ListedPeriod], query: Query, by: RollUp, partials: Partials
) -> list[Row]:
    """The rows of these periods, rolled up, in any order. Raises PartialMissing where a refresh has replaced a tree."""
    columns = (PERIOD, *(BY + name for name in by.columns))
    merged: list[pl.DataFrame] = []
    for some in batched(listed, AT_A_TIME, strict=False):
        trees = [(one.period, node_name(report.name, one.period, one.tree)) for one in some if one.tree]
        nodes = partials([name for _, name in trees])
        for (period, _), data in zip(trees, nodes, strict=True):
            states = _filtered(unpack(data).drop(OWN), query.filters)
            if states.height:
                merged.append(states.with_columns(pl.lit(coarse(period, by.period)).alias(PERIOD)))
        merged = [merge(merged, columns)] if merged else []
    return [row for states in merged for row in _rows(report, states, by.columns)]


def _filtered(states: pl.DataFrame, filters: Iterable[Filter]) -> pl.DataFrame:
    """The states of the groups that the filters let through: they are asked about values as JSON shows them."""
    for each in filters:
        column = states[BY + each.column]
        wanted = column.unique()
        wanted = wanted.filter(pl.Series([each.takes(to_json(value)) for value in wanted], dtype=pl.Boolean))
        states = states.filter(column.is_in(wanted.implode(), nulls_equal=True))
    return states


def _rows(report: Report, states: pl.DataFrame, group_by: tuple[str, ...]) -> list[dict[str, Any]]:
    rows = rows_of(states, group_by, metrics_of(report, states))
    return [{PERIOD: period, **row} for period, row in zip(states[PERIOD], rows, strict=True)]
