"""A short hash of everything that shapes a dataset's outputs: stored with each file, it tells when to read it again."""

from __future__ import annotations

import dataclasses
import datetime as dt
import hashlib
import json
from collections.abc import Iterable
from decimal import Decimal

from shared.definitions.model import Column, Dataset, Metric, Report

_EPOCH = dt.datetime(1970, 1, 1, tzinfo=dt.UTC)


def fingerprint(dataset: Dataset, reports: Iterable[Report]) -> str:
    """The same in every process and for every way to write the same definition; different where its meaning differs."""
    # Not `files`: which files belong to a dataset does not change what becomes of each of them.
    # Columns are found by their header, reports and metrics by their name: their order has no meaning.
    content = {
        **_fields(dataset, without="files"),
        "null_values": sorted(set(dataset.null_values)),
        "columns": sorted((_column(column) for column in dataset.columns), key=_by_name),
        "reports": sorted((_report(report) for report in reports), key=_by_name),
    }
    text = json.dumps(content, sort_keys=True, default=_encode)
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def report_fingerprint(report: Report, dataset: Dataset) -> str:
    """A short hash of all that shapes a report's states: its definition, and what its columns are."""
    used = {report.time, *report.group_by, *(metric.column for metric in report.metrics)}
    types = sorted((column.name, column.type, column.scale or 0) for column in dataset.columns if column.name in used)
    content = [_report(report), types, dataset.time_zone]
    return hashlib.sha256(json.dumps(content, sort_keys=True).encode()).hexdigest()[:16]


def _column(column: Column) -> dict[str, object]:
    fields = _fields(column)
    if column.one_of is not None:
        fields["one_of"] = sorted(set(column.one_of))
    return fields


def _report(report: Report) -> dict[str, object]:
    return {**_fields(report), "metrics": sorted((_fields(metric) for metric in report.metrics), key=_by_name)}


def _fields(item: Dataset | Column | Report | Metric, without: str = "") -> dict[str, object]:
    """What is set: a check that is not made is left out, so that a new kind of check leaves old hashes as they are."""
    values = {field.name: getattr(item, field.name) for field in dataclasses.fields(item) if field.name != without}
    return {name: value for name, value in values.items() if value is not None}


def _by_name(fields: dict[str, object]) -> str:
    return str(fields["name"])


def _encode(value: object) -> str | int:
    """Bounds that JSON has no type for. A moment counts, not the offset it is written with."""
    if isinstance(value, dt.datetime):
        return (value - _EPOCH) // dt.timedelta(microseconds=1)
    if isinstance(value, dt.date):
        return value.isoformat()
    if isinstance(value, Decimal):
        return str(value)
    raise TypeError(f"no encoding for {type(value).__name__}")
