"""The report document as Cosmos DB keeps it and as the API shows it."""

import dataclasses
import json

import pytest

from shared.reports.document import PAGE_BYTES, Pages, ReportDocument

DOCUMENT = ReportDocument("r", "d", "2026-11", 3, 2, "then", {"n": 3}, ({"g": "a", "n": 3},))
LARGE = ReportDocument(
    "r", "d", "2026-11", version=7, groups=tuple({"g": f"{n:04d}", "text": "é" * 1000} for n in range(1200))
).with_digest()


def test_a_document_comes_back_as_it_was_kept() -> None:
    assert ReportDocument.from_document(DOCUMENT.to_document()) == DOCUMENT


def test_the_period_is_the_id_and_the_report_the_partition() -> None:
    kept = DOCUMENT.to_document()
    assert (kept["id"], kept["pk"]) == ("2026-11", "r")


def test_documents_made_at_different_times_can_show_the_same() -> None:
    assert DOCUMENT.with_digest().digest == dataclasses.replace(DOCUMENT, updated_at="now").with_digest().digest


@pytest.mark.parametrize(
    "change", [{"rows": 4}, {"files": 1}, {"totals": {"n": 4}}, {"groups": ({"g": "a", "n": 4},)}, {"dataset": "e"}]
)
def test_a_document_with_other_content_is_not_the_same(change: dict[str, object]) -> None:
    assert DOCUMENT.with_digest().digest != dataclasses.replace(DOCUMENT, **change).with_digest().digest


def test_the_api_shows_the_documents_own_fields_without_groups() -> None:
    assert DOCUMENT.head() == {
        "report": "r",
        "dataset": "d",
        "period": "2026-11",
        "rows": 3,
        "files": 2,
        "updatedAt": "then",
        "totals": {"n": 3},
    }


def test_a_small_report_is_one_document() -> None:
    assert DOCUMENT.on_pages() == (DOCUMENT, [])


def test_the_pages_of_a_large_report_have_every_group_once_and_in_order() -> None:
    head, pages = LARGE.on_pages()
    assert (head.groups, head.size) == ((), 1200)
    assert tuple(group for page in pages for group in page.groups) == LARGE.groups
    assert head.pages == Pages(f"7-{LARGE.digest}", tuple(len(page.groups) for page in pages))


def test_every_page_is_below_the_limit_in_bytes_as_they_are_sent() -> None:
    _, pages = LARGE.on_pages()
    sizes = [len(json.dumps(page.to_document()["groups"], ensure_ascii=False).encode()) for page in pages]
    assert len(sizes) == 3
    assert all(size < 1.01 * PAGE_BYTES for size in sizes)


def test_editions_of_other_content_have_pages_of_other_ids() -> None:
    other = dataclasses.replace(LARGE, rows=5).with_digest()
    ids = [{page.to_document()["id"] for page in document.on_pages()[1]} for document in (LARGE, other)]
    assert ids[0].isdisjoint(ids[1])


def test_a_head_with_pages_comes_back_as_it_was_kept() -> None:
    head, _ = LARGE.on_pages()
    assert ReportDocument.from_document(head.to_document()) == head


@pytest.mark.parametrize(
    ("start", "count", "holding"),
    [
        (0, 1, [(0, 0)]),
        (2, 1, [(0, 0)]),
        (3, 1, [(1, 3)]),
        (2, 2, [(0, 0), (1, 3)]),
        (0, 100, [(0, 0), (1, 3), (2, 5)]),
        (9, 5, []),
    ],
)
def test_only_the_pages_with_wanted_groups_are_read(start: int, count: int, holding: list[tuple[int, int]]) -> None:
    assert list(Pages("e", (3, 2, 4)).holding(start, count)) == holding
