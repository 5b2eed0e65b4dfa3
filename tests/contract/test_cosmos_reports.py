"""What a refresh asks of Cosmos DB, over the wire: some records, what is stale, and the pages of large reports."""

from collections.abc import Callable

import pytest

from shared.ingest.file_record import FileRecord
from shared.reports.document import Page, Pages, ReportDocument, page_id
from shared.stores.file_records import FileRecords
from shared.stores.report_documents import ReportDocuments

PERIOD = "2026-11-16"


def record(dataset: str, record_id: str, **fields) -> FileRecord:
    return FileRecord(record_id, f"{record_id}.csv", dataset, status="processed", **fields)


# Records


def test_some_records_are_those_with_these_ids(files: FileRecords, partition: str):
    saved = {name: files.save(record(partition, name), None) for name in ("a", "b", "c")}
    found = files.some(partition, ["c", "a"])
    assert sorted(found, key=lambda stored: stored.value.id) == [saved["a"], saved["c"]]


def test_some_records_come_with_etags_to_save_under(files: FileRecords, partition: str):
    files.save(record(partition, "a", stale=("r/all",)), None)
    (found,) = files.some(partition, ["a"])
    files.save(found.value.refreshed(("r/all",)), found.etag)
    assert files.get(partition, "a").value.stale == ()


def test_records_that_are_not_there_are_left_out(files: FileRecords, partition: str):
    there = files.save(record(partition, "a"), None)
    assert files.some(partition, ["a", "missing"]) == [there]


def test_records_of_another_dataset_are_left_out(files: FileRecords, partition: str):
    files.save(record(f"{partition}-other", "a"), None)
    assert files.some(partition, ["a"]) == []


def test_no_ids_are_no_records_and_no_request(files: FileRecords, partition: str, sent):
    assert (files.some(partition, []), sent.requests) == ([], [])


@pytest.mark.parametrize("number", [100, 101, 205])
def test_many_records_are_found_by_id_in_several_queries(files: FileRecords, partition: str, number: int):
    there = {"0", "99", f"{number - 1}"}
    for record_id in there:
        files.save(record(partition, record_id), None)
    found = [stored.value.id for stored in files.some(partition, [f"{at}" for at in range(number)])]
    assert sorted(found) == sorted(there)


def test_records_share_in_a_report_by_their_shares_not_by_what_is_stale(files: FileRecords, partition: str):
    files.save(record(partition, "share", shares=("r/2026-11", "r/2026-12")), None)
    files.save(record(partition, "both", shares=("r/2026-11",), stale=("r/2026-11",)), None)
    files.save(record(partition, "taken-out", stale=("r/2026-11",)), None)
    files.save(record(partition, "like-it", shares=("r/2026-1", "rr/2026-11")), None)
    files.save(record(f"{partition}-other", "elsewhere", shares=("r/2026-11",)), None)
    assert {found.id for found in files.sharing(partition, "r/2026-11")} == {"share", "both"}


def test_a_record_that_shares_comes_whole(files: FileRecords, partition: str):
    saved = files.save(record(partition, "a", shares=("r/all",), generation=7, committed=6, rows=3), None)
    assert files.sharing(partition, "r/all") == [saved.value]


@pytest.fixture
def my_stale(files: FileRecords, partition: str) -> Callable[[], list[tuple[str, str, tuple[str, ...]]]]:
    """What is stale of this test's datasets."""

    def read() -> list[tuple[str, str, tuple[str, ...]]]:
        found = [stale for stale in files.stale_pairs() if stale.dataset.startswith(partition)]
        return [(stale.dataset.removeprefix(partition), stale.pair, stale.files) for stale in found]

    return read


def test_what_is_stale_names_the_files_and_comes_once_from_all_datasets(files, partition, my_stale):
    files.save(record(partition, "1", committed=10, stale=("r/1", "r/2")), None)
    files.save(record(partition, "2", committed=20, stale=("r/2",)), None)
    files.save(record(partition, "3", committed=30, shares=("r/3",)), None)
    files.save(record(f"{partition}-other", "4", committed=40, stale=("r/1",)), None)
    assert my_stale() == [("", "r/1", ("1",)), ("", "r/2", ("1", "2")), ("-other", "r/1", ("4",))]


def test_what_was_committed_first_is_the_first_of_what_is_stale(files, partition, my_stale):
    for name, committed in (("late", 3_000), ("early", 1_000), ("between", 2_000)):
        files.save(record(partition, name, committed=committed, stale=(f"r/{name}",)), None)
    assert [pair for _, pair, _ in my_stale()] == ["r/early", "r/between", "r/late"]


def test_a_record_that_is_cleared_is_not_stale_any_more(files, partition, my_stale):
    saved = files.save(record(partition, "a", stale=("r/1", "r/2")), None)
    cleared = files.save(saved.value.refreshed(("r/1",)), saved.etag)
    assert my_stale() == [("", "r/2", ("a",))]
    files.save(cleared.value.refreshed(("r/2",)), cleared.etag)
    assert my_stale() == []


# Pages


