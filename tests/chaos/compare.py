"""What is there against what must be there."""

import csv
import datetime as dt
import io
import json
import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from tests.chaos.observed import Observed, Read
from tests.chaos.oracle import REPORTS, File, Report, Truth, Written, as_json

TOLERANCE = 1e-9  # of floats that were added up in another order
ESTIMATES = {("orders_by_day", "median"): 0.01, ("orders_ever", "most"): 0.01, ("orders_ever", "ids"): 0.08}  # 5 sigma
EXACT_UP_TO = 1000  # distinct values
SHOWN = 300  # characters of a value in a message


@dataclass(frozen=True)
class Version:
    """An upload as it is in the container."""

    etag: str
    size: int


@dataclass(frozen=True)
class Mismatch:
    """Something that is not as it must be, and the uploads it may come from."""

    where: str
    expected: object
    actual: object
    files: frozenset[str]

    def __str__(self) -> str:
        expected, actual = (repr(value)[:SHOWN] for value in (self.expected, self.actual))
        return f"{self.where}\n    expected {expected}\n    is       {actual}"


def mismatches(truth: Truth, versions: Mapping[str, Version], found: Observed, read: Read) -> list[Mismatch]:
    """All that is wrong, missing or too much."""
    return [
        *_containers(truth, versions, found),
        *(m for name, file in truth.files.items() for m in _record(name, file, versions[name], found, read)),
        *_records_of_others(truth, found),
        *_reports(truth, found),
    ]


def _containers(truth: Truth, versions: Mapping[str, Version], found: Observed) -> Iterator[Mismatch]:
    """Nothing without its upload, nothing missing."""
    documents = {_output(n, "json"): n for n, file in truth.files.items() if file.documents is not None}
    rejects = {_output(n, "csv"): n for n, file in truth.files.items() if file.documents is not None and file.rejects}
    wanted = {"uploads": {name: name for name in versions}, "processed": documents, "rejected": rejects}
    for container, names in wanted.items():
        for name in names.keys() - found.blobs[container]:
            yield Mismatch(f"{container}/{name}", "is there", "is missing", frozenset({names[name]}))
        for name in found.blobs[container] - names.keys():
            makers = frozenset(upload for upload in found.records if _output(upload, name.rpartition(".")[2]) == name)
            yield Mismatch(f"{container}/{name}", "nothing", "is there", makers)
    for name, record in found.records.items():
        for pair in record["shares"]:
            partial = f"{pair}/{record['id']}.{record['committed']}.parquet"
            if partial not in found.blobs["partials"]:
                yield Mismatch(f"partials/{partial}", "is there", "is missing", frozenset({name}))


def _output(upload: str, extension: str) -> str:
    return f"{upload.removesuffix('.csv')}.{extension}"


def _record(name: str, file: File, version: Version, found: Observed, read: Read) -> Iterator[Mismatch]:
    record = found.records.get(name)
    if record is None:
        yield Mismatch(f"record of {name}", file.status, "is missing", frozenset({name}))
        return
    accepted = file.documents is not None
    error = record["firstError"] or {}
    expected = {
        "dataset": file.dataset,
        "status": file.status,
        "rows": file.rows,
        "records": file.records,
        "rejected": file.rows - file.records,
        "etag": version.etag,
        "size": version.size,
        "processed": f"processed/{_output(name, 'json')}" if accepted else None,
        "rejectedFile": f"rejected/{_output(name, 'csv')}" if accepted and file.rejects else None,
        "shares": sorted(file.pairs),
        "stale": [],
        "code": file.code,
    } | ({"line": file.line} if file.line else {})
    actual = {**record, "code": error.get("code"), "line": error.get("line"), "shares": sorted(record["shares"])}
    actual = {key: actual[key] for key in expected}
    if actual != expected:
        wrong = [key for key in expected if actual[key] != expected[key]]
        pick = ({key: values[key] for key in wrong} for values in (expected, actual))
        yield Mismatch(f"record of {name}", *pick, frozenset({name}))
    elif accepted:
        yield from _documents(name, file, version, record, read)


