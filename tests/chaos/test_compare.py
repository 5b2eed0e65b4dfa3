"""The comparison finds whatever is wrong: here one thing at a time is, in what is right otherwise."""

import copy
import json
from dataclasses import replace

import pytest

from tests.chaos.compare import Version, mismatches
from tests.chaos.observed import Observed
from tests.chaos.oracle import truth

NAME = "readings/1.csv"
UPLOADS = {NAME: b"time,sensor,value\n2026-03-01T01:00:00Z,a,1.5\n2026-03-01T01:00:00Z,,2\n"}
VERSIONS = {NAME: Version('"1"', len(UPLOADS[NAME]))}
PAIR = "readings_by_hour/2026-03-01T01"
METRICS = {
    "readings": 1,
    "known": 1,
    "total": 1.5,
    "mean": 1.5,
    "std": None,
    "lowest": 1.5,
    "highest": 1.5,
    "first": "2026-03-01T01:00:00Z",
}
DOCUMENT = {
    "source": f"uploads/{NAME}",
    "dataset": "readings",
    "etag": '"1"',
    "record_count": 1,
    "rejected_count": 1,
    "records": [{"time": "2026-03-01T01:00:00Z", "sensor": "a", "value": 1.5}],
}
REJECTED = b"_line,_column,_code,_message,time,sensor,value\n3,sensor,required,missing,2026-03-01T01:00:00Z,,2\n"
RECORD = {
    "id": "id-1",
    "name": NAME,
    "dataset": "readings",
    "status": "processed",
    "rows": 2,
    "records": 1,
    "rejected": 1,
    "etag": '"1"',
    "size": len(UPLOADS[NAME]),
    "processed": "processed/readings/1.json",
    "rejectedFile": "rejected/readings/1.csv",
    "shares": [PAIR],
    "stale": [],
    "firstError": {"code": "required", "line": 3},
    "committed": 7,
}
REPORT = {"rows": 1, "files": 1, "totals": METRICS, "value": [{"period": "2026-03-01T01", "sensor": "a", **METRICS}]}


class Seen:
    """What is right, to be changed by a test."""

    def __init__(self):
        self.record, self.report, self.document = (copy.deepcopy(value) for value in (RECORD, REPORT, DOCUMENT))
        self.rejected = REJECTED
        self.blobs = {
            "uploads": {NAME},
            "processed": {"readings/1.json"},
            "rejected": {"readings/1.csv"},
            "partials": {f"{PAIR}/id-1.7.parquet"},
        }
        self.others: dict = {}
        self.other_reports: dict = {}

    def wrong(self) -> list[str]:
        """Where the comparison finds something."""
        observed = Observed(
            {NAME: self.record, **self.others},
            {tuple(PAIR.split("/")): self.report, **self.other_reports},
            {container: frozenset(names) for container, names in self.blobs.items()},
        )
        contents = {RECORD["processed"]: json.dumps(self.document).encode(), RECORD["rejectedFile"]: self.rejected}
        return [found.where for found in mismatches(truth(UPLOADS), VERSIONS, observed, contents.get)]


@pytest.fixture
def seen():
    return Seen()


def test_what_is_right_is_right(seen):
    assert seen.wrong() == []


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("status", "rejected"),
        ("etag", '"2"'),
        ("size", 1),
        ("rows", 3),
        ("records", 2),
        ("rejected", 0),
        ("dataset", "other"),
        ("processed", None),
        ("rejectedFile", None),
        ("stale", [PAIR]),
        ("firstError", {"code": "type", "line": 3}),
        ("firstError", {"code": "required", "line": 2}),
    ],
)
def test_a_wrong_record_is_found(seen, key, value):
    seen.record[key] = value
    assert seen.wrong() == [f"record of {NAME}"]


def test_a_share_too_many_is_found(seen):
    seen.record["shares"] = [PAIR, "readings_by_hour/none"]
    seen.blobs["partials"].add("readings_by_hour/none/id-1.7.parquet")
    assert seen.wrong() == [f"record of {NAME}"]


@pytest.mark.parametrize("container", ["uploads", "processed", "rejected", "partials"])
def test_a_missing_blob_is_found(seen, container):
    name = seen.blobs[container].pop()
    assert seen.wrong() == [f"{container}/{name}"]


@pytest.mark.parametrize("container", ["uploads", "processed", "rejected"])
def test_a_blob_that_should_not_be_there_is_found(seen, container):
    seen.blobs[container].add("readings/2.json")
    assert seen.wrong() == [f"{container}/readings/2.json"]


@pytest.mark.parametrize(("key", "value"), [("etag", '"2"'), ("record_count", 2), ("rejected_count", 0)])
def test_a_wrong_head_of_a_document_is_found(seen, key, value):
    seen.document[key] = value
    assert seen.wrong() == ["head of processed/readings/1.json"]


@pytest.mark.parametrize("change", [{"value": 1.25}, {"sensor": None}, {"time": "2026-03-01T01:00:00+01:00"}, {"x": 1}])
def test_a_wrong_value_in_a_document_is_found(seen, change):
    seen.document["records"][0] |= change
    assert seen.wrong() == ["record 0 of processed/readings/1.json"]


def test_a_record_too_many_in_a_document_is_found(seen):
    seen.document["records"] *= 2
    assert seen.wrong() == ["length of processed/readings/1.json"]


@pytest.mark.parametrize("line", [b"2,sensor,required", b"3,time,required", b"3,sensor,type"])
def test_a_wrong_reject_is_found(seen, line):
    seen.rejected = REJECTED.replace(b"3,sensor,required", line)
    assert seen.wrong() == ["rejected/readings/1.csv"]


@pytest.mark.parametrize(("key", "value"), [("rows", 2), ("files", 0)])
def test_a_wrong_count_of_a_report_is_found(seen, key, value):
    seen.report[key] = value
    assert seen.wrong() == [f"report readings_by_hour for 2026-03-01T01: {key}"]


@pytest.mark.parametrize("change", [{"total": 1.51}, {"std": 0}, {"first": None}, {"more": 1}])
def test_wrong_totals_are_found(seen, change):
    seen.report["totals"] |= change
    assert seen.wrong() == ["report readings_by_hour for 2026-03-01T01: totals"]


def test_a_wrong_group_is_found(seen):
    seen.report["value"][0]["mean"] = 2
    assert seen.wrong() == ["report readings_by_hour for 2026-03-01T01: group ('a',)"]


def test_a_group_that_comes_twice_is_found(seen):
    seen.report["value"] *= 2
    assert seen.wrong() == ["report readings_by_hour for 2026-03-01T01: groups"]


def test_a_period_that_should_not_be_there_is_found(seen):
    seen.other_reports["readings_by_hour", "none"] = REPORT
    assert seen.wrong() == ["report readings_by_hour for none"]


def test_a_record_of_a_deleted_file_that_still_counts_is_found(seen):
    seen.others["readings/gone.csv"] = {**RECORD, "name": "readings/gone.csv", "status": "deleted"}
    assert "record of readings/gone.csv, which is deleted" in seen.wrong()


def test_the_files_behind_a_mismatch_are_named(seen):
    found = Observed({NAME: RECORD}, {}, {container: frozenset(names) for container, names in seen.blobs.items()})
    without = replace(found, reports={})
    reads = {RECORD["processed"]: json.dumps(DOCUMENT).encode(), RECORD["rejectedFile"]: REJECTED}.get
    assert [(m.where, m.files) for m in mismatches(truth(UPLOADS), VERSIONS, without, reads)] == [
        ("report readings_by_hour for 2026-03-01T01", frozenset({NAME}))
    ]
