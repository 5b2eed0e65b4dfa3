"""Telemetry: nothing without its setting; with it, a span for each stage in the trace of the host."""

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from opentelemetry import trace
from opentelemetry.sdk.trace import ReadableSpan, TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

from shared import telemetry
from shared.settings import CosmosSettings, Settings, StorageSettings

ROOT = Path(__file__).parents[2]
TRACE = "0af7651916cd43dd8448eb211c80319c"
CONTEXT = SimpleNamespace(trace_parent=f"00-{TRACE}-b7ad6b7169203331-01", trace_state="")
HEAD = "day,region,amount"


def settings(application_insights: str | None) -> Settings:
    return Settings(
        storage=StorageSettings("x"),
        cosmos=CosmosSettings("https://account", "pipeline"),
        datasets_file=None,
        blob_trigger_source="EventGrid",
        max_file_bytes=1,
        application_insights=application_insights,
    )


@pytest.fixture
def exporter(monkeypatch: pytest.MonkeyPatch) -> Iterator[InMemorySpanExporter]:
    """Telemetry that is on, and keeps its spans in memory instead of sending them."""
    kept = InMemorySpanExporter()
    provider = TracerProvider()
    provider.add_span_processor(SimpleSpanProcessor(kept))
    asked: list[dict[str, Any]] = []
    monkeypatch.setattr("azure.monitor.opentelemetry.configure_azure_monitor", lambda **options: asked.append(options))
    monkeypatch.setattr(trace, "get_tracer", provider.get_tracer)
    monkeypatch.setattr(telemetry, "_enabled", False)
    monkeypatch.setattr("shared.configuration.settings", lambda: settings("InstrumentationKey=1"))
    telemetry._configure_once.cache_clear()
    with telemetry.invocation("first", None):  # the first invocation of a process is traced as well
        assert telemetry.trace_id()
    assert [options["connection_string"] for options in asked] == ["InstrumentationKey=1"]
    kept.clear()
    yield kept
    telemetry._configure_once.cache_clear()


def tree(spans: tuple[ReadableSpan, ...]) -> dict[str, str | None]:
    """Each span's name and its parent's."""
    names = {span.context.span_id: span.name for span in spans if span.context}
    return {span.name: names.get(span.parent.span_id) if span.parent else None for span in spans}


def test_an_ingest_has_a_span_for_each_of_its_stages(pipeline: Any, exporter: InMemorySpanExporter) -> None:
    with telemetry.invocation("ingest", CONTEXT):
        pipeline.ingest(pipeline.upload("sales/a.csv", HEAD, "2026-11-16,north,1"))
    assert tree(exporter.get_finished_spans()) == {
        "ingest": None,
        "claim": "ingest",
        "read": "ingest",
        "publish": "ingest",
        "commit": "ingest",
    }


def test_a_refresh_has_a_span_for_each_report(pipeline: Any, exporter: InMemorySpanExporter) -> None:
    pipeline.ingest(pipeline.upload("sales/a.csv", HEAD, "2026-11-16,north,1"))
    exporter.clear()
    with telemetry.invocation("refresh", CONTEXT):
        pipeline.refresh()
    spans = exporter.get_finished_spans()
    assert tree(spans) == {"refresh": None, "refresh report": "refresh"}
    assert dict(spans[0].attributes or {}) == {"report": "sales_by_day", "period": "2026-11-16"}


def test_the_spans_are_part_of_the_hosts_trace(exporter: InMemorySpanExporter) -> None:
    with telemetry.invocation("ingest", CONTEXT), telemetry.span("claim"):
        pass
    assert {format(span.context.trace_id, "032x") for span in exporter.get_finished_spans() if span.context} == {TRACE}


def test_a_record_carries_the_id_of_the_trace_that_made_it(pipeline: Any, exporter: InMemorySpanExporter) -> None:
    with telemetry.invocation("ingest", CONTEXT):
        record = pipeline.ingest(pipeline.upload("sales/a.csv", HEAD, "2026-11-16,north,1"))
    assert record.trace_id == TRACE


@pytest.mark.parametrize("context", [None, SimpleNamespace(trace_parent=None, trace_state=None)])
def test_without_the_hosts_trace_there_is_one_of_its_own(exporter: InMemorySpanExporter, context: Any) -> None:
    with telemetry.invocation("ingest", context):
        assert telemetry.trace_id() not in (None, TRACE, telemetry.NO_TRACE)


def test_one_invocation_does_not_leak_into_the_next(exporter: InMemorySpanExporter) -> None:
    with telemetry.invocation("ingest", CONTEXT):
        pass
    assert telemetry.trace_id() is None


def test_an_error_ends_its_span_and_goes_on(exporter: InMemorySpanExporter) -> None:
    with pytest.raises(ZeroDivisionError), telemetry.invocation("ingest", CONTEXT):
        raise ZeroDivisionError
    (span,) = exporter.get_finished_spans()
    assert span.status.status_code is trace.StatusCode.ERROR


WITHOUT = f"""
import os, sys
from types import SimpleNamespace
from shared import telemetry
os.environ |= {{"Storage": "x", "COSMOS_ENDPOINT": "https://account"}}
os.environ.pop("APPLICATIONINSIGHTS_CONNECTION_STRING", None)
context = SimpleNamespace(trace_parent="{CONTEXT.trace_parent}", trace_state="")
with telemetry.invocation("ingest", context), telemetry.span("claim"):
    assert telemetry.trace_id() is None
print([name for name in sys.modules if name.startswith(("opentelemetry", "azure"))])
"""


def test_without_the_setting_nothing_is_imported() -> None:
    done = subprocess.run([sys.executable, "-c", WITHOUT], cwd=ROOT, capture_output=True, text=True, check=False)
    assert (done.stderr, done.stdout.strip()) == ("", "[]")
