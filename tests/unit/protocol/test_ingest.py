"""Ingest of one file: what its record says, when it starts over, when it stops, and what it leaves behind."""

from collections.abc import Callable
from typing import Any

import pytest

from shared.definitions.catalog import Definitions
from shared.errors import Conflict, PlatformError
from shared.names import file_id

A = "sales/a.csv"
HEAD = "day,region,amount"
MONDAY = (HEAD, "2026-11-16,north,1")
TUESDAY = (HEAD, "2026-11-17,south,2")
BAD = (HEAD, "2026-02-30,north,1")
type Hook = Callable[[int, str], None]


@pytest.fixture(autouse=True)
def _clock(monkeypatch: pytest.MonkeyPatch) -> None:
    moments = iter(range(1000, 100_000))
    monkeypatch.setattr("shared.clock.now_ms", lambda: next(moments))


def at(step: str, action: Callable[[], object], times: int = 1) -> Hook:
    """A hook that acts at the first calls of this name."""
    left = [times]

    def hook(_number: int, name: str) -> None:
        if name == step and left[0]:
            left[0] -= 1
            action()

    return hook


def raising(error: BaseException) -> Callable[[], object]:
    def action() -> None:
        raise error

    return action


def test_an_upload_becomes_a_record_a_document_and_shares(pipeline: Any) -> None:
    record = pipeline.ingest(pipeline.upload(A, *MONDAY, "2026-02-30,south,1"))
    assert (record.status, record.rows, record.records, record.rejected) == ("processed", 2, 1, 1)
    assert (record.processed, record.rejected_file) == ("processed/sales/a.json", "rejected/sales/a.csv")
    assert record.shares == record.stale == ("sales_by_day/2026-11-16",)
    assert pipeline.processed(A)["record_count"] == 1
    assert list(pipeline.world.partials) == [f"sales_by_day/2026-11-16/{file_id(A)}.{record.generation}.parquet"]


def test_the_record_is_kept_as_it_was_answered(pipeline: Any) -> None:
    assert pipeline.ingest(pipeline.upload(A, *MONDAY)) == pipeline.record(A)


def test_a_second_event_of_the_same_version_does_nothing(pipeline: Any) -> None:
    record = pipeline.take_in(A, *MONDAY)
    before = (dict(pipeline.world.records), dict(pipeline.world.documents))
    assert pipeline.ingest(A).generation == record.generation
    assert (pipeline.world.records, pipeline.world.documents) == before


def test_a_rejected_version_is_not_tried_again(pipeline: Any) -> None:
    pipeline.take_in(A, *BAD)
    pipeline.ingest(A)
    assert "save_record" not in pipeline.calls


def test_a_changed_definition_makes_a_file_be_read_again(pipeline: Any) -> None:
    first = pipeline.take_in(A, *MONDAY)
    pipeline.definitions = Definitions(pipeline.definitions.datasets)
    assert pipeline.ingest(A).generation > first.generation


def test_an_event_without_blob_or_record_is_forgotten(pipeline: Any) -> None:
    assert pipeline.ingest(A) is None
    assert pipeline.world.records == {}


def test_a_deleted_upload_takes_its_outputs_and_share_with_it(pipeline: Any) -> None:
    pipeline.take_in(A, *MONDAY, "2026-02-30,south,1")
    del pipeline.world.uploads[A]
    assert pipeline.ingest(A).status == "deleted"
    pipeline.refresh()
    assert (pipeline.outputs(), pipeline.rows()) == ({}, {})


def test_a_file_that_comes_back_after_deletion_counts_again(pipeline: Any) -> None:
    pipeline.take_in(A, *MONDAY)
    earlier = pipeline.world.uploads.pop(A)
    pipeline.ingest(A)
    pipeline.world.uploads[A] = earlier
    pipeline.ingest(A)
    pipeline.refresh()
    assert pipeline.rows() == {"2026-11-16": {"north": 1}}


def test_a_rejected_new_version_leaves_no_outputs_of_the_old_one(pipeline: Any) -> None:
    pipeline.take_in(A, *MONDAY)
    record = pipeline.take_in(A, *BAD)
    assert (record.status, record.first_error.code) == ("rejected", "too_many_rejects")
    assert (pipeline.outputs(), pipeline.rows()) == ({}, {})


