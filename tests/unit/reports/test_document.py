"""The report document as Cosmos DB keeps it and as the API shows it."""

import dataclasses

import pytest

from shared.reports.document import ReportDocument

DOCUMENT = ReportDocument("r", "d", "2026-11", 3, 2, "then", {"n": 3}, ({"g": "a", "n": 3},))


def test_a_document_comes_back_as_it_was_kept() -> None:
    assert ReportDocument.from_document(DOCUMENT.to_document()) == DOCUMENT


def test_the_period_is_the_id_and_the_report_the_partition() -> None:
    kept = DOCUMENT.to_document()
    assert (kept["id"], kept["pk"]) == ("2026-11", "r")


def test_documents_made_at_different_times_can_show_the_same() -> None:
    assert DOCUMENT.same_content(dataclasses.replace(DOCUMENT, updated_at="now"))


@pytest.mark.parametrize(
    "change", [{"rows": 4}, {"files": 1}, {"totals": {"n": 4}}, {"groups": ({"g": "a", "n": 4},)}, {"dataset": "e"}]
)
def test_a_document_with_other_content_is_not_the_same(change: dict[str, object]) -> None:
    assert not DOCUMENT.same_content(dataclasses.replace(DOCUMENT, **change))


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
