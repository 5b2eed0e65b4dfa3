"""The file record: the only ways in which it changes, and what it says afterwards."""

import dataclasses
from typing import Any

import pytest

from shared.errors import Problem
from shared.ingest.file_record import FileRecord
from shared.ingest.outcome import Outcome
from shared.ingest.upload import Version

VERSION, OTHER = Version('"1"', 10), Version('"2"', 20)
PROBLEM = Problem("unavailable", "Cosmos DB does not answer.")
NEW = FileRecord("a-1", "a.csv", "default")


def claimed(record: FileRecord = NEW, version: Version | None = VERSION, now_ms: int = 1000) -> FileRecord:
    return record.claimed(version, "definition", now_ms, "then", "trace")


def processed(record: FileRecord = NEW, **outcome: Any) -> FileRecord:
    return claimed(record).committed_with(Outcome(**outcome), "now")


@pytest.mark.parametrize(("last", "now_ms", "generation"), [(0, 1000, 1000), (1000, 1000, 1001), (5000, 1000, 5001)])
def test_generations_only_grow_also_where_the_clock_stands_or_goes_back(
    last: int, now_ms: int, generation: int
) -> None:
    assert claimed(dataclasses.replace(NEW, generation=last), now_ms=now_ms).generation == generation


def test_a_claim_leaves_what_counts_as_it_was() -> None:
    before = processed(shares=("r/2026",), rows=3, records=3)
    after = claimed(before, OTHER)
    assert (after.committed, after.shares, after.stale) == (before.committed, before.shares, before.stale)
    assert after.generation > after.committed


def test_a_claim_says_which_version_is_at_work() -> None:
    record = claimed()
    assert (record.status, record.etag, record.size, record.trace_id) == ("processing", '"1"', 10, "trace")


def test_a_commit_makes_old_and_new_shares_stale() -> None:
    first = processed(shares=("r/mon", "r/tue"))
    second = claimed(first, OTHER).committed_with(Outcome(shares=("r/tue", "r/wed")), "now")
    assert (second.shares, second.stale) == (("r/tue", "r/wed"), ("r/mon", "r/tue", "r/wed"))


def test_a_rejected_file_counts_as_empty() -> None:
    record = claimed(processed(shares=("r/mon",), records=1, rows=1), OTHER).committed_with(
        Outcome(rows=2, rejected=2, refused=True, first_error=PROBLEM), "now"
    )
    assert (record.status, record.shares, record.stale) == ("rejected", (), ("r/mon",))
    assert record.committed == record.generation


def test_a_deleted_file_has_no_share_and_no_outputs() -> None:
    before = processed(shares=("r/mon",), rows=1, records=1, processed="processed/a.json")
    record = claimed(before, version=None).deleted("now")
    assert (record.status, record.rows, record.processed) == ("deleted", 0, None)
    assert (record.shares, record.stale) == ((), ("r/mon",))


@pytest.mark.parametrize(
    ("record", "version", "final"),
    [
        (NEW, VERSION, False),
        (claimed(), VERSION, False),
        (processed(), VERSION, True),
        (processed(), OTHER, False),
        (processed(), None, False),
        (claimed().committed_with(Outcome(refused=True), "now"), VERSION, True),
        (claimed().failed(PROBLEM, "now"), VERSION, False),
        (claimed(version=None).deleted("now"), None, True),
        (claimed().deleted("now"), VERSION, False),
    ],
)
def test_only_a_settled_version_is_final(record: FileRecord, version: Version | None, final: bool) -> None:
    assert record.is_final_for(version, "definition") is final


def test_nothing_is_final_under_another_definition() -> None:
    assert not processed().is_final_for(VERSION, "changed")


def test_attempts_count_the_claims_of_one_version() -> None:
    twice = claimed(claimed())
    assert (twice.attempts, claimed(twice, OTHER).attempts, claimed(processed()).attempts) == (2, 1, 1)


def test_a_retried_version_keeps_its_last_error() -> None:
    assert claimed(claimed().with_error(PROBLEM)).first_error == PROBLEM


@pytest.mark.parametrize("before", [processed(first_error=PROBLEM), claimed().failed(PROBLEM, "now")])
def test_a_new_start_forgets_the_error_before_it(before: FileRecord) -> None:
    assert claimed(before, OTHER).first_error is None
    assert claimed(before).first_error is None


def test_giving_up_leaves_what_counts_as_it_was() -> None:
    before = processed(shares=("r/mon",), rows=1, records=1)
    record = claimed(before, OTHER).failed(PROBLEM, "now")
    assert (record.status, record.committed, record.shares) == ("failed", before.committed, before.shares)


def test_refreshed_pairs_are_stale_no_more() -> None:
    assert processed(shares=("r/mon", "r/tue", "r/wed")).refreshed(("r/mon", "r/wed")).stale == ("r/tue",)


EVERY_FIELD_SET = FileRecord(
    id="a-1",
    name="a.csv",
    dataset="default",
    status="processed",
    etag='"1"',
    size=10,
    rows=3,
    records=2,
    rejected=1,
    first_error=Problem("type", "no number", 3, "x"),
    processed="processed/a.json",
    rejected_file="rejected/a.csv",
    definition="hash",
    generation=1001,
    committed=1000,
    shares=("r/mon",),
    stale=("r/mon", "r/tue"),
    attempts=2,
    started_at="then",
    finished_at="now",
    trace_id="trace",
)


@pytest.mark.parametrize("record", [NEW, EVERY_FIELD_SET])
def test_a_record_comes_back_as_it_was_kept(record: FileRecord) -> None:
    assert FileRecord.from_document(record.to_document()) == record


def test_the_api_shows_every_field_but_the_partition_key() -> None:
    assert set(EVERY_FIELD_SET.shown()) == set(EVERY_FIELD_SET.to_document()) - {"pk"}
