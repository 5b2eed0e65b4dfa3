"""Refresh: reports show what counts, change in one step, and one that fails does not hold up the others."""

import logging
from dataclasses import replace
from typing import Any

import pytest

from shared.definitions.model import Metric
from shared.errors import DocumentTooLarge, PlatformError

A, B = "sales/a.csv", "sales/b.csv"
HEAD = "day,region,amount"
MONDAY = (HEAD, "2026-11-16,north,1")
TUESDAY = (HEAD, "2026-11-17,south,2")


@pytest.fixture
def ticking(monkeypatch: pytest.MonkeyPatch) -> None:
    moments = iter(range(1000))
    monkeypatch.setattr("shared.clock.now", lambda: f"2026-11-20T13:00:00.{next(moments):03d}Z")


def test_a_report_adds_up_its_files(pipeline: Any) -> None:
    pipeline.take_in(A, *MONDAY)
    pipeline.take_in(B, HEAD, "2026-11-16,north,4", "2026-11-16,,8")
    assert pipeline.rows() == {"2026-11-16": {"north": 5, None: 8}}


def test_a_replaced_files_share_is_replaced(pipeline: Any) -> None:
    pipeline.take_in(A, *MONDAY)
    pipeline.take_in(B, HEAD, "2026-11-16,north,4")
    pipeline.take_in(A, HEAD, "2026-11-16,north,10")
    assert pipeline.rows() == {"2026-11-16": {"north": 14}}


def test_periods_that_a_new_version_has_no_rows_in_are_cleared(pipeline: Any) -> None:
    pipeline.take_in(A, *MONDAY)
    pipeline.take_in(A, *TUESDAY)
    assert pipeline.rows() == {"2026-11-17": {"south": 2}}


def test_an_empty_report_is_kept_as_an_empty_document(pipeline: Any) -> None:
    pipeline.take_in(A, *MONDAY)
    pipeline.take_in(A, *TUESDAY)
    kept = pipeline.reports.get("sales_by_day", "2026-11-16").value
    assert (kept.rows, kept.files, kept.groups) == (0, 0, ())


def test_nothing_is_stale_afterwards(pipeline: Any) -> None:
    pipeline.take_in(A, *MONDAY)
    pipeline.take_in(A, *TUESDAY)
    assert pipeline.record(A).stale == ()


def test_a_refresh_of_nothing_reads_no_report(pipeline: Any) -> None:
    pipeline.take_in(A, *MONDAY)
    assert (pipeline.refresh(), pipeline.calls) == (0, ["all_records"])


def test_a_report_of_the_same_content_keeps_the_time_of_its_last_change(pipeline: Any, ticking: None) -> None:
    pipeline.take_in(A, *MONDAY)
    before = pipeline.reports.get("sales_by_day", "2026-11-16")
    pipeline.take_in(A, *MONDAY)
    after = pipeline.reports.get("sales_by_day", "2026-11-16")
    assert after.value == before.value
    assert after.etag != before.etag, "a worker that stalled with the old ETag could still write"


def test_a_report_of_other_content_has_a_new_time(pipeline: Any, ticking: None) -> None:
    pipeline.take_in(A, *MONDAY)
    before = pipeline.reports.get("sales_by_day", "2026-11-16").value
    pipeline.take_in(A, HEAD, "2026-11-16,north,9")
    assert pipeline.reports.get("sales_by_day", "2026-11-16").value.updated_at > before.updated_at


def test_the_report_is_read_before_the_records(pipeline: Any) -> None:
    """Else its ETag would not vouch for them."""
    pipeline.another().ingest(pipeline.upload(A, *MONDAY))
    pipeline.refresh()
    assert pipeline.calls == ["all_records", "get_report", "all_records", "partial", "save_report", "save_record"]


def test_a_record_that_changes_meanwhile_stays_stale(pipeline: Any) -> None:
    pipeline.another().ingest(pipeline.upload(A, *MONDAY))

    def commit_another(_number: int, name: str) -> None:
        if name == "save_report":
            pipeline.another().ingest(pipeline.upload(A, *TUESDAY))

    pipeline.before = commit_another
    pipeline.refresh()
    assert pipeline.record(A).stale == ("sales_by_day/2026-11-16", "sales_by_day/2026-11-17")
    pipeline.another().refresh()
    assert pipeline.rows() == {"2026-11-17": {"south": 2}}


def test_a_report_that_another_refresh_has_changed_is_left_to_it(pipeline: Any) -> None:
    pipeline.another().ingest(pipeline.upload(A, *MONDAY))

    def refresh_first(_number: int, name: str) -> None:
        if name == "save_report":
            pipeline.another().refresh()

    pipeline.before = refresh_first
    pipeline.refresh()
    assert "save_record" not in pipeline.calls
    assert pipeline.rows() == {"2026-11-16": {"north": 1}}


