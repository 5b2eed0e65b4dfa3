"""Traces as they are kept: put together from spans that come in any order, found again, forgotten in time."""

from typing import Any

import pytest

from devstack.telemetry.metrics import Metrics
from devstack.telemetry.model import Link
from devstack.telemetry.store import Search, TraceStore
from devstack.telemetry.trace import LOGS_AT_MOST, SPANS_AT_MOST, Trace
from tests.devstack.telemetry_data import START, a_line, a_point, a_span, trace_id

INVOCATION = {"faas.trigger": "datasource"}


def trace_of(*spans) -> Trace:
    trace = Trace(trace_id(1))
    for span in spans:
        trace.add_span(span)
    return trace


def tree(trace: Trace) -> list[tuple[int, str]]:
    return [(row.depth, row.span.name) for row in trace.rows()]


def store_of(*spans, **limits: int) -> TraceStore:
    store = TraceStore(**limits)
    for span in spans:
        store.add_spans([span])
    return store


def found(store: TraceStore, **search: str) -> list[str]:
    return [summary.trace_id for summary in store.search(Search(**search))]


def test_spans_are_a_tree_by_parent_and_then_by_time_in_whatever_order_they_came():
    trace = trace_of(
        a_span(span=4, parent=3, name="PUT", after=30),
        a_span(span=3, parent=1, name="publish", after=20),
        a_span(span=2, parent=1, name="claim", after=10),
        a_span(span=1, name="ingest"),
    )
    assert tree(trace) == [(0, "ingest"), (1, "claim"), (1, "publish"), (2, "PUT")]


def test_a_parent_that_never_came_leaves_a_top_that_says_so():
    trace = trace_of(a_span(span=2, parent=9, name="ingest"), a_span(span=3, parent=2, name="claim"))
    assert [(row.depth, row.is_orphan) for row in trace.rows()] == [(0, True), (1, False)]


def test_a_span_without_a_parent_is_no_orphan():
    assert [row.is_orphan for row in trace_of(a_span()).rows()] == [False]


def test_spans_that_are_their_own_ancestors_are_shown_once_each():
    trace = trace_of(a_span(span=1, parent=2, name="a"), a_span(span=2, parent=1, name="b", after=1))
    assert tree(trace) == [(0, "a"), (1, "b")]


def test_a_chain_of_many_thousands_of_spans_is_a_tree_too():
    spans = (a_span(span=number, parent=number - 1 or None) for number in range(1, 15_001))
    assert trace_of(*spans).rows()[-1].depth == 14_999


def test_a_trace_is_named_by_its_invocation_even_where_a_stage_began_at_the_same_time():
    stage = a_span(span=2, parent=8, name="claim")
    assert trace_of(stage, a_span(span=1, parent=9, name="ingest", attributes=INVOCATION)).summary.function == "ingest"


def test_a_trace_lasts_from_its_first_span_to_its_last():
    summary = trace_of(a_span(span=1, after=5, lasts=10), a_span(span=2, after=12, lasts=30)).summary
    assert (summary.start - START, summary.end - START) == (5_000_000, 42_000_000)


def test_a_trace_knows_files_and_datasets_from_any_of_its_spans_each_once():
    summary = trace_of(
        a_span(span=1, attributes={"file.path": "a.csv", "pipeline.dataset": "sales"}),
        a_span(span=2, attributes={"file.path": "b.csv", "pipeline.dataset": "sales"}),
    ).summary
    assert (summary.files, summary.datasets) == (("a.csv", "b.csv"), ("sales",))


def test_spans_with_status_error_are_counted():
    assert trace_of(a_span(span=1, status="error"), a_span(span=2, status="ok")).summary.errors == 1


def test_a_summary_follows_what_arrives_later():
    trace = trace_of(a_span(span=1))
    before = trace.summary.spans
    trace.add_span(a_span(span=2))
    assert (before, trace.summary.spans) == (1, 2)


def test_a_span_that_is_sent_again_counts_once():
    assert len(trace_of(a_span(span=1), a_span(span=1))) == 1


def test_spans_beyond_the_limit_of_a_trace_are_counted_and_not_kept():
    trace = trace_of(*(a_span(span=number) for number in range(1, SPANS_AT_MOST + 4)))
    assert (len(trace), trace.left_out) == (SPANS_AT_MOST, 3)


def test_log_lines_beyond_the_limit_of_a_trace_are_counted_and_not_kept():
    trace = Trace(trace_id(1))
    for _ in range(LOGS_AT_MOST + 2):
        trace.add_log(a_line())
    assert (len(trace.logs), trace.left_out) == (LOGS_AT_MOST, 2)


def test_the_newest_trace_comes_first():
    assert found(store_of(a_span(1, after=10), a_span(2, after=30), a_span(3, after=20))) == [
        trace_id(2),
        trace_id(3),
        trace_id(1),
    ]


