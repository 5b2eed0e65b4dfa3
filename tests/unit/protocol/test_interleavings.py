"""Claim, commit and refresh of one file under every interleaving."""

from collections.abc import Callable
from functools import partial

from tests.unit.protocol.search import Happening, Search

FILE = "sales/a.csv"
EVENT = f"ingest {FILE}"
HEAD = "day,region,amount\n"
BAD_ROW = "2026-02-30,north,1\n"

type Searching = Callable[..., Search]

# Versions of the file.
upload = partial(Happening, "upload", FILE)
MONDAY = upload(HEAD + "2026-11-16,north,1\n")
BOTH_DAYS = upload(HEAD + "2026-11-16,north,2\n2026-11-17,south,2\n")
LESS = upload(HEAD + "2026-11-16,north,0\n")
TUESDAY = upload(HEAD + "2026-11-17,south,3\n")
REJECTED = upload(HEAD + BAD_ROW)
WITH_REJECT = upload(HEAD + "2026-11-16,north,1\n" + BAD_ROW)
DELETED = Happening("delete", FILE)
REPROCESS = Happening("reprocess", FILE)
EMPTIED = Happening("empty")


def test_two_ingests_of_two_versions_leave_the_outputs_of_the_newest(search: Searching) -> None:
    found = search(WITH_REJECT, MONDAY).explore(ingest=2)
    assert found.states > 2200


def test_a_rejected_version_leaves_no_outputs_of_the_one_before(search: Searching) -> None:
    found = search(MONDAY, REJECTED).explore(ingest=2)
    assert found.states > 2500


def test_two_ingests_and_a_refresh_end_with_the_newest_version(search: Searching) -> None:
    found = search(MONDAY, BOTH_DAYS).explore(ingest=2, refresh=1)
    assert found.states > 8000


def test_a_late_second_event_of_the_old_version_changes_nothing(search: Searching) -> None:
    found = search(BOTH_DAYS, before=(MONDAY,)).explore(ingest=2, refresh=1, late=[EVENT])
    assert found.states > 1900


def test_a_crash_between_any_two_steps_loses_nothing(search: Searching) -> None:
    found = search(BOTH_DAYS, before=(MONDAY,)).explore(ingest=2, crashes=1, late=[EVENT])
    assert found.states > 4500


def test_a_crash_of_ingest_or_refresh_between_any_two_steps_loses_nothing(search: Searching) -> None:
    found = search(TUESDAY, before=(BOTH_DAYS,)).explore(ingest=1, refresh=1, crashes=2)
    assert found.states > 650


def test_two_refreshes_never_put_back_what_one_of_them_read_long_ago(search: Searching) -> None:
    """The third version equals the first: the report looks as if nothing had happened."""
    found = search(LESS, MONDAY, before=(MONDAY,)).explore(ingest=1, refresh=2)
    assert found.states > 8000


def test_an_upload_that_is_deleted_is_taken_out(search: Searching) -> None:
    found = search(BOTH_DAYS, DELETED, before=(MONDAY,)).explore(ingest=2, refresh=1)
    assert found.states > 3500


def test_an_upload_that_is_deleted_and_comes_back_counts(search: Searching) -> None:
    found = search(DELETED, BOTH_DAYS, before=(MONDAY,)).explore(ingest=2, refresh=1)
    assert found.states > 4500


def test_a_file_that_is_to_be_reprocessed_while_it_is_ingested_is_right(search: Searching) -> None:
    found = search(TUESDAY, REPROCESS, before=(MONDAY,)).explore(ingest=2, refresh=1)
    assert found.states > 2800


def test_a_database_that_is_emptied_at_any_moment_comes_back_from_the_blobs(search: Searching) -> None:
    found = search(BOTH_DAYS, EMPTIED, before=(MONDAY,)).explore(ingest=2, refresh=1)
    assert found.states > 4500
