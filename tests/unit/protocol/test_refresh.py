"""Refresh: reports show what counts, change in one step, and one that fails does not hold up the others."""

import logging
from dataclasses import replace
from typing import Any

import pytest

from shared.definitions.model import Metric
from shared.errors import PlatformError

A, B = "sales/a.csv", "sales/b.csv"
HEAD = "day,region,amount"
MONDAY = (HEAD, "2026-11-16,north,1")
TUESDAY = (HEAD, "2026-11-17,south,2")


@pytest.fixture
def ticking(monkeypatch: pytest.MonkeyPatch) -> None:
    moments = iter(range(1000))
    monkeypatch.setattr("shared.clock.now", lambda: f"2026-11-20T13:00:00.{next(moments):03d}Z")


def shown(document: Any) -> tuple[Any, ...]:
    """All that readers see of a report."""
    return (document.head(), document.groups)


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
    assert shown(after.value) == shown(before.value)
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
    at = pipeline.calls.index
    assert at("get_report") < at("read_partials") < at("save_report") < at("save_record")
    assert "all_records" in pipeline.calls[at("get_report") : at("read_partials")]


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
        if name == "read_partials" and not failed:
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
    before = shown(pipeline.reports.get("birds", "all").value)
    pipeline.world.all_records = lambda: tuple(sorted(pipeline.world.records.values(), reverse=True))
    pipeline.take_in("birds/a.csv", "weight", "0.1")
    assert shown(pipeline.reports.get("birds", "all").value) == before


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
    assert pipeline.record(A).stale == ("sales_by_day/2026-11-16",)
    pipeline.ingest(B)
    pipeline.refresh()
    assert pipeline.reports.get("sales_by_day", "2026-11-16").value.groups == ({"orders": 2, "revenue": 3},)


def test_a_changed_file_alone_is_read_again(pipeline: Any) -> None:
    for number in range(20):
        pipeline.another().ingest(pipeline.upload(f"sales/{number}.csv", *MONDAY))
    pipeline.another().refresh()
    pipeline.another().ingest(pipeline.upload("sales/7.csv", HEAD, "2026-11-16,north,100"))
    read: list[str] = []
    reads = pipeline.world.read_partials
    pipeline.world.read_partials = lambda names: (read.extend(names), reads(names))[1]
    pipeline.refresh()
    assert pipeline.rows() == {"2026-11-16": {"north": 119}}
    assert sorted("node" if "/tree/" in name else "share" for name in read) == ["node", "share"]


