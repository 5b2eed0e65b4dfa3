"""Refreshes of reports over several files under every interleaving: trees, pages, crashes, an emptied database.

What happens to files is dealt with by ingest at once, but where ingest itself is to be interleaved.
"""

from collections.abc import Callable
from functools import partial

import pytest

from tests.unit.protocol.search import Happening, Search

type Searching = Callable[..., Search]

A, B, C, D = "sales/a.csv", "sales/b.csv", "sales/c.csv", "sales/d.csv"
MONDAY, TUESDAY = "2026-11-16", "2026-11-17"

# Calls of an ingest that no refresh notices, and of the only refresh that no reader notices.
BY_REFRESHES = ("ingest version", "ingest read", "ingest publish", "ingest withdraw")
BY_READERS = tuple(
    f"refresh {call}" for call in ("all_records", "get_report", "read_partials", "remove_partials", "save_record")
)


def upload(name: str, *rows: str, at_once: bool = True) -> Happening:
    return Happening("upload", name, "\n".join(["day,region,amount", *rows]), at_once)


delete = partial(Happening, "delete", at_once=True)
EMPTIED = Happening("empty", at_once=True)

REGIONS = tuple(f"{MONDAY},{region},1" for region in ("east", "north", "south"))
TWO_FILES = (upload(A, f"{MONDAY},north,1"), upload(B, f"{MONDAY},north,2"))
FOUR_FILES = (*TWO_FILES, upload(C, f"{MONDAY},north,4"), upload(D, f"{MONDAY},north,8"))


@pytest.fixture
def small_nodes(monkeypatch: pytest.MonkeyPatch) -> None:
    """Four files make a tree of two levels."""
    monkeypatch.setattr("shared.reports.tree.MAX_ENTRIES", 2)
    monkeypatch.setattr("shared.reports.tree.FEW_ENTRIES", 2)


@pytest.fixture
def small_pages(monkeypatch: pytest.MonkeyPatch) -> None:
    """Every group has a page of its own."""
    monkeypatch.setattr("shared.reports.document.PAGE_BYTES", 1)


# Two files


def test_two_refreshes_while_one_file_is_replaced_and_another_taken_out(search: Searching) -> None:
    found = search(upload(A, f"{MONDAY},north,10"), delete(B), before=TWO_FILES).explore(refresh=2)
    assert found.states > 2000


def test_two_refreshes_while_a_file_moves_to_another_day(search: Searching) -> None:
    found = search(upload(A, f"{TUESDAY},north,1"), before=TWO_FILES).explore(refresh=2)
    assert found.states > 550


def test_a_report_that_loses_all_its_files_and_gets_one_again(search: Searching) -> None:
    found = search(delete(A), upload(A, f"{MONDAY},north,1"), before=TWO_FILES[:1]).explore(refresh=2)
    assert found.states > 1400


def test_refreshes_that_crash_between_any_two_steps(search: Searching) -> None:
    found = search(upload(A, f"{MONDAY},north,10"), before=TWO_FILES).explore(refresh=2, crashes=1)
    assert found.states > 500


def test_a_refresh_that_crashes_twice_while_files_change(search: Searching) -> None:
    found = search(upload(A, f"{MONDAY},north,10"), delete(B), before=TWO_FILES).explore(refresh=1, crashes=2)
    assert found.states > 600


def test_two_files_are_ingested_side_by_side_during_a_refresh(search: Searching) -> None:
    story = (upload(A, f"{MONDAY},north,10", at_once=False), upload(B, f"{TUESDAY},north,1", at_once=False))
    found = search(*story, before=TWO_FILES).explore(ingest=2, refresh=1, private=BY_REFRESHES)
    assert found.states > 300


# Trees of two levels


def test_two_refreshes_of_a_tree_of_two_levels(search: Searching, small_nodes: None) -> None:
    found = search(upload(A, f"{MONDAY},north,10"), delete(C), before=FOUR_FILES).explore(refresh=2)
    assert found.states > 5500


def test_a_node_that_comes_back_is_not_taken_away_by_who_replaced_it(search: Searching, small_nodes: None) -> None:
    """The tree is, file by file, what it was two versions before."""
    story = (upload(D, f"{MONDAY},north,8"), delete(D))
    found = search(*story, before=FOUR_FILES[:3]).explore(refresh=2)
    assert found.states > 3000


def test_crashes_leave_nothing_of_a_tree_of_two_levels_wrong(search: Searching, small_nodes: None) -> None:
    found = search(upload(A, f"{MONDAY},north,10"), delete(C), before=FOUR_FILES).explore(refresh=1, crashes=2)
    assert found.states > 1000


# Pages


def test_a_reader_sees_one_state_of_a_report_on_pages(search: Searching, small_pages: None) -> None:
    story = (upload(A, *REGIONS, f"{MONDAY},north,10"), upload(A, *REGIONS, f"{MONDAY},south,10"))
    found = search(*story, before=(upload(A, *REGIONS),)).explore(refresh=1, read=1, private=BY_READERS)
    assert found.states > 200


def test_a_reader_sees_one_state_while_pages_come_and_go(search: Searching, small_pages: None) -> None:
    story = (upload(A, *REGIONS[:1]), upload(A, *REGIONS))
    found = search(*story, before=(upload(A, *REGIONS),)).explore(refresh=1, read=1, private=BY_READERS)
    assert found.states > 120


def test_a_reader_sees_one_state_while_two_refreshes_take_pages_away(search: Searching, small_pages: None) -> None:
    before = (upload(A, *REGIONS), upload(A, *REGIONS, f"{MONDAY},north,10"))
    found = search(upload(A, *REGIONS[:2]), before=before).explore(refresh=2, read=1, private=BY_READERS[1:])
    assert found.states > 1500


def test_crashes_while_pages_are_written_and_removed_are_not_noticed(search: Searching, small_pages: None) -> None:
    story = (upload(A, *REGIONS, f"{MONDAY},north,10"),)
    found = search(*story, before=(upload(A, *REGIONS),)).explore(refresh=1, read=1, crashes=2, private=BY_READERS)
    assert found.states > 200


# An emptied database


def test_two_refreshes_while_the_database_is_emptied(search: Searching) -> None:
    found = search(upload(A, f"{MONDAY},north,10"), EMPTIED, before=TWO_FILES).explore(refresh=2)
    assert found.states > 4500


def test_pages_while_the_database_is_emptied(search: Searching, small_pages: None) -> None:
    found = search(upload(A, *REGIONS, f"{MONDAY},north,10"), EMPTIED, before=(upload(A, *REGIONS),)).explore(
        refresh=1, read=1
    )
    assert found.states > 1200
