"""A dataset as the API shows it: its definition with every default filled in, and its reports."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from typing import Any

from shared.definitions.catalog import Definitions
from shared.definitions.model import Column, Dataset, Metric, Report


def describe(dataset: Dataset, definitions: Definitions) -> dict[str, Any]:
    """The dataset in JSON, in camelCase."""
    return {
        "name": dataset.name,
        "files": dataset.files,
        "delimiter": dataset.delimiter,
        "encoding": dataset.encoding,
        "nullValues": list(dataset.null_values),
        "extraColumns": dataset.extra_columns,
        "maxRejected": dataset.max_rejected,
        "timeZone": dataset.time_zone,
        "columns": {column.name: _column(column) for column in dataset.columns},
        "reports": [_report(report) for report in definitions.reports_of(dataset)],
        "definition": definitions.fingerprint(dataset),
    }


def shown(metric: Metric) -> str:
    """A metric as `datasets.toml` writes it."""
    function = metric.function if metric.percent is None else f"p{metric.percent:02}"
    return f"{function}({metric.column})" if metric.column else function


def _report(report: Report) -> dict[str, Any]:
    return {
        "name": report.name,
        "time": report.time,
        "period": report.period,
        "groupBy": list(report.group_by),
        "metrics": {metric.name: shown(metric) for metric in report.metrics},
    }


def _column(column: Column) -> dict[str, Any]:
    """The type and the checks that are made; a check that is not made is left out."""
    checks: dict[str, Any] = {
        "type": column.type,
        "required": column.required or None,
        "min": _bound(column.min),
        "max": _bound(column.max),
        "oneOf": list(column.one_of) if column.one_of else None,
        "pattern": column.pattern,
        "maxLength": column.max_length,
        "unique": column.unique or None,
        "scale": column.scale,
        "format": column.format,
    }
    return {name: value for name, value in checks.items() if value is not None}


def _bound(bound: object) -> Any:
    match bound:
        case Decimal():
            return str(bound)
        case dt.date():  # and datetime, which is one
            return bound.isoformat()
    return bound
