"""A report document out of the shares of its files."""

from __future__ import annotations

import datetime as dt
import math
from decimal import Decimal
from typing import Any

import polars as pl

from shared.definitions.model import Metric, Report
from shared.reports import sketches
from shared.reports.document import ReportDocument
from shared.reports.partials import BY, State, merge, metrics_without_definition, states_in

SAFE_INTEGER = 2**53  # JSON readers, Cosmos DB among them, keep whole numbers exactly up to here (RFC 8259, section 6)


def report_document(
    report: Report, period: str, merged: pl.DataFrame | None, files: int, updated_at: str
) -> ReportDocument:
    """The document of a (report, period) out of the merged states of its files (without `period`); None: no rows."""
    if merged is None:
        return ReportDocument(report.name, report.dataset, period, updated_at=updated_at)
    by = tuple(BY + name for name in report.group_by)
    totals = merge([merged.drop(by)], ())
    metrics = metrics_of(report, totals)
    groups = merged.sort(by) if by else merged
    return ReportDocument(
        report.name,
        report.dataset,
        period,
        rows=totals[State("rows", "").name].item(),
        files=files,
        updated_at=updated_at,
        totals=rows_of(totals, (), metrics)[0],
        groups=tuple(rows_of(groups, report.group_by, metrics)),
    )


def metrics_of(report: Report, states: pl.DataFrame) -> tuple[Metric, ...]:
    """The metrics of a report; those that are found in its states where it has no definition."""
    if report.metrics:
        return report.metrics
    columns = dict.fromkeys(state.column for state in states_in(states) if state.column)
    return metrics_without_definition(columns)


def rows_of(states: pl.DataFrame, group_by: tuple[str, ...], metrics: tuple[Metric, ...]) -> list[dict[str, Any]]:
    """Rows as readers see them, out of states by group."""
    columns = [pl.col(BY + name).alias(name) for name in group_by]
    columns += [_final(metric, states.schema).alias(metric.name) for metric in metrics]
    return [{name: to_json(value) for name, value in row.items()} for row in states.select(columns).to_dicts()]


def _final(metric: Metric, schema: pl.Schema) -> pl.Expr:
    """The metric's value from its states; null over no values."""

    def state(kind: str) -> pl.Expr:
        return pl.col(f"{kind}:{metric.column or ''}")

    count = state("count")
    match metric.function:
        case "count":
            return count if metric.column else state("rows")
        case "sum":
            return pl.when(count > 0).then(state("sum"))
        case "mean":
            return pl.when(count > 0).then(state("sum").cast(pl.Float64) / count)
        case "std":
            return pl.when(count > 1).then((state("m2") / (count - 1)).sqrt())
        case "distinct":
            return sketches.distinct(state("distinct"))
        case "percentile":
            assert metric.percent is not None
            whole = schema[State("min", metric.column or "").name].is_integer()
            estimate = sketches.percentile(state("buckets"), metric.percent, whole=whole)
            return estimate.clip(state("min").cast(pl.Float64), state("max").cast(pl.Float64))
        case _:
            return state(metric.function)


def to_json(value: Any) -> Any:
    """Numbers as numbers where JSON keeps them exactly, else as text, as decimals are; times in UTC by RFC 3339."""
    match value:
        case bool() | None:
            return value
        case float():
            return value if math.isfinite(value) else str(value)  # a sum that outgrew floats: JSON has no infinity
        case int():
            return value if abs(value) <= SAFE_INTEGER else str(value)
        case Decimal():
            return format(value, "f")
        case dt.datetime():
            return value.astimezone(dt.UTC).isoformat().replace("+00:00", "Z")
        case dt.date():
            return value.isoformat()
    return value