def test_a_mended_version_leaves_no_rejected_file(pipeline: Any) -> None:
    pipeline.take_in(A, *MONDAY, "2026-02-30,south,1")
    pipeline.take_in(A, *MONDAY)
    assert list(pipeline.outputs()) == ["processed"]


def test_a_blob_that_changes_while_it_is_read_is_read_anew(pipeline: Any) -> None:
    pipeline.upload(A, *MONDAY)
    pipeline.before = at("read", lambda: pipeline.upload(A, *TUESDAY))
    record = pipeline.ingest(A)
    assert (record.etag, record.shares) == ('"2"', ("sales_by_day/2026-11-17",))


def test_a_blob_that_vanishes_while_it_is_read_is_deleted(pipeline: Any) -> None:
    pipeline.upload(A, *MONDAY)
    pipeline.before = at("read", pipeline.world.uploads.clear)
    assert pipeline.ingest(A).status == "deleted"


def test_a_worker_that_was_overtaken_stops_quietly(pipeline: Any) -> None:
    pipeline.upload(A, *MONDAY)

    def overtake() -> None:
        pipeline.upload(A, *TUESDAY)
        pipeline.another().ingest(A)

    pipeline.before = at("publish", overtake)
    assert pipeline.ingest(A) is None
    assert pipeline.record(A).shares == ("sales_by_day/2026-11-17",)
    assert pipeline.processed(A)["etag"] == '"2"'


def test_a_worker_that_was_overtaken_by_a_rejected_version_takes_its_documents_back(pipeline: Any) -> None:
    pipeline.upload(A, *MONDAY)

    def overtake() -> None:
        pipeline.upload(A, *BAD)
        pipeline.another().ingest(A)

    pipeline.before = at("publish", overtake)
    assert pipeline.ingest(A) is None
    assert pipeline.outputs() == {}


@pytest.mark.parametrize("step", range(1, 8))
def test_a_version_uploaded_between_any_two_steps_is_what_counts_in_the_end(pipeline: Any, step: int) -> None:
    pipeline.upload(A, *MONDAY)

    def hook(number: int, _name: str) -> None:
        if number == step:
            pipeline.upload(A, *TUESDAY)
            pipeline.another().ingest(A)

    pipeline.before = hook
    pipeline.ingest(A)
    assert len(pipeline.calls) >= step, "the hook has not run"
    pipeline.another().refresh()
    assert pipeline.rows() == {"2026-11-17": {"south": 2}}
    assert pipeline.processed(A)["etag"] == '"2"'


@pytest.mark.parametrize("step", range(1, 9))
def test_a_crash_before_any_step_is_made_good_by_the_next_attempt(
    pipeline: Any, crash: type[BaseException], step: int
) -> None:
    pipeline.take_in(A, *MONDAY)
    pipeline.upload(A, *TUESDAY, "2026-02-30,south,1")

    def hook(number: int, _name: str) -> None:
        if number == step:
            raise crash

    pipeline.before = hook
    with pytest.raises(crash):
        pipeline.ingest(A)
    pipeline.another().refresh()
    assert pipeline.rows() == {"2026-11-16": {"north": 1}}, "the old version counts until the commit"
    pipeline.another().ingest(A)
    pipeline.another().refresh()
    assert pipeline.rows() == {"2026-11-17": {"south": 2}}
    assert pipeline.outputs() == dict.fromkeys(["processed", "rejected"], pipeline.record(A).committed)


def test_a_crash_after_the_commit_leaves_nothing_to_do(pipeline: Any, crash: type[BaseException]) -> None:
    pipeline.upload(A, *MONDAY)
    pipeline.after = at("publish", lambda: setattr(pipeline, "after", at("save_record", raising(crash()))))
    with pytest.raises(crash):
        pipeline.ingest(A)
    again = pipeline.another()
    again.ingest(A)
    assert "save_record" not in again.calls


def test_a_commit_whose_answer_was_lost_is_recognised(pipeline: Any) -> None:
    """The SDK sends the write again after a lost answer; the second one meets the first."""
    pipeline.upload(A, *MONDAY)
    lost = raising(Conflict("changed"))
    pipeline.after = at("publish", lambda: setattr(pipeline, "after", at("save_record", lost)))
    record = pipeline.ingest(A)
    assert record == pipeline.record(A)
    assert (record.status, pipeline.calls.count("save_record")) == ("processed", 2)


