"""File records and report documents in Cosmos DB: the adapter's promises, over the wire."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import pytest
from azure.cosmos import ContainerProxy

from shared.errors import Conflict, Problem
from shared.ingest.file_record import FileRecord, KnownFile
from shared.reports.document import ReportDocument
from shared.reports.stale import StalePair
from shared.stores import file_records
from shared.stores.file_records import FileRecords
from shared.telemetry.correlation import SpanId

ODD_NAMES = [
    "two words",
    " leading and trailing ",
    "a/b",
    "50%",
    "%2F",
    "#1",
    "what?",
    "a+b",
    "it's",
    'said "so"',
    "back\\slash",
    "Zürich",
    "日本 🗾",
    "long " * 40,
]


def record(dataset: str, record_id: str = "a-csv", **fields) -> FileRecord:
    return FileRecord(record_id, f"{record_id}.csv", dataset, **fields)


def document(report: str, period: str, rows: int = 1, **fields) -> ReportDocument:
    return ReportDocument(report, "sales", period, rows=rows, **fields)


# One record


def test_a_record_comes_back_as_it_was_saved(files, partition):
    full = FileRecord(
        id="größe-1",
        name="größe/1 – 日本.csv",
        dataset=partition,
        status="rejected",
        etag='"0x8DE"',
        size=2**40,
        rows=3,
        records=2,
        rejected=1,
        first_error=Problem("not_a_number", "„x“ is not a number.", 7, "Größe"),
        processed="processed/a.json",
        rejected_file="rejected/a.csv",
        definition="abc",
        generation=1_795_000_000_123,
        committed=1_795_000_000_122,
        shares=("sales/2026-11",),
        stale=("sales/2026-10", "sales/2026-11"),
        attempts=2,
        started_at="2026-11-20T12:00:00.000Z",
        finished_at="2026-11-20T12:00:01.000Z",
        span=SpanId("4bf92f3577b34da6a3ce929d0e0e4736", "00f067aa0ba902b7"),
    )
    files.save(full, None)
    assert files.get(partition, full.id).value == full


def test_a_record_that_is_not_there_is_none(files, partition):
    assert files.get(partition, "missing") is None


def test_a_record_is_not_found_under_another_dataset(files, partition):
    files.save(record(partition), None)
    assert files.get(f"{partition}-other", "a-csv") is None


def test_the_same_id_may_be_in_two_datasets(files, partition):
    files.save(record(partition, rows=1), None)
    files.save(record(f"{partition}-other", rows=2), None)
    assert files.get(partition, "a-csv").value.rows == 1


@pytest.mark.parametrize("name", ODD_NAMES)
def test_datasets_may_have_any_name(files, partition, name):
    dataset = f"{partition}{name}"
    saved = files.save(record(dataset, stale=("r/all",)), None)
    assert files.get(dataset, "a-csv") == saved
    assert files.some(dataset, ["a-csv"]) == [saved]
    assert files.newest(10, dataset=dataset) == [(saved.value, " a-csv")]


def test_a_record_is_found_in_whichever_dataset(files, partition):
    saved = files.save(record(partition, partition), None)
    assert files.find(partition) == saved


def test_finding_a_record_that_is_not_there_gives_none(files, unique):
    assert files.find(unique) is None


# Compare and set


def test_saving_gives_the_etag_to_save_again_under(files, partition):
    first = files.save(record(partition, rows=1), None)
    second = files.save(record(partition, rows=2), first.etag)
    assert files.get(partition, "a-csv") == second
    assert second.etag != first.etag


def test_creating_what_is_there_is_a_conflict(files, partition):
    first = files.save(record(partition, rows=1), None)
    with pytest.raises(Conflict):
        files.save(record(partition, rows=2), None)
    assert files.get(partition, "a-csv") == first


def test_replacing_under_an_old_etag_is_a_conflict(files, partition):
    old = files.save(record(partition, rows=1), None)
    new = files.save(record(partition, rows=2), old.etag)
    with pytest.raises(Conflict):
        files.save(record(partition, rows=3), old.etag)
    assert files.get(partition, "a-csv") == new


def test_replacing_what_has_vanished_is_a_conflict(files, database, partition):
    gone = files.save(record(partition), None)
    database.get_container_client("files").delete_item("a-csv", partition_key=partition)
    with pytest.raises(Conflict):
        files.save(gone.value, gone.etag)
    assert files.get(partition, "a-csv") is None


def test_parallel_updates_lose_none(files, partition):
    files.save(record(partition), None)

    def count_up(_: int) -> None:
        while True:
            seen = files.get(partition, "a-csv")
            try:
                files.save(replace(seen.value, attempts=seen.value.attempts + 1), seen.etag)
            except Conflict:
                continue
            return

    with ThreadPoolExecutor(8) as threads:
        list(threads.map(count_up, range(24)))
    assert files.get(partition, "a-csv").value.attempts == 24


def test_of_parallel_creations_one_wins(files, partition):
    def create(attempt: int) -> bool:
        try:
            files.save(record(partition, attempts=attempt), None)
        except Conflict:
            return False
        return True

    with ThreadPoolExecutor(8) as threads:
        assert sum(threads.map(create, range(16))) == 1


# Records by their reports


def test_sharing_finds_the_records_of_its_dataset_that_have_a_share(files, partition):
    files.save(record(partition, "share", shares=("r/2026-11", "r/2026-12")), None)
    files.save(record(partition, "stale", stale=("r/2026-11",)), None)
    files.save(record(partition, "both", shares=("r/2026-11",), stale=("r/2026-11",)), None)
    files.save(record(partition, "other-pair", shares=("r/2026-1", "r/2026-12")), None)
    files.save(record(f"{partition}-other", "other-dataset", shares=("r/2026-11",)), None)
    assert {one.id for one in files.sharing(partition, "r/2026-11")} == {"share", "both"}


def test_some_records_are_those_that_are_there(files, partition):
    ids = [f"{number:03d}" for number in range(file_records.IDS_IN_QUERY + 2)]  # more than are asked for at a time
    for record_id in (ids[0], ids[-1]):
        files.save(record(partition, record_id), None)
    files.save(record(f"{partition}-other", ids[1]), None)
    assert {one.value.id for one in files.some(partition, ids)} == {ids[0], ids[-1]}


def test_no_ids_are_no_records(files, partition):
    assert files.some(partition, []) == []


def test_some_records_come_with_etags_to_save_under(files, partition):
    files.save(record(partition, status="processed", stale=("r/all",)), None)
    (found,) = files.some(partition, ["a-csv"])
    files.save(found.value.refreshed(("r/all",)), found.etag)
    assert files.get(partition, "a-csv").value.stale == ()


def test_stale_pairs_come_from_all_datasets_with_the_files_that_made_them_so(files, partition):
    other = f"{partition}-other"
    files.save(record(partition, "1", stale=("r/1", "r/2"), committed=30), None)
    files.save(record(partition, "2", stale=("r/2",), committed=20), None)
    files.save(record(partition, "3", shares=("r/3",)), None)
    files.save(record(other, "4", stale=("r/1",), committed=10), None)
    mine = [pair for pair in files.stale_pairs() if pair.dataset.startswith(partition)]
    assert mine == [
        StalePair(other, "r/1", ("4",), since=10),
        StalePair(partition, "r/2", ("2", "1"), since=20),
        StalePair(partition, "r/1", ("1",), since=30),
    ]


def test_what_is_known_of_every_record_tells_its_dataset(files, partition):
    first = record(partition, "same-id", etag='"1"', status="failed", definition="x", attempts=5)
    second = record(f"{partition}-other", "same-id", etag='"2"', status="processed")
    for each in (first, second):
        files.save(each, None)
    mine = {found for found in files.known() if found.dataset.startswith(partition)}
    assert mine == {KnownFile.from_document(each.to_document()) for each in (first, second)}


def test_a_file_that_has_left_a_dataset_is_found_where_it_is_now(files, partition):
    left = files.save(record(partition, partition, status="deleted"), None)
    now = files.save(record(f"{partition}-other", partition, status="processed"), None)
    assert files.find(partition) == now
    assert files.elsewhere(f"{partition}-other", partition) == [left]


def test_results_beyond_one_page_of_the_service_are_all_there(files, partition, monkeypatch):
    for number in range(11):
        files.save(record(partition, f"{partition}-{number}", shares=("r/all",)), None)
    query_items = ContainerProxy.query_items
    monkeypatch.setattr(ContainerProxy, "query_items", lambda *a, **kw: query_items(*a, max_item_count=3, **kw))
    assert len({one.id for one in files.sharing(partition, "r/all")}) == 11
    assert len([found for found in files.known() if found.dataset == partition]) == 11


# Newest first


@pytest.fixture
def newest(files: FileRecords, partition: str) -> FileRecords:
    """Seven records in two datasets; two began at the same time. None of another test began among them."""
    for number, status in enumerate(["processed", "failed", "processed", "failed", "processed", "processed"], start=1):
        dataset = partition if number != 3 else f"{partition}-other"
        files.save(record(dataset, f"{number}", status=status, started_at=f"{partition} {number}"), None)
    files.save(record(partition, "6b", status="processed", started_at=f"{partition} 6"), None)
    return files


def ids(page: list[tuple[FileRecord, str]]) -> list[str]:
    return [found.id for found, _ in page]


def test_records_come_newest_first_from_all_datasets(newest, partition):
    mine = [found for found in newest.newest(1000) if found[0].dataset.startswith(partition)]
    assert ids(mine) == ["6b", "6", "5", "4", "3", "2", "1"]


def test_the_newest_can_be_limited(newest, partition):
    assert ids(newest.newest(2, dataset=partition)) == ["6b", "6"]


def test_the_newest_of_one_dataset_and_status(newest, partition):
    assert ids(newest.newest(10, dataset=partition)) == ["6b", "6", "5", "4", "2", "1"]
    assert ids(newest.newest(10, dataset=partition, status="failed")) == ["4", "2"]


def test_the_newest_of_one_status_in_all_datasets(newest, partition):
    assert ids(newest.newest(3, before=f"{partition} 6", status="processed")) == ["5", "3", "1"]


@pytest.mark.parametrize("size", [1, 2, 3, 7])
def test_paging_by_key_reaches_the_end_without_gaps_or_repeats(newest, partition, size):
    pages = [newest.newest(size, dataset=partition)]
    while pages[-1] and len(pages) < 10:
        pages.append(newest.newest(size, before=pages[-1][-1][1], dataset=partition))
    assert [found for page in pages for found in ids(page)] == ["6b", "6", "5", "4", "2", "1"]


def test_paging_goes_on_across_datasets(newest, partition):
    first = newest.newest(3, before=f"{partition} 7")
    assert ids(first) == ["6b", "6", "5"]
    assert ids(newest.newest(4, before=first[-1][1])) == ["4", "3", "2", "1"]


# Reports


def test_a_report_comes_back_as_it_was_saved(reports, partition):
    full = ReportDocument(
        report=partition,
        dataset="größe",
        period="2026-11-20T13",
        rows=2**40,
        files=3,
        updated_at="2026-11-20T12:00:00.000Z",
        totals={"revenue": "12345678901234567890.12", "average": 0.1, "none": None},
        groups=({"region": "süd 🗾", "n": 1}, {"region": None, "n": -2.5}),
    )
    saved = reports.save(full, None)
    assert reports.get(partition, "2026-11-20T13") == saved
    assert saved.value == full


def test_a_report_document_is_replaced_under_its_etag_only(reports, partition):
    old = reports.save(document(partition, "all", rows=1), None)
    new = reports.save(document(partition, "all", rows=2), old.etag)
    with pytest.raises(Conflict):
        reports.save(document(partition, "all", rows=3), old.etag)
    with pytest.raises(Conflict):
        reports.save(document(partition, "all", rows=4), None)
    assert reports.get(partition, "all") == new


@pytest.mark.parametrize("name", ODD_NAMES)
def test_reports_may_have_any_name(reports, partition, name):
    report = f"{partition}{name}"
    saved = reports.save(document(report, "all", 3), None)
    assert reports.periods(report, 10) == [saved.value]
    assert [listed.period for listed in reports.listed(report, "", "~")] == ["all"]


@pytest.mark.parametrize("period", ["", ".", "..", "a/b", "a\\b", "a?b", "a#b", "a\nb", "a\0b", "x" * 5000])
def test_what_can_be_no_id_is_not_there(reports, partition, period):
    assert reports.get(partition, period) is None


def test_what_can_be_no_partition_is_empty(files, reports):
    assert reports.get("x" * 5000, "2026-11") is None
    assert files.newest(10, dataset="x" * 5000) == []