def _documents(name: str, file: File, version: Version, record: Mapping[str, Any], read: Read) -> Iterator[Mismatch]:
    files = frozenset({name})
    processed, rejected = read(record["processed"]), record["rejectedFile"] and read(record["rejectedFile"])
    if processed is None or (record["rejectedFile"] and rejected is None):
        return  # told with the containers
    document = json.loads(processed, parse_float=Decimal)  # with all the digits
    head = {
        "source": f"uploads/{name}",
        "dataset": file.dataset,
        "etag": version.etag,
        "record_count": file.records,
        "rejected_count": file.rows - file.records,
    }
    if (actual := {key: document.get(key) for key in head}) != head:
        yield Mismatch(f"head of {record['processed']}", head, actual, files)
    records = document["records"]
    if len(records) != len(file.documents or ()):
        yield Mismatch(f"length of {record['processed']}", len(file.documents or ()), len(records), files)
    for number, (expected, actual) in enumerate(zip(file.documents or (), records, strict=False)):
        if list(expected) != list(actual) or not all(_same_value(v, actual[k]) for k, v in expected.items()):
            yield Mismatch(f"record {number} of {record['processed']}", expected, actual, files)
            break
    rows = csv.DictReader(io.StringIO((rejected or b"").decode(), newline=""), restkey="")
    found = [(int(row["_line"]), row["_column"], row["_code"]) for row in rows]
    if found != (wanted := [(reject.line, reject.column, reject.code) for reject in file.rejects]):
        yield Mismatch(f"{record['rejectedFile']}", wanted, found, files)


def _same_value(expected: Any, actual: Any) -> bool:
    """Whether JSON shows a value as a processed document must."""
    match expected:
        case None:
            return actual is None
        case Written():
            return str(actual) == str(expected)
        case float():
            return isinstance(actual, int | Decimal) and float(actual) == expected
        case int():
            return isinstance(actual, int) and actual == expected
        case dt.datetime():
            moment = dt.datetime.fromisoformat(actual)
            return moment.astimezone(dt.UTC).replace(tzinfo=None) == expected
    return bool(actual == as_json(expected))


def _records_of_others(truth: Truth, found: Observed) -> Iterator[Mismatch]:
    for name, record in found.records.items():
        if name in truth.files:
            continue
        left = {key: record[key] for key in ("status", "rows", "processed", "rejectedFile", "shares", "stale")}
        gone = {"status": "deleted", "rows": 0, "processed": None, "rejectedFile": None, "shares": [], "stale": []}
        if left != gone:
            yield Mismatch(f"record of {name}, which is deleted", gone, left, frozenset({name}))


def _reports(truth: Truth, found: Observed) -> Iterator[Mismatch]:
    for name, period in sorted(truth.reports.keys() | found.reports.keys()):
        where = f"report {name} for {period}"
        expected, actual = truth.reports.get((name, period)), found.reports.get((name, period))
        pair = f"{name}/{period}"
        files = frozenset(n for n, file in truth.files.items() if pair in file.pairs)
        files |= {n for n, record in found.records.items() if pair in (*record["shares"], *record["stale"])}
        if expected is None or actual is None:
            there = expected and {"rows": expected.rows, "files": expected.files}
            yield Mismatch(where, there, actual and {key: actual[key] for key in ("rows", "files")}, files)
        else:
            yield from (Mismatch(f"{where}: {w}", e, a, files) for w, e, a in _report(name, expected, actual))


def _report(name: str, expected: Report, actual: Mapping[str, Any]) -> Iterator[tuple[str, object, object]]:
    for key, value in (("rows", expected.rows), ("files", expected.files)):
        if actual[key] != value:
            yield key, value, actual[key]
    if not _same_metrics(name, expected.totals, actual["totals"]):
        yield "totals", _shown(expected.totals), actual["totals"]
    group_by = REPORTS[name].group_by if name in REPORTS else ()
    rows = actual["value"]
    groups = {tuple(row[column] for column in group_by): row for row in rows}
    if len(groups) != len(rows) or groups.keys() != expected.groups.keys():
        yield "groups", sorted(map(str, expected.groups)), [str([row[c] for c in group_by]) for row in rows]
    for key in expected.groups.keys() & groups.keys():
        row = {metric: value for metric, value in groups[key].items() if metric != "period"}
        if not _same_metrics(name, expected.groups[key], row):
            yield f"group {key}", _shown(expected.groups[key]), row


def _same_metrics(report: str, expected: Mapping[str, Any], actual: Mapping[str, Any]) -> bool:
    return expected.keys() == actual.keys() and all(
        _same_metric(value, actual[name], ESTIMATES.get((report, name), 0)) for name, value in expected.items()
    )


def _same_metric(expected: Any, actual: Any, error: float) -> bool:
    estimated = error and (isinstance(expected, float) or (isinstance(expected, int) and expected > EXACT_UP_TO))
    if estimated or isinstance(expected, float):
        is_number = isinstance(actual, int | float)
        return is_number and math.isclose(actual, expected, rel_tol=error or TOLERANCE, abs_tol=TOLERANCE * 1000)
    return bool(actual == as_json(expected))


def _shown(metrics: Mapping[str, Any]) -> dict[str, Any]:
    return {name: as_json(value) for name, value in metrics.items()}