def page(report: str, number: int = 0, *, version: int = 1, period: str = PERIOD, rows: int = 2) -> Page:
    groups = tuple({"region": f"größe {number}", "n": at} for at in range(rows))
    return Page(report, period, version, f"{version}-edition", number, groups)


def id_of(of: Page) -> str:
    return page_id(of.period, of.edition, of.number)


def is_there(reports: ReportDocuments, of: Page) -> bool:
    return reports.page(of.report, id_of(of)) is not None


def test_a_page_comes_back_as_it_was_put(reports: ReportDocuments, partition: str):
    put = page(partition)
    reports.put_page(put)
    assert reports.page(partition, id_of(put)) == put.groups


def test_a_page_that_is_not_there_is_none(reports: ReportDocuments, partition: str):
    assert reports.page(partition, id_of(page(partition))) is None


def test_a_page_is_not_found_under_another_report(reports: ReportDocuments, partition: str):
    reports.put_page(page(partition))
    assert reports.page(f"{partition}-other", id_of(page(partition))) is None


def test_a_page_that_is_there_is_put_again_without_a_change(reports: ReportDocuments, partition: str):
    reports.put_page(page(partition, rows=2))
    reports.put_page(page(partition, rows=3))
    assert len(reports.page(partition, id_of(page(partition)))) == 2


def test_pages_before_a_version_are_removed(reports: ReportDocuments, partition: str):
    old, newer = [page(partition, at, version=1) for at in range(3)], page(partition, version=2)
    for each in (*old, newer):
        reports.put_page(each)
    reports.remove_pages(partition, PERIOD, 2, ())
    assert [is_there(reports, each) for each in (*old, newer)] == [False, False, False, True]


def test_pages_of_editions_to_be_kept_stay(reports: ReportDocuments, partition: str):
    kept, removed = page(partition, version=1), page(partition, version=2)
    for each in (kept, removed):
        reports.put_page(each)
    reports.remove_pages(partition, PERIOD, 9, [kept.edition])
    assert (is_there(reports, kept), is_there(reports, removed)) == (True, False)


def test_pages_of_other_reports_and_periods_stay(reports: ReportDocuments, partition: str):
    others = [page(f"{partition}-other"), page(partition, period="2026-11-1"), page(partition, period="2026-11-160")]
    for each in others:
        reports.put_page(each)
    reports.remove_pages(partition, PERIOD, 9, ())
    assert all(is_there(reports, each) for each in others)


def test_removing_pages_leaves_the_report_document(reports: ReportDocuments, partition: str):
    saved = reports.save(ReportDocument(partition, "sales", PERIOD, rows=1, version=1), None)
    reports.put_page(page(partition))
    reports.remove_pages(partition, PERIOD, 9, ())
    assert reports.get(partition, PERIOD) == saved


def test_removing_pages_again_changes_nothing(reports: ReportDocuments, partition: str):
    reports.put_page(page(partition))
    for _ in range(2):
        reports.remove_pages(partition, PERIOD, 9, ())
    assert not is_there(reports, page(partition))


def test_a_document_with_pages_comes_back_as_it_was_saved(reports: ReportDocuments, partition: str):
    pages = Pages("7-abc", (20, 20, 3))
    full = ReportDocument(
        partition, "sales", PERIOD, rows=43, version=7, tree="leaf-7-1", definition="d", digest="abc", pages=pages
    )
    saved = reports.save(full, None)
    assert reports.get(partition, PERIOD) == saved
    assert saved.value == full


# Pages are no reports


@pytest.fixture
def on_pages(reports: ReportDocuments, partition: str) -> ReportDocument:
    """A report of one period, `all`, with pages of two editions."""
    document = ReportDocument(
        partition, "sales", "all", rows=4, updated_at="2026-11-20T13:00:00.000Z", pages=Pages("2-edition", (2, 2))
    )
    for number in range(2):
        for version in (1, 2):
            reports.put_page(page(partition, number, version=version, period="all"))
    return reports.save(document, None).value


def test_periods_pass_pages_over(reports: ReportDocuments, on_pages: ReportDocument):
    assert reports.periods(on_pages.report, 10) == [on_pages]


def test_paging_through_periods_passes_pages_over(reports: ReportDocuments, on_pages: ReportDocument):
    assert reports.periods(on_pages.report, 10, since="all ") == []


def test_a_list_of_periods_passes_pages_over(reports: ReportDocuments, on_pages: ReportDocument):
    assert [listed.period for listed in reports.listed(on_pages.report, "", "~")] == ["all"]


def test_reports_without_a_period_are_no_pages(reports: ReportDocuments, on_pages: ReportDocument):
    assert [listed.report for listed in reports.without_period()].count(on_pages.report) == 1


def test_the_overview_has_no_pages(reports: ReportDocuments, on_pages: ReportDocument):
    found = [(listed.period, listed.rows) for listed in reports.overview() if listed.report == on_pages.report]
    assert found == [("all", 4)]


def test_pages_without_a_document_are_no_report(reports: ReportDocuments, partition: str):
    reports.put_page(page(partition, period="all"))
    assert reports.periods(partition, 10) == []
    assert reports.listed(partition, "", "~") == []
    assert partition not in {listed.report for listed in [*reports.overview(), *reports.without_period()]}
