"""Reconcile: uploads that no event announced, and those whose worker is gone."""

import datetime as dt
import json
import threading
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from shared import clock
from shared.definitions.catalog import Definitions
from shared.definitions.model import Column, Dataset
from shared.errors import PlatformError
from shared.ingest.reconcile import ABANDONED, BUDGET, Reconcile

A, B = "sales/a.csv", "sales/b.csv"
MONDAY = ("day,region,amount", "2026-11-16,north,1")
HOUR = dt.timedelta(hours=1)
DATASET = Dataset("sales", files="sales/**", columns=tuple(Column(name, "string") for name in MONDAY[0].split(",")))


def crash_while_reading(pipeline: Any, name: str) -> None:
    """An attempt that ends without a word."""
    worker = pipeline.another()

    def hook(_number: int, step: str) -> None:
        if step == "read":
            raise KeyboardInterrupt

    worker.before = hook
    with pytest.raises(KeyboardInterrupt):
        worker.ingest(name)


@pytest.fixture
def an_hour_ago(monkeypatch: pytest.MonkeyPatch) -> pytest.MonkeyPatch:
    """What is done with this happens an hour ago, until `undo`."""
    then = clock.before(HOUR)
    monkeypatch.setattr("shared.clock.now", lambda: then)
    return monkeypatch


def test_an_upload_without_a_record_is_ingested(pipeline: Any) -> None:
    pipeline.upload(A, *MONDAY)
    assert (pipeline.reconcile(), pipeline.record(A).status) == (1, "processed")


def test_a_version_without_a_record_is_ingested(pipeline: Any) -> None:
    pipeline.take_in(A, *MONDAY)
    pipeline.upload(A, *MONDAY)
    assert (pipeline.reconcile(), pipeline.record(A).etag) == (1, '"2"')


def test_what_is_settled_is_left_alone(pipeline: Any) -> None:
    pipeline.take_in(A, *MONDAY)
    pipeline.take_in(B, "day,region,amount", "2026-02-30,north,1")
    assert (pipeline.reconcile(), pipeline.calls) == (0, ["all_records", "list_uploads"])


def test_a_failed_version_waits_to_be_run_again_by_somebody(pipeline: Any) -> None:
    crash_while_reading(pipeline, pipeline.upload(A, *MONDAY))
    pipeline.another().service.give_up(A, '"1"')
    assert pipeline.reconcile() == 0


def test_a_file_in_work_is_left_alone(pipeline: Any) -> None:
    crash_while_reading(pipeline, pipeline.upload(A, *MONDAY))
    assert (pipeline.reconcile(), pipeline.record(A).status) == (0, "processing")


def test_a_file_whose_worker_is_gone_is_taken_up(pipeline: Any, an_hour_ago: pytest.MonkeyPatch) -> None:
    crash_while_reading(pipeline, pipeline.upload(A, *MONDAY))
    an_hour_ago.undo()
    assert (pipeline.reconcile(), pipeline.record(A).status) == (1, "processed")


def test_a_file_that_ends_every_worker_fails_in_the_end(pipeline: Any, an_hour_ago: pytest.MonkeyPatch) -> None:
    pipeline.upload(A, *MONDAY)
    for _ in range(5):
        crash_while_reading(pipeline, A)
    an_hour_ago.undo()
    assert (pipeline.reconcile(), pipeline.record(A).status) == (0, "failed")


@pytest.mark.parametrize("error", [PlatformError("Storage does not answer."), ZeroDivisionError("a mistake")])
def test_one_file_that_fails_does_not_hold_up_the_others(pipeline: Any, error: Exception) -> None:
    pipeline.upload(A, *MONDAY)
    pipeline.upload(B, *MONDAY)
    failed: list[str] = []

    def hook(_number: int, name: str) -> None:
        if name == "read" and not failed:
            failed.append(name)
            raise error

    pipeline.before = hook
    assert pipeline.reconcile() == 1
    assert (pipeline.record(A).status, pipeline.record(B).status) == ("processing", "processed")


def test_a_run_is_bounded_and_the_next_goes_on(pipeline: Any) -> None:
    names = [pipeline.upload(f"sales/{number}.csv", *MONDAY) for number in range(5)]
    assert [pipeline.reconcile(per_run=2) for _ in range(4)] == [2, 2, 1, 0]
    assert {pipeline.record(name).status for name in names} == {"processed"}


def test_files_in_work_do_not_use_up_a_run(pipeline: Any) -> None:
    crash_while_reading(pipeline, pipeline.upload(A, *MONDAY))
    pipeline.upload(B, *MONDAY)
    assert pipeline.reconcile(per_run=1) == 1


def test_an_upload_that_has_just_come_is_left_to_its_event(pipeline: Any) -> None:
    pipeline.world.modified = dt.datetime.now(dt.UTC)
    pipeline.upload(A, *MONDAY)
    assert (pipeline.reconcile(), pipeline.world.records) == (0, {})


def test_a_new_version_that_has_just_come_is_left_to_its_event(pipeline: Any) -> None:
    pipeline.take_in(A, *MONDAY)
    pipeline.upload(A, *MONDAY)
    pipeline.world.modified = dt.datetime.now(dt.UTC)
    assert (pipeline.reconcile(), pipeline.record(A).etag) == (0, '"1"')


def test_a_file_that_was_taken_up_since_the_records_were_read_is_left_to_who_did_that(pipeline: Any) -> None:
    pipeline.upload(A, *MONDAY)

    def hook(_number: int, name: str) -> None:
        if name == "list_uploads":
            crash_while_reading(pipeline, A)

    pipeline.before = hook
    assert (pipeline.reconcile(), pipeline.record(A).attempts) == (0, 1)


