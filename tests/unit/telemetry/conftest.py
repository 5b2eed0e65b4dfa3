"""Telemetry that is on, and keeps what it is told instead of sending it."""

import logging
from collections.abc import Iterator
from dataclasses import dataclass
from types import SimpleNamespace
from typing import Any

import pytest
from opentelemetry.instrumentation.logging.handler import LoggingHandler
from opentelemetry.sdk._logs import LoggerProvider, ReadableLogRecord
from opentelemetry.sdk._logs.export import InMemoryLogRecordExporter, SimpleLogRecordProcessor
from opentelemetry.sdk.metrics import MeterProvider
from opentelemetry.sdk.metrics.export import InMemoryMetricReader
from opentelemetry.sdk.trace import ReadableSpan, TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

from shared.telemetry import providers
from shared.telemetry.correlation import Correlated
from shared.telemetry.instruments import Instruments

TRACE, PARENT = "0af7651916cd43dd8448eb211c80319c", "b7ad6b7169203331"
CONTEXT = SimpleNamespace(
    invocation_id="d8f7", trace_context=SimpleNamespace(trace_parent=f"00-{TRACE}-{PARENT}-01", trace_state="")
)


@dataclass(frozen=True)
class Told:
    """All that was told."""

    exporter: InMemorySpanExporter
    reader: InMemoryMetricReader
    records: InMemoryLogRecordExporter

    @property
    def spans(self) -> tuple[ReadableSpan, ...]:
        return self.exporter.get_finished_spans()

    def span(self, name: str) -> ReadableSpan:
        (found,) = [span for span in self.spans if span.name == name]
        return found

    @property
    def tree(self) -> dict[str, str | None]:
        """Each span's name and its parent's."""
        names = {span.context.span_id: span.name for span in self.spans if span.context}
        return {span.name: names.get(span.parent.span_id) if span.parent else None for span in self.spans}

    @property
    def metrics(self) -> dict[str, list[tuple[dict[str, Any], float]]]:
        """Of each metric the attributes and the value; of a histogram the sum."""
        data = self.reader.get_metrics_data()
        found: dict[str, list[tuple[dict[str, Any], float]]] = {}
        for resource in data.resource_metrics if data else ():
            for metric in (metric for scope in resource.scope_metrics for metric in scope.metrics):
                for point in metric.data.data_points:
                    value = point.sum if hasattr(point, "sum") else point.value
                    found.setdefault(metric.name, []).append((dict(point.attributes or {}), value))
        return found

    @property
    def logs(self) -> list[ReadableLogRecord]:
        return list(self.records.get_finished_logs())

    def clear(self) -> None:
        self.exporter.clear()
        self.records.clear()


@pytest.fixture
def told(monkeypatch: pytest.MonkeyPatch) -> Iterator[Told]:
    kept = Told(InMemorySpanExporter(), InMemoryMetricReader(), InMemoryLogRecordExporter())
    traces, logs = TracerProvider(), LoggerProvider()
    traces.add_span_processor(SimpleSpanProcessor(kept.exporter))
    logs.add_log_record_processor(SimpleLogRecordProcessor(kept.records))
    meters = MeterProvider([kept.reader])
    monkeypatch.setattr(
        providers, "_current", providers.Telemetry(traces.get_tracer("test"), Instruments(meters.get_meter("test")))
    )
    handler = LoggingHandler(logger_provider=logs)
    handler.addFilter(Correlated())
    logger, level = logging.getLogger("shared"), logging.getLogger("shared").level
    logger.addHandler(handler)
    logger.setLevel(logging.INFO)
    yield kept
    logger.removeHandler(handler)
    logger.setLevel(level)
    for provider in (traces, meters, logs):
        provider.shutdown()


@pytest.fixture
def context() -> SimpleNamespace:
    """What the host says of an invocation."""
    return CONTEXT