@pytest.mark.parametrize("error", [PlatformError("Storage does not answer."), ZeroDivisionError("a mistake")])
def test_one_report_that_fails_does_not_hold_up_the_others(pipeline: Any, error: Exception) -> None:
    pipeline.another().ingest(pipeline.upload(A, *MONDAY, "2026-11-17,south,2"))
    failed: list[str] = []

    def hook(_number: int, name: str) -> None:
        if name == "partial" and not failed:
            failed.append(name)
            raise error

    pipeline.before = hook
    with pytest.raises(type(error)):
        pipeline.refresh()
    assert pipeline.rows() == {"2026-11-17": {"south": 2}}
    assert pipeline.record(A).stale == ("sales_by_day/2026-11-16",)


def test_a_report_that_fails_is_named_in_the_log(pipeline: Any, caplog: pytest.LogCaptureFixture) -> None:
    pipeline.another().ingest(pipeline.upload(A, *MONDAY))
    pipeline.world.partials.clear()
    with caplog.at_level(logging.ERROR), pytest.raises(PlatformError):
        pipeline.refresh()
    assert "Could not refresh sales_by_day/2026-11-16" in caplog.text


@pytest.mark.parametrize("step", range(1, 11))
def test_a_crash_before_any_step_is_made_good_by_the_next_run(
    pipeline: Any, crash: type[BaseException], step: int
) -> None:
    pipeline.take_in(A, *MONDAY)
    pipeline.another().ingest(pipeline.upload(A, *TUESDAY))

    def hook(number: int, _name: str) -> None:
        if number == step:
            raise crash

    pipeline.before = hook
    with pytest.raises(crash):
        pipeline.refresh()
    pipeline.another().refresh()
    assert pipeline.rows() == {"2026-11-17": {"south": 2}}
    assert pipeline.record(A).stale == ()


def test_sums_of_floats_do_not_depend_on_the_order_of_the_records(pipeline: Any, ticking: None) -> None:
    for name, weight in (("birds/a.csv", "0.1"), ("birds/b.csv", "0.2"), ("birds/c.csv", "0.3")):
        pipeline.take_in(name, "weight", weight)
    before = pipeline.reports.get("birds", "all").value
    pipeline.world.all_records = lambda: tuple(sorted(pipeline.world.records.values(), reverse=True))
    pipeline.take_in("birds/a.csv", "weight", "0.1")
    assert pipeline.reports.get("birds", "all").value == before


def test_everything_comes_back_from_the_blobs_after_the_database_was_emptied(pipeline: Any) -> None:
    pipeline.take_in(A, *MONDAY)
    pipeline.take_in(B, *TUESDAY)
    before = pipeline.rows()
    pipeline.world.empty_database()
    pipeline.reconcile()
    pipeline.refresh()
    assert pipeline.rows() == before


def test_a_report_waits_until_its_files_are_ingested_under_its_new_definition(pipeline: Any) -> None:
    pipeline.take_in(A, *MONDAY)
    pipeline.take_in(B, *TUESDAY)
    (report,) = pipeline.definitions.reports
    largest = (*report.metrics, Metric("largest", "max", "amount"))
    pipeline.definitions = replace(pipeline.definitions, reports=(replace(report, metrics=largest),))
    pipeline.ingest(A)
    pipeline.refresh()
    assert pipeline.rows() == {"2026-11-16": {"north": 1}, "2026-11-17": {"south": 2}}
    pipeline.ingest(B)
    pipeline.refresh()
    assert pipeline.reports.get("sales_by_day", "2026-11-17").value.groups[0]["largest"] == 2
    assert (pipeline.record(A).stale, pipeline.record(B).stale) == ((), ())


def test_a_report_with_other_groups_waits_as_well(pipeline: Any) -> None:
    pipeline.take_in(A, *MONDAY)
    pipeline.take_in(B, HEAD, "2026-11-16,south,2")
    (report,) = pipeline.definitions.reports
    pipeline.definitions = replace(pipeline.definitions, reports=(replace(report, group_by=()),))
    pipeline.ingest(A)
    pipeline.refresh()
    assert pipeline.rows() == {"2026-11-16": {"north": 1, "south": 2}}
    pipeline.ingest(B)
    pipeline.refresh()
    assert pipeline.reports.get("sales_by_day", "2026-11-16").value.groups == ({"orders": 2, "revenue": 3},)


def test_a_report_that_is_too_large_keeps_its_totals_and_says_so(pipeline: Any) -> None:
    def refuse(_number: int, name: str) -> None:
        if name == "save_report" and pipeline.calls.count("save_report") == 1:
            raise DocumentTooLarge("The document has 2,000,000 bytes.")

    pipeline.ingest(pipeline.upload(A, *MONDAY))
    pipeline.before = refuse
    pipeline.refresh()
    kept = pipeline.reports.get("sales_by_day", "2026-11-16").value
    assert (kept.rows, kept.totals, kept.groups) == (1, {"orders": 1, "revenue": 1}, ())
    assert kept.problem.code == "report_too_large"
    assert kept.head()["problem"]["message"].startswith("1 groups are left out: The document has 2,000,000 bytes.")
    assert pipeline.record(A).stale == ()
