"""Giving up: the host has tried as often as it does, and the record says so."""

from typing import Any

import pytest

from shared.errors import PlatformError

A = "sales/a.csv"
FIRST, SECOND = '"1"', '"2"'  # the ETags of its versions
MONDAY = ("day,region,amount", "2026-11-16,north,1")


def fail(pipeline: Any, message: str = "Storage does not answer.") -> None:
    """One attempt that ends with a fault."""
    worker = pipeline.another()

    def hook(_number: int, name: str) -> None:
        if name == "read":
            raise PlatformError(message)

    worker.before = hook
    with pytest.raises(PlatformError):
        worker.ingest(A)


def test_the_record_fails_with_the_last_error_and_what_to_do(pipeline: Any) -> None:
    pipeline.upload(A, *MONDAY)
    fail(pipeline, "First.")
    fail(pipeline, "Second.")
    record = pipeline.service.give_up(A, FIRST)
    assert (record.status, record.attempts, record.first_error.code) == ("failed", 2, "unavailable")
    assert record.first_error.message == (
        "Second. Given up after repeated attempts; reprocess it, or upload it again, when the cause is gone."
    )


def test_a_file_that_no_attempt_got_to_claim_gets_a_failed_record(pipeline: Any) -> None:
    record = pipeline.service.give_up(A, FIRST)
    assert (record.status, record.name, record.first_error.code) == ("failed", A, "unavailable")


@pytest.mark.parametrize("rows", [MONDAY, ("day,region,amount", "2026-02-30,north,1")])
def test_a_file_that_was_settled_meanwhile_stays_as_it_is(pipeline: Any, rows: tuple[str, ...]) -> None:
    settled = pipeline.take_in(A, *rows)
    pipeline.service.give_up(A, FIRST)
    assert pipeline.record(A).status == settled.status


def test_giving_up_twice_says_so_once(pipeline: Any) -> None:
    pipeline.upload(A, *MONDAY)
    fail(pipeline)
    assert pipeline.service.give_up(A, FIRST) == pipeline.service.give_up(A, FIRST)


def test_a_failed_file_can_be_run_again(pipeline: Any) -> None:
    pipeline.upload(A, *MONDAY)
    pipeline.service.give_up(A, FIRST)
    record = pipeline.ingest(A)
    assert (record.status, record.first_error) == ("processed", None)


def test_what_an_older_version_said_is_not_quoted(pipeline: Any) -> None:
    pipeline.take_in(A, *MONDAY, "2026-02-30,north,1")
    pipeline.upload(A, *MONDAY)

    def crash(_number: int, name: str) -> None:
        if name == "read":
            raise KeyboardInterrupt

    worker = pipeline.another()
    worker.before = crash
    with pytest.raises(KeyboardInterrupt):
        worker.ingest(A)
    assert pipeline.service.give_up(A, SECOND).first_error.message.startswith("No attempt came to an end.")


def test_the_old_version_keeps_counting(pipeline: Any) -> None:
    pipeline.take_in(A, *MONDAY)
    pipeline.upload(A, "day,region,amount", "2026-11-16,north,7")
    fail(pipeline)
    pipeline.service.give_up(A, SECOND)
    pipeline.refresh()
    assert pipeline.rows() == {"2026-11-16": {"north": 1}}


def test_a_record_that_changes_meanwhile_is_looked_at_again(pipeline: Any) -> None:
    pipeline.upload(A, *MONDAY)
    fail(pipeline)
    done: list[str] = []

    def settle(_number: int, name: str) -> None:
        if name == "save_record" and not done:
            done.append(name)
            pipeline.another().ingest(A)

    pipeline.before = settle
    assert pipeline.service.give_up(A, FIRST).status == "processed"


def test_an_older_version_that_is_given_up_does_not_fail_the_newer_one_in_work(pipeline: Any) -> None:
    pipeline.upload(A, *MONDAY)
    pipeline.upload(A, *MONDAY)
    fail(pipeline)
    assert pipeline.service.give_up(A, FIRST).status == "processing"


def test_an_etag_is_the_same_without_its_quotes(pipeline: Any) -> None:
    pipeline.upload(A, *MONDAY)
    fail(pipeline)
    assert pipeline.service.give_up(A, "1").status == "failed"