def test_many_stale_reports_are_refreshed_in_batches(pipeline: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("shared.reports.refresh.BATCH", 2)
    days = [f"2026-11-{day:02d}" for day in range(1, 8)]
    pipeline.take_in(A, HEAD, *(f"{day},north,1" for day in days))
    assert pipeline.rows() == {day: {"north": 1} for day in days}
    assert pipeline.record(A).stale == ()


def test_several_workers_do_the_same_as_one(pipeline: Any) -> None:
    days = [f"2026-11-{day:02d}" for day in range(1, 29)]
    for name in (A, B):
        pipeline.ingest(pipeline.upload(name, HEAD, *(f"{day},north,1" for day in days)))
    pipeline.refresher(workers=4).refresh()
    assert pipeline.rows() == {day: {"north": 2} for day in days}
    assert (pipeline.record(A).stale, pipeline.record(B).stale) == ((), ())


def test_what_has_waited_longest_comes_first(pipeline: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    times = iter([3000, 1000, 2000])
    monkeypatch.setattr("shared.clock.now_ms", lambda: next(times))
    for name, day in ((A, "16"), (B, "17"), ("sales/c.csv", "18")):
        pipeline.ingest(pipeline.upload(name, HEAD, f"2026-11-{day},north,1"))
    assert [stale.pair[-2:] for stale in pipeline.records.stale_pairs()] == ["17", "18", "16"]


def test_a_report_waits_while_a_column_of_it_has_another_type_in_some_files(pipeline: Any) -> None:
    """States of both types have the same names, but not the same meaning."""
    pipeline.take_in(A, *MONDAY)
    pipeline.take_in(B, *MONDAY)
    (sales,) = pipeline.definitions.datasets
    columns = tuple(replace(c, type="decimal", scale=1) if c.name == "amount" else c for c in sales.columns)
    pipeline.definitions = replace(pipeline.definitions, datasets=(replace(sales, columns=columns),))
    pipeline.ingest(A)
    pipeline.refresh()
    assert pipeline.rows() == {"2026-11-16": {"north": 2}}
    pipeline.ingest(B)
    pipeline.refresh()
    assert pipeline.rows() == {"2026-11-16": {"north": "2.0"}}


def test_a_definition_that_changes_no_state_needs_no_waiting(pipeline: Any) -> None:
    pipeline.take_in(A, *MONDAY)
    pipeline.take_in(B, *MONDAY)
    (sales,) = pipeline.definitions.datasets
    pipeline.definitions = replace(pipeline.definitions, datasets=(replace(sales, max_rejected=0.9),))
    pipeline.take_in(A, HEAD, "2026-11-16,north,5")
    assert pipeline.rows() == {"2026-11-16": {"north": 6}}


def test_what_is_left_when_the_time_is_over_waits_for_the_next_run(
    pipeline: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    pipeline.ingest(pipeline.upload(A, HEAD, "2026-11-16,north,1", "2026-11-17,north,2"))
    seconds = [0.0]
    monkeypatch.setattr("time.monotonic", lambda: seconds[0])

    def take_a_minute(_number: int, name: str) -> None:
        if name == "save_report":
            seconds[0] += 60

    pipeline.before = take_a_minute
    assert pipeline.refresher(budget=30).refresh() == 1
    assert (len(pipeline.rows()), len(pipeline.record(A).stale)) == (1, 1)
    assert pipeline.refresher(budget=90).refresh() == 1
    assert (len(pipeline.rows()), pipeline.record(A).stale) == (2, ())


def test_a_record_that_was_only_claimed_meanwhile_is_cleared_all_the_same(pipeline: Any) -> None:
    """What the report shows is still what counts."""
    pipeline.another().ingest(pipeline.upload(A, *MONDAY))

    def claim(_number: int, name: str) -> None:
        if name == "save_report":
            stored = pipeline.another().records.get("sales", pipeline.record(A).id)
            again = stored.value.claimed(None, "new", 1 << 50, "now", None)
            pipeline.another().records.save(again, stored.etag)

    pipeline.before = claim
    pipeline.refresh()
    assert pipeline.record(A).stale == ()


def test_a_tree_that_has_lost_a_node_is_made_anew_from_the_partials(pipeline: Any) -> None:
    pipeline.take_in(A, *MONDAY)
    pipeline.take_in(B, *MONDAY)
    for name in [name for name in pipeline.world.partials if "/tree/" in name]:
        del pipeline.world.partials[name]
    pipeline.take_in(A, HEAD, "2026-11-16,north,10")
    assert pipeline.rows() == {"2026-11-16": {"north": 11}}


def test_a_report_document_that_somebody_has_removed_is_made_anew_with_all_files(pipeline: Any) -> None:
    pipeline.take_in(A, *MONDAY)
    pipeline.take_in(B, *MONDAY)
    pipeline.world.reports.clear()
    pipeline.take_in(A, HEAD, "2026-11-16,north,10")
    assert pipeline.rows() == {"2026-11-16": {"north": 11}}


def test_nodes_that_nothing_speaks_of_any_more_are_removed(pipeline: Any) -> None:
    for amount in range(5):
        pipeline.take_in(A, HEAD, f"2026-11-16,north,{amount}")
    root = pipeline.reports.get("sales_by_day", "2026-11-16").value.tree
    nodes = [name for name in pipeline.world.partials if "/tree/" in name]
    assert nodes == [f"sales_by_day/2026-11-16/tree/{root}.parquet"]


def test_a_report_that_fails_says_so_and_keeps_what_it_shows(pipeline: Any) -> None:
    pipeline.take_in(A, *MONDAY)
    pipeline.another().ingest(pipeline.upload(A, HEAD, "2026-11-16,north,10"))
    lost = [name for name in pipeline.world.partials if "/tree/" not in name]
    saved = {name: pipeline.world.partials.pop(name) for name in lost}
    with pytest.raises(PlatformError):
        pipeline.refresh()
    document = pipeline.reports.get("sales_by_day", "2026-11-16").value
    assert document.head()["problem"]["code"] == "refresh_failed"
    assert pipeline.rows() == {"2026-11-16": {"north": 1}}
    pipeline.world.partials |= saved
    pipeline.refresh()
    assert "problem" not in pipeline.reports.get("sales_by_day", "2026-11-16").value.head()
    assert pipeline.rows() == {"2026-11-16": {"north": 10}}


def test_the_same_failure_is_noted_once(pipeline: Any) -> None:
    pipeline.another().ingest(pipeline.upload(A, *MONDAY))
    pipeline.world.partials.clear()
    for _ in range(3):
        with pytest.raises(PlatformError):
            pipeline.refresh()
    assert pipeline.calls.count("save_report") == 1


def test_a_report_that_is_moved_to_another_dataset_shows_that_one(pipeline: Any) -> None:
    pipeline.take_in(A, *MONDAY)
    (sales,), (report,) = pipeline.definitions.datasets, pipeline.definitions.reports
    returns = replace(sales, name="returns", files="returns/**")
    pipeline.definitions = replace(
        pipeline.definitions, datasets=(sales, returns), reports=(replace(report, dataset="returns"),)
    )
    pipeline.take_in("returns/a.csv", HEAD, "2026-11-16,south,7")
    assert pipeline.rows() == {"2026-11-16": {"south": 7}}
    pipeline.ingest(A)
    pipeline.refresh()
    assert pipeline.rows() == {"2026-11-16": {"south": 7}}
    assert pipeline.record(A).stale == ()