@pytest.mark.parametrize(
    "search",
    [
        {"file": "ORDERS"},
        {"file": " 2026.csv "},
        {"file": "orders-2026-x7"},
        {"trace_id": trace_id(1)},
        {"trace_id": trace_id(1)[:31]},
        {"function": "Ingest"},
        {"status": "error"},
        {"status": "failed"},
        {"file": "orders", "status": "error", "function": "ingest"},
    ],
)
def test_a_trace_is_found_by(search: dict[str, str]):
    attributes = {"file.path": "Orders/2026.csv", "pipeline.file.id": "orders-2026-x7", "pipeline.status": "failed"}
    other = a_span(0x20, name="refresh")
    assert found(store_of(a_span(name="ingest", status="error", attributes=attributes), other), **search) == [
        trace_id(1)
    ]


@pytest.mark.parametrize(
    "search",
    [{"file": "other"}, {"trace_id": "ff"}, {"function": "refresh"}, {"status": "error"}, {"status": "failed"}],
)
def test_a_trace_is_not_found_by(search: dict[str, str]):
    store = store_of(a_span(name="ingest", attributes={"file.path": "a.csv", "pipeline.status": "processed"}))
    assert found(store, **search) == []


def test_ok_finds_traces_without_an_error():
    assert found(store_of(a_span(1, status="error"), a_span(2)), status="ok") == [trace_id(2)]


@pytest.mark.parametrize(
    ("changes", "is_idle"),
    [
        ({}, True),
        ({"status": "error"}, False),
        ({"links": (Link(trace_id(1), "", {}),)}, False),
        ({"attributes": {"file.path": "a.csv"}}, False),
        ({"attributes": {"pipeline.report": "sales"}}, False),
    ],
)
def test_a_run_of_a_timer_is_idle_where_it_met_no_file_no_report_and_no_error(changes: dict[str, Any], is_idle: bool):
    timer = a_span(span=1, name="refresh", attributes={"faas.trigger": "timer"})
    assert trace_of(timer, a_span(span=2, parent=1, **changes)).summary.is_idle == is_idle


def test_what_no_timer_started_is_never_idle():
    assert not trace_of(a_span(attributes=INVOCATION)).summary.is_idle


def test_the_traces_that_link_to_one_are_known():
    link = Link(trace_id(1), "1" * 16, {})
    store = store_of(a_span(1), a_span(2, name="refresh", links=(link,)), a_span(3, name="refresh"))
    assert [summary.trace_id for summary in store.linking_to(trace_id(1))] == [trace_id(2)]


def test_beyond_the_limit_the_oldest_trace_goes():
    store = store_of(*(a_span(number) for number in range(1, 6)), traces_at_most=3)
    assert found(store) == [trace_id(3), trace_id(4), trace_id(5)]


def test_a_timer_that_runs_all_the_time_does_not_push_out_the_one_ingest():
    store = store_of(a_span(1, name="ingest"), *(a_span(n, name="refresh") for n in range(2, 9)), traces_at_most=3)
    assert found(store, function="ingest") == [trace_id(1)]


def test_beyond_the_limit_of_spans_the_oldest_trace_goes():
    store = TraceStore(spans_at_most=10)
    for trace in (1, 2, 3):
        store.add_spans([a_span(trace, span) for span in range(1, 5)])
    assert found(store) == [trace_id(2), trace_id(3)]


def test_a_trace_of_log_lines_alone_is_not_listed_until_a_span_has_come():
    store = TraceStore()
    store.add_logs([a_line(trace=1)])
    before = found(store)
    store.add_spans([a_span(1)])
    assert (before, found(store)) == ([], [trace_id(1)])


def totals(*points) -> dict[str, float]:
    metrics = Metrics()
    metrics.add(points)
    return {reading.metric: reading.total for reading in metrics.readings()}


def test_of_a_counter_the_newest_value_counts():
    assert totals(a_point("rows", 5), a_point("rows", 8)) == {"rows": 8}


def test_a_counter_goes_on_where_a_host_that_started_again_counts_from_nothing():
    assert totals(a_point("rows", 5), a_point("rows", 2, start=START + 9)) == {"rows": 7}


def test_deltas_are_added_up():
    assert totals(a_point("rows", 5, is_delta=True), a_point("rows", 2, is_delta=True, start=START + 9)) == {"rows": 7}


def test_of_a_gauge_the_newest_value_counts_whoever_sent_it():
    assert totals(a_point("age", 5, kind="gauge"), a_point("age", 2, kind="gauge", start=START + 9)) == {"age": 2}


def test_series_of_different_attributes_stay_apart():
    metrics = Metrics()
    metrics.add([a_point(attributes=(("pipeline.dataset", name),)) for name in ("sales", "stock")])
    assert len(metrics.readings()) == 2


def test_the_oldest_series_goes_where_there_are_too_many():
    metrics = Metrics(series_at_most=2)
    metrics.add([a_point(name) for name in ("a", "b", "c")])
    assert [reading.metric for reading in metrics.readings()] == ["b", "c"]
