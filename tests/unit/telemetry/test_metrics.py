"""Metrics: what is counted, and that it stays of few kinds."""

from typing import Any

import pytest

from shared.definitions.catalog import UNDEFINED
from shared.telemetry import instruments, metrics
from shared.telemetry.instruments import METRICS

HEAD = "day,region,amount"


def test_an_ingest_counts_its_bytes_rows_records_and_rejects(pipeline: Any, told: Any) -> None:
    rows = [f"2026-11-16,north,{amount}" for amount in ("1", "x", "2", "y")]
    record = pipeline.ingest(pipeline.upload("sales/a.csv", HEAD, *rows))
    found = told.metrics
    of_dataset = {"pipeline.dataset": "sales"}
    assert found["pipeline.ingest.bytes"] == [(of_dataset, record.size)]
    assert found["pipeline.ingest.rows"] == [(of_dataset, 4)]
    assert found["pipeline.ingest.records"] == [(of_dataset, 2)]
    assert found["pipeline.ingest.rejects"] == [(of_dataset | {"pipeline.code": "type"}, 2)]
    assert found["pipeline.files"] == [(of_dataset | {"pipeline.status": "processed"}, 1)]
    ((attributes, seconds),) = found["pipeline.ingest.duration"]
    assert attributes == of_dataset | {"pipeline.status": "processed"}
    assert seconds > 0


def test_the_rows_of_a_file_that_is_rejected_are_rejected_because_of_the_file(pipeline: Any, told: Any) -> None:
    pipeline.ingest(pipeline.upload("sales/a.csv", HEAD, "2026-11-16,north,1", *["2026-11-16,north,x"] * 2))
    of_file = {"pipeline.dataset": "sales", "pipeline.code": "too_many_rejects"}
    assert told.metrics["pipeline.ingest.rejects"] == [(of_file, 3)]


def test_an_event_that_comes_twice_counts_once(pipeline: Any, told: Any) -> None:
    upload = pipeline.upload("sales/a.csv", HEAD, "2026-11-16,north,1")
    pipeline.ingest(upload)
    pipeline.ingest(upload)
    assert told.metrics["pipeline.ingest.rows"] == [({"pipeline.dataset": "sales"}, 1)]


def test_datasets_without_a_definition_are_one_kind(pipeline: Any, told: Any) -> None:
    for folder in ("one", "two", "three"):
        pipeline.ingest(pipeline.upload(f"{folder}/a.csv", "a,b", "1,2"))
    pipeline.refresh()
    assert told.metrics["pipeline.ingest.rows"] == [({"pipeline.dataset": UNDEFINED}, 3)]
    assert [attributes for attributes, _ in told.metrics["pipeline.refresh.duration"]] == [
        {"pipeline.report": UNDEFINED}
    ]


def test_no_attribute_is_a_file(pipeline: Any, told: Any) -> None:
    pipeline.ingest(pipeline.upload("sales/a.csv", HEAD, "2026-11-16,north,x"))
    pipeline.refresh()
    pipeline.reconcile()
    kinds = [attributes for points in told.metrics.values() for attributes, _ in points]
    assert [attributes for attributes in kinds if "csv" in str(attributes.values())] == []


def test_a_file_that_is_given_up_counts_as_failed(pipeline: Any, told: Any) -> None:
    pipeline.service.give_up("sales/a.csv", '"1"')
    assert told.metrics["pipeline.files"] == [({"pipeline.dataset": "sales", "pipeline.status": "failed"}, 1)]


def test_a_refresh_says_how_long_the_oldest_change_has_waited(
    pipeline: Any, told: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    record = pipeline.ingest(pipeline.upload("sales/a.csv", HEAD, "2026-11-16,north,1"))
    monkeypatch.setattr("shared.clock.now_ms", lambda: record.committed + 90_000)
    pipeline.refresh()
    assert told.metrics["pipeline.reports.stale.age"] == [({}, 90.0)]
    pipeline.refresh()
    assert told.metrics["pipeline.reports.stale.age"] == [({}, 0.0)]


def test_what_a_gauge_was_set_to_is_told_while_it_is_news(told: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    now = [1000.0]
    monkeypatch.setattr(instruments, "monotonic", lambda: now[0])
    metrics.stale(7)
    assert told.metrics["pipeline.reports.stale.age"] == [({}, 7)]
    now[0] += instruments.NEWS
    assert "pipeline.reports.stale.age" not in told.metrics
    metrics.stale(8)
    assert told.metrics["pipeline.reports.stale.age"] == [({}, 8)]


def test_reconcile_says_how_many_files_there_are(pipeline: Any, told: Any) -> None:
    pipeline.ingest(pipeline.upload("sales/a.csv", HEAD, "2026-11-16,north,1"))
    pipeline.ingest(pipeline.upload("sales/b.csv", "no,such", "1,2"))
    pipeline.reconcile()
    found = {attributes["pipeline.status"]: files for attributes, files in told.metrics["pipeline.files.known"]}
    assert found == {"processing": 0, "processed": 1, "rejected": 1, "failed": 0, "deleted": 0}


def test_request_units_and_retries_are_counted_by_what_was_asked(told: Any) -> None:
    metrics.charged(2.5, "read_item", "files")
    metrics.retried("blob", "503")
    found = told.metrics
    assert found["azure.cosmosdb.client.operation.request_charge"] == [
        ({"db.operation.name": "read_item", "db.collection.name": "files"}, 2.5)
    ]
    assert found["pipeline.retries"] == [({"pipeline.service": "blob", "error.type": "503"}, 1)]


def test_every_metric_has_a_unit_and_says_what_it_is() -> None:
    assert [metric.name for metric in METRICS if not (metric.unit and metric.about.endswith("."))] == []
