"""Spans: what an invocation tells, whose children its stages are, what links and exceptions say."""

import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from opentelemetry.trace import SpanKind, StatusCode

from shared.errors import NotFound, PlatformError
from shared.telemetry.names import Stage
from shared.telemetry.tracing import LINKS, event, here, invocation, span, streamed

ROOT = Path(__file__).parents[3]
TRACE, PARENT = "0af7651916cd43dd8448eb211c80319c", "b7ad6b7169203331"
HEAD = "day,region,amount"


# What an ingest tells


@pytest.fixture
def ingested(pipeline: Any, told: Any, context: Any) -> Any:
    """The record of a file with one good and one bad row, as an invocation has left it."""
    with invocation("ingest", context, "datasource"):
        return pipeline.ingest(pipeline.upload("sales/a.csv", HEAD, "2026-11-16,north,1", "2026-11-16,north,x"))


def test_an_ingest_has_a_span_for_each_of_its_stages(ingested: Any, told: Any) -> None:
    assert told.tree == {
        "ingest": None,
        "ingest file": "ingest",
        "claim": "ingest file",
        "parse": "ingest file",
        "download": "parse",
        "publish": "ingest file",
        "commit": "ingest file",
    }


def test_the_spans_are_part_of_the_hosts_trace(ingested: Any, told: Any) -> None:
    assert {format(span.context.trace_id, "032x") for span in told.spans} == {TRACE}
    assert format(told.span("ingest").parent.span_id, "016x") == PARENT


def test_an_invocation_tells_what_the_conventions_for_functions_ask_for(ingested: Any, told: Any) -> None:
    attributes = dict(told.span("ingest").attributes)
    assert isinstance(attributes.pop("faas.coldstart"), bool)
    assert attributes == {"faas.trigger": "datasource", "faas.invocation_id": "d8f7"}


def test_an_ingest_tells_which_file_it_was_and_what_became_of_it(ingested: Any, told: Any) -> None:
    attributes = dict(told.span("ingest file").attributes)
    assert attributes.pop("pipeline.generation") == ingested.generation
    assert attributes == {
        "file.path": "sales/a.csv",
        "file.size": ingested.size,
        "pipeline.file.id": ingested.id,
        "pipeline.dataset": "sales",
        "pipeline.status": "processed",
        "pipeline.rows": 2,
        "pipeline.records": 1,
        "pipeline.rejects": 1,
    }


def test_a_download_tells_how_long_storage_took_of_its_time(ingested: Any, told: Any) -> None:
    download = told.span("download")
    assert 0 <= download.attributes["pipeline.busy"] <= (download.end_time - download.start_time) / 1e9


def test_a_record_carries_the_span_that_made_it(ingested: Any, told: Any) -> None:
    assert ingested.shown()["traceId"] == TRACE
    assert ingested.span.span == format(told.span("claim").context.span_id, "016x")


def test_a_file_that_is_no_good_is_no_error(pipeline: Any, told: Any, context: Any) -> None:
    with invocation("ingest", context, "datasource"):
        pipeline.ingest(pipeline.upload("sales/a.csv", "no,such,column", "1,2,3"))
    assert {span.status.status_code for span in told.spans} == {StatusCode.UNSET}
    assert [span.events for span in told.spans if span.events] == []
    assert told.span("ingest file").attributes["pipeline.status"] == "rejected"
    assert told.span("parse").attributes["pipeline.code"] == "missing_column"


# What a refresh tells


def test_a_refresh_has_a_span_for_each_report(pipeline: Any, told: Any, context: Any) -> None:
    pipeline.ingest(pipeline.upload("sales/a.csv", HEAD, "2026-11-16,north,1"))
    told.clear()
    with invocation("refresh", context, "timer"):
        pipeline.refresh()
    assert told.tree == {"refresh": None, "refresh report": "refresh"}
    assert dict(told.span("refresh report").attributes) == {
        "pipeline.report": "sales_by_day",
        "pipeline.period": "2026-11-16",
        "pipeline.dataset": "sales",
        "pipeline.files": 1,
        "pipeline.rows": 1,
    }


def test_a_refresh_links_to_the_ingests_that_made_it_necessary(pipeline: Any, told: Any, context: Any) -> None:
    for name in ("sales/a.csv", "sales/b.csv"):
        with invocation("ingest", None, "datasource"):
            pipeline.ingest(pipeline.upload(name, HEAD, "2026-11-16,north,1"))
    claims = {(span.context.trace_id, span.context.span_id) for span in told.spans if span.name == "claim"}
    told.clear()
    with invocation("refresh", context, "timer"):
        pipeline.refresh()
    links = {(link.context.trace_id, link.context.span_id) for link in told.span("refresh report").links}
    assert links == claims
    assert len(links) == 2


def test_no_span_has_more_links_than_are_kept(told: Any, context: Any) -> None:
    with invocation("refresh", context, "timer"):
        maker = here()
        with span("refresh report", links=[maker] * (LINKS + 1)):
            pass
    assert len(told.span("refresh report").links) == LINKS


# Where a trace begins and ends


