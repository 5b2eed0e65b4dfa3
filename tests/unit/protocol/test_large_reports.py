"""Reports on pages: read piece by piece, replaced while they are read, and what becomes of their pages."""

import json
from typing import Any

import pytest

from shared.errors import NotFound, PlatformError
from tests.unit.protocol.reading import REPORT, read_period, read_periods

FILE, DAY = "sales/a.csv", "2026-11-16"
GROUPS = 100


@pytest.fixture(autouse=True)
def _small_pages(monkeypatch: pytest.MonkeyPatch) -> None:
    """A group has about 50 bytes: twenty of them on a page."""
    monkeypatch.setattr("shared.reports.document.PAGE_BYTES", 1_000)


def lines(amount: int, groups: int = GROUPS, day: str = DAY) -> list[str]:
    return ["day,region,amount", *(f"{day},region {number:03d},{amount}" for number in range(groups))]


def pages(pipeline: Any) -> dict[str, set[str]]:
    """The pages that are kept, by edition."""
    found: dict[str, set[str]] = {}
    for (_, key), (text, _) in pipeline.world.reports.items():
        document = json.loads(text)
        if "pageOf" in document:
            found.setdefault(document["edition"], set()).add(key)
    return found


def head(pipeline: Any) -> Any:
    return pipeline.reports.get(REPORT, DAY).value


@pytest.fixture
def large(pipeline: Any) -> Any:
    """A report of 100 groups is on pages."""
    pipeline.take_in(FILE, *lines(1))
    return pipeline


def test_a_report_that_is_too_large_for_one_document_has_its_groups_on_pages(large: Any) -> None:
    document = head(large)
    assert (document.groups, document.size) == ((), GROUPS)
    assert len(document.pages.sizes) > 2
    assert len(pages(large)[document.pages.edition]) == len(document.pages.sizes)


def test_no_page_is_larger_than_it_may_be(large: Any) -> None:
    found = [json.loads(text)["groups"] for _, (text, _) in large.world.reports.items() if "pageOf" in text]
    assert all(len(json.dumps(groups, separators=(",", ":"))) <= 1_000 + len("[]") for groups in found)


def test_all_groups_are_read_in_one_go(large: Any) -> None:
    head, rows, following = read_period(large, DAY)
    assert [row["region"] for row in rows] == [f"region {number:03d}" for number in range(GROUPS)]
    assert (head["rows"], following) == (GROUPS, None)


@pytest.mark.parametrize("top", [1, 7, 20, 99, 100])
def test_paging_within_a_period_shows_each_group_once(large: Any, top: int) -> None:
    seen: list[str] = []
    cursor = None
    while not seen or cursor:
        _, rows, cursor = read_period(large, DAY, top, cursor)
        seen += [row["region"] for row in rows]
    assert seen == [f"region {number:03d}" for number in range(GROUPS)]


@pytest.mark.parametrize("top", [3, 30, 150])
def test_paging_over_periods_shows_each_group_once(large: Any, top: int) -> None:
    large.take_in("sales/b.csv", *lines(2, 50, "2026-11-17"))
    seen: list[tuple[str, str]] = []
    cursor = None
    while not seen or cursor:
        rows, cursor = read_periods(large, top, cursor)
        seen += [(row["period"], row["region"]) for row in rows]
    days = ((DAY, GROUPS), ("2026-11-17", 50))
    assert seen == [(day, f"region {number:03d}") for day, groups in days for number in range(groups)]


def test_only_the_pages_that_are_asked_for_are_read(large: Any) -> None:
    _, _, cursor = read_period(large, DAY, 50)
    large.calls.clear()
    read_period(large, DAY, 5, cursor)
    assert large.calls.count("get_report") in (2, 3)  # the document, and the page or two with these rows


def refresh_after(pipeline: Any, count: int, *amounts: int) -> None:
    """From the `count`-th document that is read on, refreshes come between: one for each of these amounts."""
    left = list(amounts)

    def between(_step: int, name: str) -> None:
        if name == "get_report" and pipeline.calls.count(name) >= count and left:
            pipeline.take_in(FILE, *lines(left.pop(0)))

    pipeline.before = between


