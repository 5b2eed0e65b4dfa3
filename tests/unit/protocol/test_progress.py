"""Progress in the record of a file while it is ingested: told now and then, and never in the way of the work."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from shared.errors import PlatformError
from shared.ingest import progress
from shared.ingest.progress import Meter, Progress

A = "sales/a.csv"
HEAD = "day,region,amount"
MONDAY = (HEAD, "2026-11-16,north,1")
TUESDAY = (HEAD, "2026-11-17,south,2")
CLAIM, PROGRESS, COMMIT = 1, 2, 3  # the writes of an ingest that tells its progress once


@pytest.fixture
def always(monkeypatch: pytest.MonkeyPatch) -> None:
    """Every block of rows is worth telling, and so is every look at what is in it."""
    monkeypatch.setattr(progress, "EVERY", 0.0)


def at(write: int, then: Callable[[], object]) -> Callable[[int, str], None]:
    """A hook that does something at this write of a record."""
    writes = 0

    def hook(_number: int, name: str) -> None:
        nonlocal writes
        writes += name == "save_record"
        if name == "save_record" and writes == write:
            then()

    return hook


def no_answer() -> None:
    raise PlatformError("Cosmos DB does not answer.")


def test_a_small_file_is_done_before_anything_is_told(pipeline: Any) -> None:
    pipeline.ingest(pipeline.upload(A, *MONDAY))
    assert pipeline.calls.count("save_record") == 2  # claim and commit


@pytest.mark.usefixtures("always")
def test_whoever_looks_meanwhile_sees_how_far_the_work_has_come(pipeline: Any) -> None:
    seen = []
    pipeline.after = at(PROGRESS, lambda: seen.append(pipeline.record(A).shown()))
    record = pipeline.ingest(pipeline.upload(A, *MONDAY))
    assert [(shown["status"], shown["progress"]["rows"]) for shown in seen] == [("processing", 1)]
    assert "progress" not in record.shown()
    assert "progress" not in pipeline.record(A).shown()


@pytest.mark.usefixtures("always")
def test_reports_that_are_refreshed_meanwhile_do_not_stop_the_work(pipeline: Any) -> None:
    pipeline.another().ingest(pipeline.upload(A, *MONDAY))
    pipeline.before = at(PROGRESS, pipeline.another().refresh)
    record = pipeline.ingest(pipeline.upload(A, *TUESDAY))
    pipeline.another().refresh()
    assert record.status == "processed"
    assert pipeline.rows() == {"2026-11-17": {"south": 2}}


@pytest.mark.usefixtures("always")
def test_work_that_a_later_generation_has_taken_over_ends_early(pipeline: Any) -> None:
    pipeline.before = at(PROGRESS, lambda: pipeline.another().ingest(A))
    assert pipeline.ingest(pipeline.upload(A, *MONDAY)) is None
    assert "put_partial" not in pipeline.calls
    assert pipeline.record(A).status == "processed"
    assert pipeline.outputs() == {"processed": pipeline.record(A).generation}


@pytest.mark.usefixtures("always")
def test_work_that_was_given_up_meanwhile_comes_to_its_end_and_tells_no_more(
    pipeline: Any, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr("shared.ingest.process._Processing._checked", in_single_rows)
    name = pipeline.upload(A, *MONDAY, MONDAY[1])
    pipeline.before = at(PROGRESS, lambda: pipeline.another().service.give_up(name, '"1"'))
    assert pipeline.ingest(name).status == "processed"
    assert [record.message for record in caplog.records if record.levelname == "WARNING"] == []


@pytest.mark.usefixtures("always")
def test_progress_that_cannot_be_written_is_no_loss_and_not_tried_again(
    pipeline: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("shared.ingest.process._Processing._checked", in_single_rows)
    pipeline.before = at(PROGRESS, no_answer)
    assert pipeline.ingest(pipeline.upload(A, *MONDAY, MONDAY[1], MONDAY[1])).status == "processed"
    assert pipeline.calls.count("save_record") == 3


def in_single_rows(processing: Any, rows: Any, table: Any) -> Any:
    """The blocks of a table, one for each row."""
    for block in table.blocks:
        for number in range(block.frame.height):
            checked = rows.check(replace(block, frame=block.frame[number : number + 1]))
            processing._shares.add(checked.records, rows.fields)
            yield checked


@pytest.mark.usefixtures("always")
def test_progress_whose_answer_was_lost_does_not_stand_in_the_way_of_the_commit(pipeline: Any) -> None:
    pipeline.after = at(PROGRESS, no_answer)
    assert pipeline.ingest(pipeline.upload(A, *MONDAY)).status == "processed"
    assert pipeline.record(A).committed == pipeline.record(A).generation


@pytest.mark.usefixtures("always")
def test_an_error_after_progress_is_noted_all_the_same(pipeline: Any) -> None:
    def fail(_number: int, name: str) -> None:
        if name == "publish":
            no_answer()

    pipeline.before = fail
    with pytest.raises(PlatformError):
        pipeline.ingest(pipeline.upload(A, *MONDAY))
    assert pipeline.record(A).first_error.code == "unavailable"


@pytest.mark.usefixtures("always")
def test_an_emptied_database_makes_the_work_start_over(pipeline: Any) -> None:
    pipeline.before = at(PROGRESS, pipeline.world.empty_database)
    assert pipeline.ingest(pipeline.upload(A, *MONDAY)).status == "processed"
    assert pipeline.record(A).status == "processed"


@pytest.mark.usefixtures("always")
def test_a_file_whose_types_are_inferred_is_half_done_when_they_are() -> None:
    told: list[Progress] = []
    meter = Meter(told.append, passes=2)
    for _ in meter.watched(meter.counted([b"12345678"])):
        pass
    list(meter.counted([b"12345678"]))
    meter.reached(3)
    assert (told[-2].rows, told[-2].bytes <= 4) == (0, True)
    assert told[-1] == Progress(8, 3)


def test_progress_is_told_no_more_often_than_that(monkeypatch: pytest.MonkeyPatch) -> None:
    now = 100.0
    monkeypatch.setattr(progress, "monotonic", lambda: now)
    told: list[Progress] = []
    meter = Meter(told.append, passes=1)
    for second in range(10):
        now = 100.0 + second
        meter.reached(second)
    assert [progress.rows for progress in told] == [2, 4, 6, 8]