def test_a_claim_whose_answer_was_lost_is_made_again(pipeline: Any) -> None:
    pipeline.upload(A, *MONDAY)
    pipeline.after = at("save_record", raising(Conflict("changed")))
    assert pipeline.ingest(A).status == "processed"


def test_a_refresh_between_claim_and_commit_does_not_stop_the_commit(pipeline: Any) -> None:
    pipeline.another().ingest(pipeline.upload(A, *MONDAY))
    pipeline.upload(A, *TUESDAY)
    pipeline.before = at("publish", lambda: pipeline.another().refresh())
    assert pipeline.ingest(A).stale == ("sales_by_day/2026-11-16", "sales_by_day/2026-11-17")


def test_a_database_emptied_in_mid_work_gets_its_record_back(pipeline: Any) -> None:
    pipeline.upload(A, *MONDAY)
    pipeline.before = at("publish", pipeline.world.empty_database)
    pipeline.ingest(A)
    pipeline.refresh()
    assert pipeline.record(A).status == "processed"
    assert pipeline.rows() == {"2026-11-16": {"north": 1}}


def test_outputs_of_a_clock_that_is_ahead_are_tried_again_later(pipeline: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    pipeline.take_in(A, *MONDAY)
    pipeline.world.empty_database()
    monkeypatch.setattr("shared.clock.now_ms", lambda: 1)
    with pytest.raises(PlatformError, match="later generation"):
        pipeline.ingest(A)
    monkeypatch.setattr("shared.clock.now_ms", lambda: 200_000)
    assert pipeline.ingest(A).status == "processed"


@pytest.mark.parametrize("step", ["read", "put_partial", "publish", "withdraw"])
def test_a_fault_is_noted_in_the_record_and_raised(pipeline: Any, step: str) -> None:
    pipeline.upload(A, *MONDAY)
    pipeline.before = at(step, raising(PlatformError("Storage does not answer.")))
    with pytest.raises(PlatformError):
        pipeline.ingest(A)
    record = pipeline.record(A)
    assert (record.status, record.first_error.code) == ("processing", "unavailable")
    assert record.first_error.message == "Storage does not answer."


def test_a_fault_of_the_commit_is_noted_too(pipeline: Any) -> None:
    pipeline.upload(A, *MONDAY)
    fault = raising(PlatformError("Cosmos DB does not answer."))
    pipeline.after = at("publish", lambda: setattr(pipeline, "before", at("save_record", fault)))
    with pytest.raises(PlatformError):
        pipeline.ingest(A)
    assert pipeline.record(A).first_error.message == "Cosmos DB does not answer."


def test_an_error_that_cannot_be_noted_is_raised_all_the_same(pipeline: Any) -> None:
    pipeline.upload(A, *MONDAY)
    down = raising(PlatformError("Cosmos DB does not answer."))

    def storage_fails() -> None:
        pipeline.before = at("save_record", down)
        raise PlatformError("Storage does not answer.")

    pipeline.before = at("read", storage_fails)
    with pytest.raises(PlatformError, match="Storage"):
        pipeline.ingest(A)


def test_an_unexpected_error_is_noted_in_one_line(pipeline: Any) -> None:
    pipeline.upload(A, *MONDAY)
    pipeline.before = at("read", raising(ZeroDivisionError("first line\nsecond line")))
    with pytest.raises(ZeroDivisionError):
        pipeline.ingest(A)
    error = pipeline.record(A).first_error
    assert (error.code, error.message) == ("internal", "ZeroDivisionError: first line")


def test_a_file_in_a_folder_named_like_another_dataset_is_rejected_with_the_remedy(pipeline: Any) -> None:
    name = "sales_by_day/a.csv"
    record = pipeline.ingest(pipeline.upload(name, *MONDAY))
    assert (record.status, record.first_error.code) == ("rejected", "dataset_clash")
    assert "Rename the folder" in record.first_error.message


def test_a_file_of_no_definition_gets_a_report_of_its_datasets_name(pipeline: Any) -> None:
    record = pipeline.ingest(pipeline.upload("birds/a.csv", "name,weight", "wren,9"))
    pipeline.refresh()
    assert (record.dataset, record.shares) == ("birds", ("birds/all",))
    assert pipeline.reports.get("birds", "all").value.totals["weight_sum"] == 9
