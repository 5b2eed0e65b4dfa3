"""The file record: the only ways in which it changes, and what it says afterwards."""

import dataclasses
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any, get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.errors import Problem
from shared.ingest.file_record import TRANSITIONS, Event, FileRecord, ForbiddenTransitionError
from shared.ingest.outcome import Outcome
from shared.ingest.progress import Progress
from shared.ingest.status import Status
from shared.ingest.upload import Version
from shared.telemetry.correlation import SpanId

VERSION, OTHER = Version('"1"', 10), Version('"2"', 20)
PROBLEM = Problem("unavailable", "Cosmos DB does not answer.")
NEW = FileRecord("a-1", "a.csv", "default")


SPAN = SpanId("4bf92f3577b34da6a3ce929d0e0e4736", "00f067aa0ba902b7")


def claimed(record: FileRecord = NEW, version: Version | None = VERSION, now_ms: int = 1000) -> FileRecord:
    return record.claimed(version, "definition", now_ms, "then", SPAN)


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
    assert (record.status, record.etag, record.size, record.span) == ("processing", '"1"', 10, SPAN)


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
    assert claimed(claimed().with_error(PROBLEM, "later")).first_error == PROBLEM


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


def test_a_move_overtakes_whoever_is_at_work_on_the_file() -> None:
    at_work = claimed(now_ms=1000)
    assert at_work.moved(999, "now").generation > at_work.generation


PROTOCOL = Path(__file__).parents[3] / "docs" / "protocol.md"
STATUSES: tuple[Status, ...] = get_args(Status.__value__)
EVENTS: tuple[Event, ...] = get_args(Event.__value__)

# One record in each status, and each event as the method that stands for it.
IN: dict[str, FileRecord] = {
    "new": NEW,
    "processing": claimed(),
    "processed": processed(shares=("r/mon",)),
    "rejected": processed(refused=True),
    "failed": claimed().failed(PROBLEM, "now"),
    "deleted": claimed().deleted("now"),
}
AT: dict[str, Callable[[FileRecord], FileRecord]] = {
    "claim": lambda record: claimed(record, OTHER),
    "accept": lambda record: record.committed_with(Outcome(shares=("r/tue",)), "now"),
    "reject": lambda record: record.committed_with(Outcome(refused=True), "now"),
    "gone": lambda record: record.deleted("now"),
    "move": lambda record: record.moved(2000, "now"),
    "progress": lambda record: record.progressed(Progress(5, 1)),
    "error": lambda record: record.with_error(PROBLEM, "later"),
    "give up": lambda record: record.failed(PROBLEM, "now"),
    "reprocess": lambda record: record.to_be_reprocessed(),
    "refresh": lambda record: record.refreshed(("r/mon",)),
}
ALLOWED = [(event, status, to) for event, leads in TRANSITIONS.items() for status, to in leads.items()]
FORBIDDEN = [(event, status) for event in EVENTS for status in STATUSES if status not in TRANSITIONS[event]]


@pytest.mark.parametrize(("event", "status", "to"), ALLOWED)
def test_an_allowed_event_leads_where_the_table_says(event: str, status: str, to: str) -> None:
    assert AT[event](IN[status]).status == to


@pytest.mark.parametrize(("event", "status"), FORBIDDEN)
def test_a_forbidden_event_is_refused_by_name(event: str, status: str) -> None:
    with pytest.raises(ForbiddenTransitionError, match=f"is {status}; '{event}' is allowed only from"):
        AT[event](IN[status])


def test_the_table_in_the_docs_is_the_one_of_the_code() -> None:
    rows = [[cell.strip() for cell in line.strip("|\n").split("|")] for line in PROTOCOL.open() if line[0] == "|"]
    start = next(number for number, row in enumerate(rows) if row[1:] == list(STATUSES))
    shown = rows[start + 2 : start + 2 + len(EVENTS)]
    assert [[event, *(TRANSITIONS[event].get(status, "–") for status in STATUSES)] for event in EVENTS] == shown


def test_the_docs_say_of_every_event_when_it_happens() -> None:
    told = re.findall(r"^\| ([a-z ,]+) \| [a-z]+ .* \| .* \|$", PROTOCOL.read_text(), re.MULTILINE)
    assert {event for cell in told for event in cell.split(", ")} >= set(EVENTS)


@given(st.lists(st.sampled_from(EVENTS), max_size=20))
def test_whatever_happens_what_counts_changes_by_commits_alone_and_no_report_is_forgotten(events: list[Event]) -> None:
    record = NEW
    for event in events:
        if record.status not in TRANSITIONS[event]:
            continue
        before, record = record, AT[event](record)
        commits = event in ("accept", "reject", "gone", "move")
        assert record.generation >= before.generation
        assert record.committed == (record.generation if commits else before.committed)
        assert (record.committed == record.generation) or record.status in ("processing", "failed")
        assert commits or record.shares == before.shares
        assert not commits or set(record.stale) == {*before.stale, *before.shares, *record.shares}
        assert event == "refresh" or set(record.stale) >= set(before.stale)


def test_a_record_to_be_reprocessed_is_final_for_no_definition_and_counts_as_before() -> None:
    before = processed(shares=("r/mon",), rows=1, records=1)
    after = before.to_be_reprocessed()
    assert not after.is_final_for(VERSION, "definition")
    assert dataclasses.replace(after, definition=before.definition) == before


def test_the_run_that_somebody_asked_for_is_a_first_attempt() -> None:
    assert claimed(claimed().failed(PROBLEM, "now").to_be_reprocessed()).attempts == 1


@pytest.mark.parametrize("event", ["claim", "accept", "reject", "gone", "give up"])
def test_progress_is_forgotten_when_the_work_ends_or_begins_anew(event: str) -> None:
    at_work = claimed().progressed(Progress(5, 1))
    assert at_work.shown()["progress"] == {"bytes": 5, "rows": 1}
    assert "progress" not in AT[event](at_work).shown()


def test_a_record_that_was_kept_before_there_was_progress_has_none() -> None:
    document = claimed().to_document()
    del document["progress"]
    assert FileRecord.from_document(document) == claimed()


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
    span=SPAN,
    progress=Progress(5, 1),
)


@pytest.mark.parametrize("record", [NEW, EVERY_FIELD_SET])
def test_a_record_comes_back_as_it_was_kept(record: FileRecord) -> None:
    assert FileRecord.from_document(record.to_document()) == record


def test_the_api_shows_every_field_but_those_of_the_machinery() -> None:
    assert set(EVERY_FIELD_SET.shown()) == set(EVERY_FIELD_SET.to_document()) - {"pk", "spanId"}


def test_a_record_from_before_there_were_spans_can_be_read() -> None:
    document = EVERY_FIELD_SET.to_document()
    del document["spanId"]
    assert FileRecord.from_document(document).span is None
