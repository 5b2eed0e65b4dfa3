"""Queries over report documents: what readers ask before they read, over the wire."""

from collections.abc import Callable

import pytest

from shared.errors import Problem
from shared.reports.document import Page, ReportDocument
from shared.reports.listed import ListedDocument, ListedPeriod, ListedTotals
from shared.stores.report_documents import ReportDocuments
from tests.contract.conftest import Sent


def document(report: str, period: str, rows: int = 1, **fields: object) -> ReportDocument:
    return ReportDocument(report, "sales", period, rows=rows, **fields)  # type: ignore[arg-type]


@pytest.fixture
def months(reports: ReportDocuments, partition: str) -> ReportDocuments:
    """Six months, two of them empty, saved out of order, and the same months of another report."""
    for month, rows in [("03", 3), ("01", 1), ("05", 5), ("04", 0), ("02", 2), ("06", 0)]:
        reports.save(document(partition, f"2026-{month}", rows), None)
        reports.save(document(f"{partition}-other", f"2026-{month}", 100), None)
    return reports


def test_periods_come_in_order_without_empty_ones(months: ReportDocuments, partition: str) -> None:
    assert [d.period for d in months.periods(partition, 10)] == ["2026-01", "2026-02", "2026-03", "2026-05"]


def test_periods_begin_with_the_one_asked_for(months: ReportDocuments, partition: str) -> None:
    assert [d.period for d in months.periods(partition, 10, since="2026-03")] == ["2026-03", "2026-05"]


@pytest.mark.parametrize("size", [1, 2, 3])
def test_periods_page_by_key_to_the_end(months: ReportDocuments, partition: str, size: int) -> None:
    pages = [months.periods(partition, size)]
    while pages[-1] and len(pages) < 10:
        pages.append(months.periods(partition, size, since=pages[-1][-1].period + " "))
    assert [d.period for page in pages for d in page] == ["2026-01", "2026-02", "2026-03", "2026-05"]


def test_an_empty_document_can_still_be_read(months: ReportDocuments, partition: str) -> None:
    found = months.get(partition, "2026-04")
    assert found is not None
    assert found.value.rows == 0


@pytest.mark.parametrize(
    ("first", "beyond", "periods"),
    [
        ("", "~", ["2026-01", "2026-02", "2026-03", "2026-05", "none"]),
        ("", ":", ["2026-01", "2026-02", "2026-03", "2026-05"]),
        ("2026-02", "2026-03~", ["2026-02", "2026-03"]),
        ("2026", "2026~", ["2026-01", "2026-02", "2026-03", "2026-05"]),
        ("2027", ":", []),
    ],
)
def test_the_periods_of_a_range_are_listed_in_order(
    months: ReportDocuments, partition: str, first: str, beyond: str, periods: list[str]
) -> None:
    months.save(document(partition, "none"), None)
    assert [listed.period for listed in months.listed(partition, first, beyond)] == periods


def test_a_period_is_listed_with_what_its_content_is_known_by(reports: ReportDocuments, partition: str) -> None:
    reports.save(document(partition, "all", digest="abc", tree="leaf-1-x", definition="def"), None)
    reports.save(document(partition, "none"), None)
    assert reports.listed(partition, "", "~") == [
        ListedPeriod("all", "abc", "leaf-1-x", "def"),
        ListedPeriod("none", "", None, ""),
    ]


def test_pages_are_no_periods(reports: ReportDocuments, partition: str) -> None:
    reports.put_page(Page(partition, "all", 1, "1-a", 0, ({"region": "north"},)))
    assert reports.listed(partition, "", "~") == []
    assert [one for one in reports.overview() if one.report == partition] == []


def test_listing_is_one_query(months: ReportDocuments, partition: str, sent: Sent) -> None:
    months.listed(partition, "", "~")
    assert [request for request in sent.requests if request.startswith("POST")] == ["POST docs"]


def test_the_overview_has_every_document_empty_ones_too(reports: ReportDocuments, partition: str) -> None:
    problem = Problem("refresh_failed", "Not up to date.")
    reports.save(document(f"{partition}-a", "2026-11", 2, updated_at="2026-12-01T00:00:00Z", problem=problem), None)
    reports.save(document(f"{partition}-b", "all", 0, updated_at="2026-12-02T00:00:00Z"), None)
    mine = sorted((one for one in reports.overview() if one.report.startswith(partition)), key=lambda one: one.report)
    assert mine == [
        ListedDocument(f"{partition}-a", "sales", "2026-11", 2, "2026-12-01T00:00:00Z", problem),
        ListedDocument(f"{partition}-b", "sales", "all", 0, "2026-12-02T00:00:00Z", None),
    ]


def test_totals_for_all_time_come_by_report(reports: ReportDocuments, partition: str) -> None:
    for name, period, rows in [("b", "all", 1), ("a", "all", 1), ("empty", "all", 0), ("c", "2026", 1)]:
        reports.save(document(f"{partition}-{name}", period, rows, totals={"rows": rows}), None)
    mine = [one for one in reports.without_period() if one.report.startswith(partition)]
    assert mine == [ListedTotals(f"{partition}-{name}", "sales", {"rows": 1}) for name in "ab"]


@pytest.mark.parametrize("ask", [lambda r, p: r.periods(p, 10), lambda r, p: r.listed(p, "", "~")])
def test_a_report_without_documents_has_nothing(
    reports: ReportDocuments, partition: str, ask: Callable[[ReportDocuments, str], list[object]]
) -> None:
    assert reports.get(partition, "all") is None
    assert ask(reports, partition) == []
