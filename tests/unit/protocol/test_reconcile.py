"""Reconcile: uploads that no event announced, and those whose worker is gone."""

import datetime as dt
from dataclasses import replace
from typing import Any

import pytest

from shared import clock
from shared.definitions.catalog import Definitions
from shared.definitions.model import Column, Dataset
from shared.errors import PlatformError

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
