"""A file's share of a report as mergeable states, and their merging.

A *state* is what must be kept of a column so that shares can be added up later: a mean cannot be merged, a sum and a
count can. Metrics that need the same state share it (`sum(amount)` and `mean(amount)` both keep `sum:amount`).
A frame of states has one row per group: the group columns as `by:<column>`, the states as `<state>:<column>`.

Sums of whole numbers (64 bits) and decimals (28 digits) are kept in 128 bits, so they are exact. The spread of a column
is kept as the sum of squared deviations from the mean (`m2`), merged by the parallel algorithm of Chan, Golub and
LeVeque (1979). What `distinct` and percentiles need is in `sketches`.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Literal

import polars as pl

from shared.definitions.model import NO_PERIOD, Metric, MetricFunction, Period, Report
from shared.ingest.outcome import Field
from shared.reports import sketches
from shared.reports.sketches import SketchKind

type StateKind = Literal["rows", "count", "sum", "min", "max", "m2"] | SketchKind

NEEDED: dict[MetricFunction, tuple[StateKind, ...]] = {
    "count": ("count",),
    "sum": ("count", "sum"),  # a sum of nothing is null, as in SQL
    "min": ("min",),
    "max": ("max",),
    "mean": ("count", "sum"),
    "std": ("count", "sum", "m2"),
    "distinct": ("distinct",),
    "percentile": ("buckets", "min", "max"),
}
NUMERIC = ("integer", "float", "decimal")
BY = "by:"
PERIOD = "period"
PERIOD_FORMATS: dict[Period, str] = {"hour": "%Y-%m-%dT%H", "day": "%Y-%m-%d", "month": "%Y-%m", "year": "%Y"}
PERIOD_LENGTHS: dict[Period, str] = {"hour": "1h", "day": "1d", "month": "1mo", "year": "1y"}


@dataclass(frozen=True, slots=True)
class State:
    """One mergeable state of one column."""

    kind: StateKind
    column: str

    @property
    def name(self) -> str:
        return f"{self.kind}:{self.column}"

    @classmethod
    def named(cls, name: str) -> State:
        """The state whose `name` this is."""
        kind, _, column = name.partition(":")
        return cls(kind, column)  # type: ignore[arg-type]


def inferred_metrics(fields: Iterable[Field]) -> tuple[Metric, ...]:
    """The metrics of a file without a definition."""
    return metrics_without_definition(field.name for field in fields if field.type in NUMERIC)


def metrics_without_definition(columns: Iterable[str]) -> tuple[Metric, ...]:
    """The count of rows, and sum, min, max and mean of each of these numeric columns."""
    functions: tuple[MetricFunction, ...] = ("sum", "min", "max", "mean")
    return (
        Metric("rows", "count"),
        *(Metric(f"{column}_{function}", function, column) for column in columns for function in functions),
    )


def states_of(metrics: Iterable[Metric]) -> tuple[State, ...]:
    """The states that the metrics need together, each once."""
    needed = {State(kind, m.column): None for m in metrics if m.column for kind in NEEDED[m.function]}
    return (State("rows", ""), *needed)


def share(records: pl.DataFrame, fields: Iterable[Field], report: Report) -> pl.DataFrame:
    """The states of `records` (columns named by the fields' keys) by period and group: `period`, `by:…`, states."""
    by_name = {field.name: field for field in fields}
    metrics = report.metrics or inferred_metrics(by_name.values())
    groups = [pl.col(by_name[name].key).alias(BY + name) for name in report.group_by]
    wanted = states_of(metrics)
    states = [_collect(state, by_name).alias(state.name) for state in wanted]
    sketched = _sketched(wanted)
    keys = {state.name: sketches.keys_of(kind, records[by_name[state.column].key]) for state, kind in sketched}
    records = records.with_columns(**keys)
    if report.time is None or report.period == "all":
        shares = records.lazy().group_by(pl.lit("all").alias(PERIOD), *groups).agg(states)
    else:
        by_period = records.lazy().group_by(_start(report, by_name[report.time]).alias(PERIOD), *groups).agg(states)
        # Written only now: there are far fewer periods than rows. A row without a time is in a period of its own.
        written = pl.col(PERIOD).dt.to_string(PERIOD_FORMATS[report.period]).fill_null(NO_PERIOD)
        shares = by_period.with_columns(written)
    # The streaming engine would add floats up in another order every time.
    found = shares.collect(engine="in-memory", optimizations=pl.QueryOptFlags.none())
    return found.with_columns(sketches.of_keys(kind, found[state.name]) for state, kind in sketched)


def _sketched(states: Iterable[State]) -> list[tuple[State, SketchKind]]:
    """Those of the states that are sketches. Group by group only their keys or cells are collected, then made one."""
    return [(state, state.kind) for state in states if state.kind in ("buckets", "distinct")]


def _start(report: Report, time: Field) -> pl.Expr:
    """The beginning of the period that a row's time is in, by the clocks of the dataset's time zone."""
    value = pl.col(time.key)
    local = value.dt.replace_time_zone(None) if time.type == "datetime" else value
    return local.dt.truncate(PERIOD_LENGTHS[report.period])


def _collect(state: State, by_name: Mapping[str, Field]) -> pl.Expr:
    if state.kind == "rows":
        return pl.len().cast(pl.Int64)
    field = by_name[state.column]
    value = pl.col(field.key)
    match state.kind:
        case "buckets" | "distinct":
            return pl.col(state.name).implode()
        case "count":
            return value.count().cast(pl.Int64)
        case "sum":
            # polars adds decimals up with 38 digits, whole numbers with as many bits as they have.
            return (value.cast(pl.Int128) if field.type == "integer" else value).sum()
        case "min":
            return value.min()
        case "max":
            return value.max()
        case "m2":
            number = value.cast(pl.Float64)
            return number.var(ddof=0) * number.count()


def states_in(frame: pl.DataFrame) -> list[State]:
    """The states that a frame of states has, in its order."""
    return [State.named(name) for name in frame.columns if name != PERIOD and not name.startswith(BY)]


def merge(shares: Iterable[pl.DataFrame], by: tuple[str, ...]) -> pl.DataFrame:
    """The states of several shares as one, by the columns `by` (`period` and/or `by:…`); none: one row for all."""
    together = pl.concat(list(shares), how="diagonal_relaxed")
    states = states_in(together)
    expressions = [_merge(state).alias(state.name) for state in states]
    merged = together.group_by(by).agg(expressions) if by else together.select(expressions)
    return merged.with_columns(sketches.merged(kind, merged[state.name]) for state, kind in _sketched(states))


def _merge(state: State) -> pl.Expr:
    value = pl.col(state.name)
    match state.kind:
        case "rows" | "count" | "sum":
            return value.sum()
        case "min":
            return value.min()
        case "max":
            return value.max()
        case "buckets" | "distinct":
            return value.explode().implode()
        case "m2":
            count = pl.col(State("count", state.column).name)
            total = pl.col(State("sum", state.column).name).cast(pl.Float64)
            between = count * (total / count - total.sum() / count.sum()) ** 2
            return pl.when(count > 0).then(value + between).sum()