def test_who_reads_during_one_refresh_gets_the_state_he_began_with(large: Any) -> None:
    refresh_after(large, 3, 2)
    head, rows, _ = read_period(large, DAY)
    assert (head["totals"]["revenue"], {row["revenue"] for row in rows}) == (GROUPS, {1})


def test_who_reads_during_two_refreshes_gets_the_newer_state_as_a_whole(large: Any) -> None:
    refresh_after(large, 3, 2, 3)
    head, rows, _ = read_period(large, DAY)
    assert (len(rows), head["totals"]["revenue"]) == (GROUPS, 3 * GROUPS)
    assert {row["revenue"] for row in rows} == {3}


def test_rows_over_periods_are_of_one_state_too(large: Any) -> None:
    refresh_after(large, 2, 2, 3)
    rows, _ = read_periods(large)
    assert (len(rows), {row["revenue"] for row in rows}) == (GROUPS, {3})


def test_who_reads_while_the_report_shrinks_to_one_document_gets_that(large: Any) -> None:
    def shrink(_step: int, name: str) -> None:
        if name == "get_report" and large.calls.count(name) == 3:
            large.take_in(FILE, *lines(5, 2))

    large.before = shrink
    head, rows, following = read_period(large, DAY)
    assert (head["rows"], [row["revenue"] for row in rows], following) == (2, [5, 5], None)


def test_who_reads_while_the_report_loses_all_rows_finds_nothing(large: Any) -> None:
    def empty(_step: int, name: str) -> None:
        if name == "get_report" and large.calls.count(name) == 3:
            large.take_in(FILE, *lines(2))
            large.take_in(FILE, *lines(1, day="2026-11-17"))

    large.before = empty
    with pytest.raises(NotFound):
        read_period(large, DAY)


def test_a_report_that_changes_faster_than_it_can_be_read_is_said_to(large: Any) -> None:
    refresh_after(large, 2, *range(2, 40))
    with pytest.raises(PlatformError, match="changes faster than it can be read"):
        read_period(large, DAY)


def test_the_same_content_keeps_its_pages(large: Any) -> None:
    before = pages(large)
    large.another().ingest(large.upload(FILE, *lines(1)))
    large.refresh()
    assert "put_page" not in large.calls
    assert pages(large) == before
    assert head(large).pages.edition in before


def test_pages_are_kept_for_one_more_version_and_then_removed(large: Any) -> None:
    editions = [head(large).pages.edition]
    for amount in (2, 3, 4):
        large.take_in(FILE, *lines(amount))
        editions.append(head(large).pages.edition)
        assert set(pages(large)) == set(editions[-2:])


def test_a_report_that_has_shrunk_is_one_document_again(large: Any) -> None:
    large.take_in(FILE, *lines(1, 3))
    document = head(large)
    assert (document.pages, len(document.groups)) == (None, 3)


def test_nothing_is_left_of_the_pages_of_a_report_that_has_shrunk(large: Any) -> None:
    large.take_in(FILE, *lines(1, 3))
    assert pages(large) == {}


def test_a_crash_before_any_step_of_a_large_refresh_is_made_good(large: Any, crash: type[BaseException]) -> None:
    steps = 0
    while True:
        steps += 1
        worker = large.another()
        worker.another().ingest(worker.upload(FILE, *lines(steps + 1)))

        def stop(number: int, _name: str, last: int = steps) -> None:
            if number == last:
                raise crash

        worker.before = stop
        try:
            worker.refresh()
        except crash:
            _, rows, _ = read_period(large, DAY)
            assert len({row["revenue"] for row in rows}) == 1, f"before step {steps} two states are mixed"
            large.another().refresh()
        _, rows, _ = read_period(large, DAY)
        assert {row["revenue"] for row in rows} == {steps + 1}
        if steps > len(worker.calls):
            break
    assert steps > 10
