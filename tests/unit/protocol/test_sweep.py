"""Sweep: what crashes have left goes, what counts or may come to count stays."""

import datetime as dt
from typing import Any

import pytest

A = "sales/a.csv"
HEAD = "day,region,amount"


def files_of(pipeline: Any) -> list[str]:
    return sorted(name for name in pipeline.world.partials if "/tree/" not in name)


def nodes_of(pipeline: Any) -> list[str]:
    return sorted(name for name in pipeline.world.partials if "/tree/" in name)


def crash_before(pipeline: Any, crash: type[BaseException], call: str) -> Any:
    """Another worker, that ends when it comes to this call."""
    worker = pipeline.another()

    def hook(_step: int, name: str) -> None:
        if name == call:
            raise crash

    worker.before = hook
    return worker


def test_partials_of_a_generation_that_was_overtaken_go(pipeline: Any) -> None:
    pipeline.take_in(A, HEAD, "2026-11-16,north,1")
    first = files_of(pipeline)
    pipeline.take_in(A, HEAD, "2026-11-16,north,2")
    pipeline.sweep()
    assert len(files_of(pipeline)) == 1
    assert files_of(pipeline) != first


def test_partials_of_a_worker_that_crashed_go_when_another_has_taken_over(
    pipeline: Any, crash: type[BaseException]
) -> None:
    pipeline.upload(A, HEAD, "2026-11-16,north,1", "2026-11-17,north,1")
    with pytest.raises(crash):
        crash_before(pipeline, crash, "publish").ingest(A)
    left = files_of(pipeline)
    pipeline.take_in(A, HEAD, "2026-11-16,north,2")
    pipeline.sweep()
    assert len(left) == 2
    assert not set(left) & set(files_of(pipeline))


def test_partials_of_a_worker_that_may_still_commit_stay(pipeline: Any, crash: type[BaseException]) -> None:
    pipeline.upload(A, HEAD, "2026-11-16,north,1")
    with pytest.raises(crash):
        crash_before(pipeline, crash, "publish").ingest(A)
    pipeline.sweep()
    assert len(files_of(pipeline)) == 1


def test_partials_that_no_record_speaks_of_stay(pipeline: Any) -> None:
    """With the database emptied they are taken for overtaken only when their files have been ingested again."""
    pipeline.take_in(A, HEAD, "2026-11-16,north,1")
    pipeline.world.empty_database()
    pipeline.sweep()
    assert len(files_of(pipeline)) == 1


def test_what_counts_is_as_true_after_a_sweep(pipeline: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("shared.reports.tree.MAX_ENTRIES", 4)
    for number in range(20):
        pipeline.take_in(f"sales/{number}.csv", HEAD, f"2026-11-16,north,{number}")
    pipeline.sweep()
    pipeline.take_in("sales/7.csv", HEAD, "2026-11-16,north,107")
    assert pipeline.rows() == {"2026-11-16": {"north": 190 + 100}}


def test_nodes_of_a_refresh_that_crashed_go(pipeline: Any, crash: type[BaseException]) -> None:
    pipeline.take_in(A, HEAD, "2026-11-16,north,1")
    counting = nodes_of(pipeline)
    pipeline.another().ingest(pipeline.upload(A, HEAD, "2026-11-16,north,2"))
    with pytest.raises(crash):
        crash_before(pipeline, crash, "save_report").refresh()
    assert len(nodes_of(pipeline)) == 2
    pipeline.sweep()
    assert nodes_of(pipeline) == counting


def test_what_is_young_stays(pipeline: Any) -> None:
    pipeline.take_in(A, HEAD, "2026-11-16,north,1")
    pipeline.take_in(A, HEAD, "2026-11-16,north,2")
    pipeline.world.modified = dt.datetime.now(dt.UTC)
    assert pipeline.sweep() == 0


def test_pages_that_no_document_names_go(pipeline: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("shared.reports.document.PAGE_BYTES", 100)
    rows = [f"2026-11-16,r{number:03d},1" for number in range(20)]
    pipeline.take_in(A, HEAD, *rows)
    pipeline.take_in("sales/b.csv", HEAD, "2026-11-16,r000,1")
    pipeline.sweep()
    document = pipeline.reports.get("sales_by_day", "2026-11-16").value
    pages = [key for _, key in pipeline.world.reports if "_" in key]
    assert len(pages) == len(document.pages.sizes)
    assert all(document.pages.edition in page for page in pages)
