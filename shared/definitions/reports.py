"""The tables `[reports.…]`: what to aggregate over a dataset, by which columns and periods."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from typing import get_args

from shared.definitions.columns import Columns
from shared.definitions.model import ColumnType, Metric, MetricFunction, Period, Report
from shared.definitions.table import Table, alternatives, quoted_key, shown, suggestion

_KEYS = tuple(field.name for field in fields(Report) if field.name != "name")
_PERIODS: tuple[Period, ...] = get_args(Period.__value__)
_RESERVED = ("period", "rows")  # fields that every row of a report has

_NUMERIC: tuple[ColumnType, ...] = ("integer", "float", "decimal")
_ORDERED: tuple[ColumnType, ...] = (*_NUMERIC, "string", "date", "datetime")
_TIMES: tuple[ColumnType, ...] = ("date", "datetime")
_GROUPABLE: tuple[ColumnType, ...] = ("string", "integer", "decimal", "boolean", "date", "datetime")
_TYPES_OF: Mapping[MetricFunction, tuple[ColumnType, ...]] = {
    "count": get_args(ColumnType.__value__),
    "sum": _NUMERIC,
    "min": _ORDERED,
    "max": _ORDERED,
    "mean": _NUMERIC,
    "std": _NUMERIC,
    "distinct": get_args(ColumnType.__value__),
    "percentile": _NUMERIC,
}
_EXPRESSION = re.compile(r"(?P<function>\w+)(?:\((?P<column>.+)\))?", re.DOTALL)
_PERCENTILE = re.compile(r"p(?!00)(?P<percent>[0-9]{2})")  # "percentile" itself is no word of the file
_FUNCTIONS = (*(function for function in _TYPES_OF if function != "percentile"), "p01…p99")


@dataclass(frozen=True, slots=True)
class _Source:
    """The dataset that a report is over, by its columns."""

    dataset: str
    columns: Columns

    def mistake(self, column: str, types: Sequence[ColumnType], purpose: str) -> str | None:
        """Why a column cannot serve a purpose, or None where it can."""
        if column not in self.columns:
            where = f"[datasets.{self.dataset}.columns]"
            near = suggestion(column, self.columns, otherwise="name it there, with its type")
            return f"{where} has no column {shown(column)}, {near}"
        found = self.columns[column]
        if found is None or found.type in types:
            return None
        return f"{purpose} needs a column of type {alternatives(types)}; {shown(column)} is {found.type}"


def read_report(name: str, table: Table, datasets: Mapping[str, Columns | None]) -> Report:
    """One report over one of the datasets. Columns that are not understood (None) are not held against it."""
    table.expect_only(_KEYS)
    dataset, columns = _read_dataset(table, datasets)
    source = _Source(quoted_key(dataset), columns) if columns is not None else None
    period = table.choice("period", _PERIODS) or "all"
    group_by = table.texts("group_by") or ()
    if source:
        for column in group_by:
            _note(table, "group_by", source.mistake(column, _GROUPABLE, "grouping"))
    _check_names("group_by", table, group_by)
    return Report(
        name=name,
        dataset=dataset,
        period=period,
        time=_read_time(table, period, source),
        group_by=group_by,
        metrics=_read_metrics(table, group_by, source),
    )


def _read_dataset(table: Table, datasets: Mapping[str, Columns | None]) -> tuple[str, Columns | None]:
    table.require("dataset", "name the dataset that the report is over")
    name = table.text("dataset")
    if name is None:
        return "", None
    if name not in datasets:
        near = suggestion(name, datasets, otherwise=f"define it as [datasets.{quoted_key(name)}]")
        table.mistake("dataset", f"unknown dataset {shown(name)}, {near}")
    return name, datasets.get(name)


def _read_time(table: Table, period: Period, source: _Source | None) -> str | None:
    if period != "all" and "time" not in table:
        table.mistake("period", f'"{period}" needs a time column; write time = "…" or period = "all"')
    time = table.text("time")
    if time is None or source is None:
        return time
    mistake = source.mistake(time, _TIMES, "time")
    _note(table, "time", mistake)
    column = source.columns.get(time)
    if period == "hour" and column and column.type == "date":
        table.mistake("period", f'"hour" needs a column of type datetime; {shown(time)} is date')
    return time


def _read_metrics(table: Table, group_by: Sequence[str], source: _Source | None) -> tuple[Metric, ...]:
    table.require("metrics", 'write at least one, such as metrics = { orders = "count" }')
    metrics = table.table("metrics")
    if metrics is None:
        return ()
    if not metrics.values:
        metrics.mistake("", 'must have at least one metric, such as orders = "count"')
    for name in metrics.values:
        if not name:
            metrics.mistake("", "a metric must have a name")
        if name in group_by:
            metrics.mistake(name, "has the name of a column of group_by; rename the metric")
    _check_names("", metrics, tuple(metrics.values))
    found = (_read_metric(name, metrics, source) for name in metrics.values)
    return tuple(metric for metric in found if metric)


def _read_metric(name: str, table: Table, source: _Source | None) -> Metric | None:
    text = table.text(name)
    if text is None:
        return None
    expression = _EXPRESSION.fullmatch(text)
    if expression is None:
        table.mistake(name, f'must be "count" or a function of a column such as "sum(amount)", not {shown(text)}')
        return None
    written, column = expression["function"], expression["column"]
    percentile = _PERCENTILE.fullmatch(written)
    function = "percentile" if percentile else _function(written)
    if function is None:
        table.mistake(name, f"unknown function {shown(written)}; use {alternatives(_FUNCTIONS)}")
        return None
    if column is None and function != "count":
        table.mistake(name, f'{written} needs a column; write "{written}(…)" with its name')
    if column is not None and source:
        _note(table, name, source.mistake(column, _TYPES_OF[function], written))
    return Metric(name, function, column, int(percentile["percent"]) if percentile else None)


def _function(written: str) -> MetricFunction | None:
    return next((known for known in _TYPES_OF if known == written and known in _FUNCTIONS), None)


def _check_names(key: str, table: Table, names: Sequence[str]) -> None:
    """Every row of a report is one flat object, so each of its names must be there once."""
    for name in dict.fromkeys(names):
        if names.count(name) > 1:
            table.mistake(key or name, f"names {shown(name)} more than once")
        if name in _RESERVED:
            table.mistake(key or name, f"{shown(name)} is a field that every row of a report has; use another name")


def _note(table: Table, key: str, mistake: str | None) -> None:
    if mistake:
        table.mistake(key, mistake)
