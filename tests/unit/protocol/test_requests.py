"""Files that somebody takes out or has run again."""

from dataclasses import replace
from typing import Any

import pytest

from shared.errors import NotFound, NotPossible, PlatformError
from shared.names import file_id

A, B = "sales/a.csv", "sales/b.csv"
HEAD = "day,region,amount"
MONDAY = (HEAD, "2026-11-16,north,1")
ID = file_id(A)


def test_a_deleted_file_is_gone_with_its_upload_its_outputs_and_its_share(pipeline: Any) -> None:
    pipeline.take_in(A, *MONDAY, "2026-02-30,north,1")
    pipeline.take_in(B, HEAD, "2026-11-16,south,2")
    pipeline.requests.delete(ID)
    pipeline.refresh()
    assert (list(pipeline.world.uploads), pipeline.record(A).status) == ([B], "deleted")
    assert pipeline.rows() == {"2026-11-16": {"south": 2}}
    assert pipeline.processed(A) is None


def test_a_deleted_file_does_not_come_back_by_itself(pipeline: Any) -> None:
    pipeline.take_in(A, *MONDAY)
    pipeline.requests.delete(ID)
    assert (pipeline.reconcile(), pipeline.ingest(A).status) == (0, "deleted")


def test_deleting_twice_changes_nothing_more(pipeline: Any) -> None:
    pipeline.take_in(A, *MONDAY)
    pipeline.requests.delete(ID)
    before = pipeline.record(A)
    pipeline.requests.delete(ID)
    assert pipeline.record(A) == before


@pytest.mark.parametrize("step", ["version", "get_record", "save_record", "withdraw"])
def test_a_deletion_that_stops_half_way_is_brought_to_its_end(pipeline: Any, step: str) -> None:
    pipeline.take_in(A, *MONDAY)

    def hook(_number: int, name: str) -> None:
        if name == step:
            raise PlatformError("no answer")

    pipeline.before = hook
    with pytest.raises(PlatformError):
        pipeline.requests.delete(ID)
    pipeline.another().requests.delete(ID)
    pipeline.another().refresh()
    assert (pipeline.record(A).status, pipeline.rows(), pipeline.outputs()) == ("deleted", {}, {})


def test_a_deletion_that_crashes_after_the_upload_is_gone_is_finished_by_reconcile(pipeline: Any, crash: Any) -> None:
    pipeline.take_in(A, *MONDAY)

    def hook(_number: int, name: str) -> None:
        if name == "version":
            raise crash

    pipeline.before = hook
    with pytest.raises(crash):
        pipeline.requests.delete(ID)
    assert (pipeline.another().reconcile(), pipeline.record(A).status) == (1, "deleted")


def test_a_file_that_comes_again_after_its_deletion_counts_again(pipeline: Any) -> None:
    pipeline.take_in(A, *MONDAY)
    pipeline.requests.delete(ID)
    pipeline.take_in(A, *MONDAY)
    assert pipeline.rows() == {"2026-11-16": {"north": 1}}


@pytest.mark.parametrize("ask", ["delete", "mark"])
def test_a_file_that_never_was_is_not_found(pipeline: Any, ask: str) -> None:
    pipeline.upload(A, *MONDAY)
    with pytest.raises(NotFound, match=rf"There is no file '{ID}'\. GET /api/files"):
        getattr(pipeline.requests, ask)(ID)
    assert list(pipeline.world.uploads) == [A]


def failed(pipeline: Any) -> None:
    pipeline.upload(A, *MONDAY)
    pipeline.service.give_up(A, '"1"')


def rejected(pipeline: Any) -> None:
    pipeline.take_in(A, HEAD, "2026-02-30,north,1")


def processed(pipeline: Any) -> None:
    pipeline.take_in(A, *MONDAY)


@pytest.mark.parametrize("state", [processed, rejected, failed])
def test_a_marked_file_is_run_again_once(pipeline: Any, state: Any) -> None:
    state(pipeline.another())
    before = pipeline.record(A)
    assert pipeline.requests.mark(ID).status == before.status
    pipeline.requests.run(ID)
    generation = pipeline.record(A).generation
    pipeline.requests.run(ID)  # the message comes twice
    assert pipeline.record(A).generation == generation > before.generation


def test_the_old_run_counts_until_the_new_one_is_done(pipeline: Any) -> None:
    pipeline.take_in(A, *MONDAY)
    pipeline.requests.mark(ID)
    pipeline.refresh()
    assert pipeline.rows() == {"2026-11-16": {"north": 1}}


@pytest.mark.parametrize("state", [processed, rejected, failed])
def test_a_marked_file_whose_message_is_lost_is_run_by_reconcile(pipeline: Any, state: Any) -> None:
    state(pipeline.another())
    pipeline.requests.mark(ID)
    assert [pipeline.another().reconcile() for _ in range(2)] == [1, 0]
    assert pipeline.record(A).definition


def test_a_file_that_is_marked_while_it_is_in_work_is_finished_and_then_run_again(pipeline: Any) -> None:
    pipeline.upload(A, *MONDAY)
    pipeline.before = lambda _number, name: pipeline.another().requests.mark(ID) if name == "publish" else None
    first = pipeline.ingest(A)
    assert (first.status, first.definition) == ("processed", "")
    pipeline.another().requests.run(ID)
    assert pipeline.record(A).generation > first.generation


def test_marking_twice_writes_once(pipeline: Any) -> None:
    pipeline.take_in(A, *MONDAY)
    assert pipeline.requests.mark(ID) == pipeline.requests.mark(ID)
    assert pipeline.calls.count("save_record") == 1


def test_a_file_whose_upload_is_gone_cannot_be_run_and_says_what_to_do(pipeline: Any) -> None:
    pipeline.take_in(A, *MONDAY)
    pipeline.world.delete_upload(A)
    with pytest.raises(NotPossible, match=r"'sales/a.csv' is gone.*Upload the file again"):
        pipeline.requests.mark(ID)


def test_a_deleted_file_cannot_be_run(pipeline: Any) -> None:
    pipeline.take_in(A, *MONDAY)
    pipeline.requests.delete(ID)
    with pytest.raises(NotPossible):
        pipeline.requests.mark(ID)


def test_running_an_unknown_file_does_nothing_but_say_so(pipeline: Any, caplog: pytest.LogCaptureFixture) -> None:
    pipeline.requests.run("no such\nid")
    assert "There is no file 'no such\\nid'" in caplog.text
    assert set(pipeline.calls) == {"all_records"}


def test_a_file_is_run_under_the_definition_of_its_day(pipeline: Any) -> None:
    pipeline.take_in(A, *MONDAY, "2026-02-30,north,1")
    (dataset,) = pipeline.definitions.datasets
    pipeline.definitions = replace(pipeline.definitions, datasets=(replace(dataset, max_rejected=0.1),))
    pipeline.requests.run(pipeline.requests.mark(ID).id)
    assert pipeline.record(A).status == "rejected"
