"""Writes that happen though an error comes back: each is taken for what it is."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from shared.definitions.catalog import Definitions
from shared.errors import Conflict, PlatformError
from shared.ingest.service import STARTS

A = "sales/a.csv"
HEAD = "day,region,amount"
MONDAY = (HEAD, "2026-11-16,north,1")
TUESDAY = (HEAD, "2026-11-17,south,2")
CLAIM, COMMIT = 1, 2  # the writes of an ingest
CONFLICT = Conflict("changed")  # what a second try of the same write is answered
NO_ANSWER = PlatformError("Cosmos DB does not answer.")


def lose(pipeline: Any, write: int, error: Exception, then: Callable[[], object] = lambda: None) -> None:
    """The answer to this write of a record is lost, something else happens, and an error comes back."""
    writes = 0

    def hook(_number: int, name: str) -> None:
        nonlocal writes
        writes += name == "save_record"
        if name == "save_record" and writes == write:
            then()
            raise error

    pipeline.after = hook


def settled(pipeline: Any, rows: dict[str, dict[str, int]]) -> bool:
    pipeline.another().refresh()
    record = pipeline.record(A)
    return (pipeline.rows(), record.committed, record.stale) == (rows, record.generation, ())


@pytest.mark.parametrize("write", [CLAIM, COMMIT])
def test_a_conflict_with_its_own_write_does_not_stop_an_ingest(pipeline: Any, write: int) -> None:
    pipeline.upload(A, *MONDAY)
    lose(pipeline, write, CONFLICT)
    assert pipeline.ingest(A).status == "processed"
    assert settled(pipeline, {"2026-11-16": {"north": 1}})


def test_a_commit_that_happened_is_not_made_again(pipeline: Any) -> None:
    pipeline.upload(A, *MONDAY)
    lose(pipeline, COMMIT, CONFLICT)
    assert pipeline.ingest(A) == pipeline.record(A)
    assert pipeline.calls.count("save_record") == COMMIT


def test_a_commit_that_happened_counts_also_where_a_later_generation_has_claimed_since(pipeline: Any) -> None:
    pipeline.upload(A, *MONDAY)
    later = pipeline.another()

    def dies(_number: int, name: str) -> None:
        if name == "read":
            raise KeyboardInterrupt

    def claim_and_die() -> None:
        pipeline.upload(A, *TUESDAY)
        later.before = dies
        with pytest.raises(KeyboardInterrupt):
            later.ingest(A)

    lose(pipeline, COMMIT, CONFLICT, then=claim_and_die)
    assert pipeline.ingest(A).etag == '"1"'
    assert pipeline.processed(A)["etag"] == '"1"', "what counts has been taken away"


@pytest.mark.parametrize("write", [CLAIM, COMMIT])
def test_after_another_error_the_host_tries_again_and_the_file_counts_once(pipeline: Any, write: int) -> None:
    pipeline.upload(A, *MONDAY)
    lose(pipeline, write, NO_ANSWER)
    with pytest.raises(PlatformError):
        pipeline.ingest(A)
    assert pipeline.another().ingest(A).status == "processed"
    assert settled(pipeline, {"2026-11-16": {"north": 1}})


def test_the_error_of_a_commit_that_happened_is_not_noted_in_a_settled_record(pipeline: Any) -> None:
    pipeline.upload(A, *MONDAY)
    lose(pipeline, COMMIT, NO_ANSWER)
    with pytest.raises(PlatformError):
        pipeline.ingest(A)
    assert (pipeline.record(A).status, pipeline.record(A).first_error) == ("processed", None)


def test_giving_up_is_done_where_it_conflicts_with_itself(pipeline: Any) -> None:
    lose(pipeline, 1, CONFLICT)
    assert pipeline.service.give_up(A, '"1"').status == "failed"
    assert pipeline.calls.count("save_record") == 1


def test_a_file_that_moves_is_taken_out_of_its_old_dataset_once(pipeline: Any, new_pipeline: Any) -> None:
    pipeline.take_in(A, *MONDAY)
    orders = Definitions((replace(pipeline.definitions.datasets[0], name="orders"),), ())
    moved = new_pipeline(pipeline.world, orders)
    lose(moved, 1, CONFLICT)  # the move comes before the claim
    assert (moved.ingest(A).status, pipeline.record(A).status) == ("processed", "deleted")
    assert moved.calls.count("save_record") == 3


def test_marking_a_file_is_done_where_it_conflicts_with_itself(pipeline: Any) -> None:
    record = pipeline.take_in(A, *MONDAY)
    lose(pipeline, 1, CONFLICT)
    assert pipeline.requests.mark(record.id).definition == ""
    assert pipeline.calls.count("save_record") == 1


def always_conflicts(pipeline: Any) -> None:
    def hook(_number: int, name: str) -> None:
        if name == "save_record":
            raise CONFLICT

    pipeline.before = hook


def test_an_ingest_that_meets_nothing_but_conflicts_ends(pipeline: Any) -> None:
    pipeline.upload(A, *MONDAY)
    always_conflicts(pipeline)
    with pytest.raises(PlatformError, match="try again"):
        pipeline.ingest(A)
    assert pipeline.calls.count("save_record") == STARTS


def test_a_commit_that_meets_nothing_but_conflicts_ends(pipeline: Any) -> None:
    pipeline.upload(A, *MONDAY)
    pipeline.after = lambda _number, name: always_conflicts(pipeline) if name == "publish" else None
    with pytest.raises(PlatformError, match="try again"):
        pipeline.ingest(A)


def test_giving_up_that_meets_nothing_but_conflicts_ends(pipeline: Any) -> None:
    always_conflicts(pipeline)
    with pytest.raises(PlatformError, match="try again"):
        pipeline.service.give_up(A, '"1"')


def test_a_blob_that_changes_all_the_time_is_left_to_a_later_try(pipeline: Any) -> None:
    pipeline.upload(A, *MONDAY)
    pipeline.before = lambda _number, name: pipeline.upload(A, *MONDAY) if name == "read" else None
    with pytest.raises(PlatformError, match="try again"):
        pipeline.ingest(A)
    pipeline.another().ingest(A)
    assert settled(pipeline, {"2026-11-16": {"north": 1}})