def test_after_hours_of_downtime_everything_is_found(pipeline: Any, an_hour_ago: pytest.MonkeyPatch) -> None:
    for name in ("replaced", "deleted", "unchanged"):
        pipeline.take_in(f"sales/{name}.csv", *MONDAY)
    crash_while_reading(pipeline, pipeline.upload("sales/in-work.csv", *MONDAY))
    crash_while_reading(pipeline, pipeline.upload("sales/in-work-and-deleted.csv", *MONDAY))
    an_hour_ago.undo()
    pipeline.upload("sales/new.csv", *MONDAY)
    pipeline.upload("sales/replaced.csv", "day,region,amount", "2026-11-17,south,5")
    pipeline.world.delete_upload("sales/deleted.csv")
    pipeline.world.delete_upload("sales/in-work-and-deleted.csv")
    assert [pipeline.reconcile() for _ in range(2)] == [5, 0]
    pipeline.refresh()
    assert pipeline.rows() == {"2026-11-16": {"north": 3}, "2026-11-17": {"south": 5}}
    assert pipeline.record("sales/in-work-and-deleted.csv").status == "deleted"


def test_several_files_are_worked_on_at_once(pipeline: Any) -> None:
    for number in range(4):
        pipeline.upload(f"sales/{number}.csv", *MONDAY)
    together = threading.Barrier(4, timeout=20)
    pipeline.before = lambda _number, name: together.wait() if name == "read" else None
    assert Reconcile(pipeline.blobs, pipeline.records, pipeline.service, workers=4).reconcile() == 4


def test_a_run_whose_time_is_over_leaves_the_rest_to_the_next(pipeline: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    names = [pipeline.upload(f"sales/{number}.csv", *MONDAY) for number in range(3)]
    moments = iter([0.0, 1.0, BUDGET.total_seconds(), BUDGET.total_seconds() + 1])
    monkeypatch.setattr("shared.ingest.reconcile.time", SimpleNamespace(monotonic=lambda: next(moments)))
    assert pipeline.reconcile() == 1
    monkeypatch.undo()
    assert pipeline.reconcile() == 2
    assert {pipeline.record(name).status for name in names} == {"processed"}


def test_a_run_ends_before_the_host_ends_it_and_who_is_at_work_is_not_taken_for_gone() -> None:
    host = json.loads((Path(__file__).parents[3] / "host.json").read_text())
    hours, minutes, seconds = map(int, host["functionTimeout"].split(":"))
    timeout = dt.timedelta(hours=hours, minutes=minutes, seconds=seconds)
    assert BUDGET < timeout < ABANDONED


def test_a_file_that_counts_in_two_datasets_is_taken_out_where_it_does_not_belong(
    pipeline: Any, new_pipeline: Any
) -> None:
    """Two versions of the app have ingested it at the same time."""
    other = new_pipeline(pipeline.world, Definitions((replace(DATASET, name="orders"),), ()))
    pipeline.take_in(A, *MONDAY)
    of_one = dict(pipeline.world.records)
    pipeline.world.records.clear()  # neither sees the record of the other in time
    other.ingest(A)
    pipeline.world.records.update(of_one)
    assert {pipeline.record(A).status, other.record(A).status} == {"processed"}
    assert [pipeline.reconcile() for _ in range(2)] == [1, 0]
    assert (pipeline.record(A).status, other.record(A).status) == ("processed", "deleted")


def test_a_record_whose_upload_is_gone_loses_its_share(pipeline: Any) -> None:
    pipeline.take_in(A, *MONDAY)
    del pipeline.world.uploads[A]
    assert (pipeline.reconcile(), pipeline.record(A).status) == (1, "deleted")
    pipeline.refresh()
    assert (pipeline.rows(), pipeline.outputs()) == ({}, {})
    assert pipeline.reconcile() == 0


def test_a_changed_definition_brings_its_files_in_again(pipeline: Any) -> None:
    pipeline.take_in(A, *MONDAY)
    (dataset,) = pipeline.definitions.datasets
    stricter = replace(dataset, max_rejected=0.1)
    pipeline.definitions = replace(pipeline.definitions, datasets=(stricter,))
    assert [pipeline.reconcile() for _ in range(2)] == [1, 0]


def test_a_file_that_moves_to_another_dataset_counts_there_and_nowhere_else(pipeline: Any, new_pipeline: Any) -> None:
    before = new_pipeline(pipeline.world, Definitions())  # nothing is defined: the dataset is the folder's
    before.ingest(before.upload(A, *MONDAY))
    before.refresh()
    moved = Definitions((replace(pipeline.definitions.datasets[0], name="orders"),), ())
    after = new_pipeline(pipeline.world, moved)
    assert [after.reconcile() for _ in range(2)] == [1, 0]
    after.refresh()
    assert after.record(A).status == "processed"
    assert [(d.report, d.rows) for d in (after.reports.get("sales", "all").value,)] == [("sales", 0)]


def test_a_file_that_moves_and_comes_back_counts_where_it_belongs(pipeline: Any, new_pipeline: Any) -> None:
    pipeline.take_in(A, *MONDAY)
    elsewhere = new_pipeline(pipeline.world, Definitions((replace(DATASET, name="orders"),), ()))
    assert elsewhere.reconcile() == 1
    assert pipeline.reconcile() == 1
    pipeline.refresh()
    assert (pipeline.rows(), elsewhere.record(A).status) == ({"2026-11-16": {"north": 1}}, "deleted")
