"""A first report over a dataset: rows by time and by one category, and the sums and means of its numbers."""

from __future__ import annotations

import re
from collections.abc import Sequence

from devstack.infer_columns import Finding, looks_like_an_id
from shared.definitions.model import Dataset, Metric, MetricFunction, Period, Report

RESERVED = ("period", "rows")  # fields of every row of a report
MOST_NUMBERS = 5  # columns with metrics: the report is to be read
LONGEST_NAME = 64

# The first of these whose limit the days from the first to the last of the file stay below. All keep a file far
# below the number of periods that it may have.
PERIODS: tuple[tuple[Period, int], ...] = (("hour", 2), ("day", 800), ("month", 40_000), ("year", 1_000_000))


def first_report(dataset: Dataset, findings: Sequence[Finding]) -> Report:
    """A report that the dataset's files can have as they are."""
    time = _time(findings)
    period = _period(time) if time else "all"
    group_by = next((f.column.name for f in findings if f.column.one_of and f.column.name not in RESERVED), None)
    return Report(
        name=_name(dataset.name, period, group_by),
        dataset=dataset.name,
        period=period,
        time=time.column.name if time and period != "all" else None,
        group_by=(group_by,) if group_by else (),
        metrics=_metrics(findings, taken={*RESERVED, group_by}),
    )


def _time(findings: Sequence[Finding]) -> Finding | None:
    """The first column with a time in every row, or else the first with any."""
    times = [finding for finding in findings if finding.typed.span]
    return next((finding for finding in times if finding.column.required), times[0] if times else None)


def _period(time: Finding) -> Period:
    first, last = time.typed.span or (0, 0)
    periods = PERIODS if time.column.type == "datetime" else PERIODS[1:]
    return next((period for period, limit in periods if last - first < limit), "all")


def _name(dataset: str, period: Period, group_by: str | None) -> str:
    by = period if period != "all" else re.sub(r"[^A-Za-z0-9]+", "_", group_by or "").strip("_")
    suffix = f"_by_{by}"[: LONGEST_NAME // 2] if by else "_totals"
    return dataset[: LONGEST_NAME - len(suffix)] + suffix


def _metrics(findings: Sequence[Finding], taken: set[str | None]) -> tuple[Metric, ...]:
    metrics = [Metric(_free("count", taken), "count")]
    numbers = [f.column for f in findings if f.column.type in ("integer", "decimal", "float")]
    for column in [c for c in numbers if not looks_like_an_id(c.name)][:MOST_NUMBERS]:
        # Floats are rather measurements, such as degrees, than amounts that add up.
        functions: tuple[MetricFunction, ...] = ("mean",) if column.type == "float" else ("sum", "mean")
        metrics += [Metric(_free(f"{column.name}_{f}", taken), f, column.name) for f in functions]
    return tuple(metrics)


def _free(name: str, taken: set[str | None]) -> str:
    """The name, or one made of it that no other metric or field of the report has."""
    while name in taken:
        name += "_"
    taken.add(name)
    return name