@pytest.mark.parametrize(
    "context",
    [
        None,
        SimpleNamespace(invocation_id="1", trace_context=None),
        SimpleNamespace(invocation_id="1", trace_context=SimpleNamespace(trace_parent=None, trace_state=None)),
        SimpleNamespace(invocation_id="1", trace_context=SimpleNamespace(trace_parent="x-y", trace_state="")),
    ],
)
def test_without_the_hosts_trace_there_is_one_of_its_own(told: Any, context: Any) -> None:
    with invocation("ingest", context, "datasource"):
        assert here().trace not in (TRACE, "0" * 32)


def test_one_invocation_does_not_leak_into_the_next(told: Any, context: Any) -> None:
    with invocation("ingest", context, "datasource"):
        pass
    assert here() is None


def test_a_trace_that_the_host_does_not_keep_is_not_kept(told: Any) -> None:
    not_sampled = SimpleNamespace(trace_parent=f"00-{TRACE}-{PARENT}-00", trace_state="")
    with invocation("ingest", SimpleNamespace(invocation_id="1", trace_context=not_sampled), "datasource"):
        assert here().trace == TRACE
    assert told.spans == ()


# Errors


def test_a_fault_is_told_once_by_the_span_it_came_from(told: Any, context: Any) -> None:
    def read() -> None:
        try:
            with span("read_item files", client=True):
                raise TimeoutError("nobody answers")
        except TimeoutError as error:
            raise PlatformError("Cosmos DB does not answer.") from error

    with pytest.raises(PlatformError), invocation("ingest", context, "datasource"), span("commit"):
        read()
    exceptions = [(span.name, event.name) for span in told.spans for event in span.events]
    assert exceptions == [("read_item files", "exception")]
    assert {span.status.status_code for span in told.spans} == {StatusCode.ERROR}
    assert told.span("commit").attributes["error.type"] == "unavailable"


def test_what_the_app_is_for_is_no_error(told: Any, context: Any) -> None:
    with pytest.raises(NotFound), invocation("get_file", context, "http"):
        raise NotFound("There is no such file.")
    found = told.span("get_file")
    assert (found.status.status_code, found.events) == (StatusCode.UNSET, ())
    assert found.attributes["pipeline.code"] == "not_found"


def test_a_call_of_another_service_is_a_clients_span(told: Any) -> None:
    with span("read_item files", client=True):
        pass
    assert told.span("read_item files").kind is SpanKind.CLIENT


def test_what_happens_meanwhile_is_an_event_of_the_span(told: Any) -> None:
    with span("read_item files"):
        event("retry", {"error.type": "503"})
    assert [(event.name, dict(event.attributes)) for event in told.span("read_item files").events] == [
        ("retry", {"error.type": "503"})
    ]


# Stages that give items one by one


def test_spans_belong_to_a_streamed_stage_only_while_it_makes_an_item(told: Any) -> None:
    def items() -> Any:
        with span("request"):
            yield 1

    with span("parse"):
        for _ in streamed(Stage.DOWNLOAD, items()):
            with span("check"):
                pass
    assert told.tree == {"parse": None, "download": "parse", "request": "download", "check": "parse"}


def test_a_streamed_stage_ends_when_nobody_wants_more(told: Any) -> None:
    closed = []

    def items() -> Any:
        try:
            while True:
                yield 1
        finally:
            closed.append(True)

    stream = streamed(Stage.DOWNLOAD, items())
    next(stream)
    stream.close()
    assert closed == [True]
    assert told.span("download").status.status_code is StatusCode.UNSET


def test_a_fault_of_a_streamed_stage_is_told_there(told: Any) -> None:
    def items() -> Any:
        yield 1
        raise PlatformError("Blob Storage does not answer.")

    with pytest.raises(PlatformError), span("parse"):
        list(streamed(Stage.DOWNLOAD, items()))
    assert [(span.name, len(span.events)) for span in told.spans] == [("download", 1), ("parse", 0)]


# Without telemetry

WITHOUT = f"""
import os, sys
from types import SimpleNamespace
from shared.telemetry import metrics
from shared.telemetry.tracing import here, invocation, span, streamed
os.environ |= {{"Storage": "x", "COSMOS_ENDPOINT": "https://account"}}
for name in ("APPLICATIONINSIGHTS_CONNECTION_STRING", "OTEL_EXPORTER_OTLP_ENDPOINT"):
    os.environ.pop(name, None)
trace = SimpleNamespace(trace_parent="00-{TRACE}-{PARENT}-01", trace_state="")
context = SimpleNamespace(invocation_id="1", trace_context=trace)
with invocation("ingest", context, "datasource") as whole, span("claim", links=[here()]) as claim:
    claim.set_attributes({{"a": 1}})
    metrics.settled("sales", "processed")
    assert list(streamed("download", iter([1, 2]))) == [1, 2]
    assert here().trace == "{TRACE}"
print([name for name in sys.modules if name.startswith(("opentelemetry", "azure"))])
"""


def test_without_a_receiver_nothing_is_imported_and_the_hosts_trace_is_still_known() -> None:
    done = subprocess.run([sys.executable, "-c", WITHOUT], cwd=ROOT, capture_output=True, text=True, check=False)
    assert (done.stderr, done.stdout.strip()) == ("", "[]")
