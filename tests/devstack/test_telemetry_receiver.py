"""The receiver as a process: OpenTelemetry's own exporters send to it, and its JSON tells what has arrived."""

import gzip
import logging
import os
import socket
import subprocess
import sys
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import requests
from google.rpc.status_pb2 import Status
from opentelemetry.exporter.otlp.proto.http import Compression
from opentelemetry.exporter.otlp.proto.http._log_exporter import OTLPLogExporter
from opentelemetry.exporter.otlp.proto.http.metric_exporter import OTLPMetricExporter
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.instrumentation.logging.handler import LoggingHandler
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import (
    ExportTraceServiceRequest,
    ExportTraceServiceResponse,
)
from opentelemetry.proto.trace.v1.trace_pb2 import ResourceSpans, ScopeSpans, Span
from opentelemetry.sdk._logs import LoggerProvider
from opentelemetry.sdk._logs.export import SimpleLogRecordProcessor
from opentelemetry.sdk.metrics import MeterProvider
from opentelemetry.sdk.metrics.export import PeriodicExportingMetricReader
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from opentelemetry.trace import Link, SpanKind, format_span_id, format_trace_id

from devstack.ports import LOCALHOST, Ports
from devstack.telemetry import process

ROOT = Path(__file__).parents[2]
PROTOBUF = {"Content-Type": "application/x-protobuf"}
LARGE = 64 * 1024 * 1024 + 1


class Receiver:
    """A running receiver, and what it says that it has."""

    def __init__(self, url: str) -> None:
        self.url = url

    def tracer(self, compression: Compression = Compression.NoCompression) -> Any:
        """Of a provider that sends every span as soon as it ends."""
        provider = TracerProvider(resource=Resource.create({"service.name": "pipeline"}))
        exporter = OTLPSpanExporter(f"{self.url}/v1/traces", compression=compression)
        provider.add_span_processor(SimpleSpanProcessor(exporter))
        return provider.get_tracer("test")

    def post(self, body: bytes, path: str = "/v1/traces", **headers: str) -> requests.Response:
        return requests.post(self.url + path, data=body, headers={**PROTOBUF, **headers}, timeout=30)

    def traces(self, **search: str) -> list[dict[str, Any]]:
        return requests.get(f"{self.url}/api/traces", params=search, timeout=30).json()["value"]

    def trace(self, span: Any) -> dict[str, Any]:
        trace_id = format_trace_id(span.get_span_context().trace_id)
        return requests.get(f"{self.url}/api/traces/{trace_id}", timeout=30).json()

    def metric(self, name: str) -> dict[str, Any]:
        readings = requests.get(f"{self.url}/api/metrics", timeout=30).json()["value"]
        return next(reading for reading in readings if reading["metric"] == name)


@pytest.fixture(scope="module")
def receiver(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Receiver]:
    ports = Ports.free()
    running = process.start(ports, tmp_path_factory.mktemp("telemetry"), {**os.environ, "PYTHONPATH": str(ROOT)})
    yield Receiver(process.endpoint(ports))
    running.stop()


@pytest.mark.parametrize("compression", [Compression.NoCompression, Compression.Gzip])
def test_a_span_arrives_with_all_it_knows(receiver: Receiver, compression: Compression):
    attributes = {"file.path": "a.csv", "pipeline.rows": 7, "share": 0.5, "cold": True, "codes": ("a", "b")}
    with receiver.tracer(compression).start_as_current_span("PUT", kind=SpanKind.CLIENT, attributes=attributes) as span:
        pass
    arrived = receiver.trace(span)["spans"][0]
    assert {name: arrived[name] for name in ("name", "kind", "service", "status", "parentId", "attributes")} == {
        "name": "PUT",
        "kind": "client",
        "service": "pipeline",
        "status": "unset",
        "parentId": None,
        "attributes": {**attributes, "codes": ["a", "b"]},
    }


def test_a_span_lies_below_its_parent_which_is_sent_after_it(receiver: Receiver):
    tracer = receiver.tracer()
    with tracer.start_as_current_span("ingest") as parent, tracer.start_as_current_span("claim"):
        pass
    spans = receiver.trace(parent)["spans"]
    assert [(span["depth"], span["name"], span["parentId"]) for span in spans] == [
        (0, "ingest", None),
        (1, "claim", format_span_id(parent.get_span_context().span_id)),
    ]


def test_an_exception_is_an_error_with_its_type_and_message(receiver: Receiver):
    with pytest.raises(ValueError, match="broken"), receiver.tracer().start_as_current_span("commit") as span:
        raise ValueError("broken")
    arrived = receiver.trace(span)
    [event] = arrived["spans"][0]["events"]
    assert (
        arrived["errors"],
        arrived["spans"][0]["message"],
        event["name"],
        event["attributes"]["exception.type"],
    ) == (
        1,
        "ValueError: broken",
        "exception",
        "ValueError",
    )


def test_a_link_leads_there_and_back(receiver: Receiver):
    tracer = receiver.tracer()
    with tracer.start_as_current_span("ingest") as ingest:
        pass
    with tracer.start_as_current_span("refresh", links=[Link(ingest.get_span_context())]) as refresh:
        pass
    there, back = receiver.trace(refresh), receiver.trace(ingest)
    assert there["spans"][0]["links"][0]["traceId"] == back["traceId"]
    assert [trace["traceId"] for trace in back["linkedFrom"]] == [there["traceId"]]


def test_the_log_lines_of_a_trace_arrive_in_the_order_they_were_written(receiver: Receiver):
    provider = LoggerProvider()
    provider.add_log_record_processor(SimpleLogRecordProcessor(OTLPLogExporter(f"{receiver.url}/v1/logs")))
    logger = logging.Logger("test")
    logger.addHandler(LoggingHandler(logger_provider=provider))
    with receiver.tracer().start_as_current_span("ingest") as span:
        logger.info("claimed %s", "a.csv", extra={"pipeline.file.id": "a-1"})
        logger.warning("late")
    logs = receiver.trace(span)["logs"]
    assert [(line["severity"], line["text"]) for line in logs] == [("INFO", "claimed a.csv"), ("WARN", "late")]
    assert logs[0]["attributes"]["pipeline.file.id"] == "a-1"
    assert logs[0]["spanId"] == format_span_id(span.get_span_context().span_id)


def test_metrics_arrive_with_their_attributes(receiver: Receiver):
    reader = PeriodicExportingMetricReader(OTLPMetricExporter(f"{receiver.url}/v1/metrics"))
    provider = MeterProvider([reader])
    meter = provider.get_meter("test")
    meter.create_counter("rows", "{row}").add(7, {"pipeline.dataset": "sales"})
    meter.create_gauge("age", "s").set(2.5)
    for seconds in (1.0, 3.0):
        meter.create_histogram("duration", "s").record(seconds)
    provider.shutdown()
    rows, age, duration = receiver.metric("rows"), receiver.metric("age"), receiver.metric("duration")
    assert (rows["kind"], rows["total"], rows["attributes"]) == ("sum", 7, {"pipeline.dataset": "sales"})
    assert (age["kind"], age["total"], age["unit"]) == ("gauge", 2.5, "s")
    assert (duration["total"], duration["count"], duration["min"], duration["max"]) == (4, 2, 1, 3)


def test_twelve_thousand_spans_of_one_trace_are_all_there_and_can_be_looked_at(receiver: Receiver):
    kept, provider = InMemorySpanExporter(), TracerProvider()
    provider.add_span_processor(SimpleSpanProcessor(kept))
    tracer, name = provider.get_tracer("test"), f"{uuid.uuid4()}.csv"
    with tracer.start_as_current_span("reconcile", attributes={"file.path": name}):
        for _ in range(11_999):
            tracer.start_span("ingest file").end()
    exporter, spans = OTLPSpanExporter(f"{receiver.url}/v1/traces"), kept.get_finished_spans()
    for begin in range(0, len(spans), 1_000):
        exporter.export(spans[begin : begin + 1_000])
    [found] = receiver.traces(file=name)
    page = requests.get(f"{receiver.url}/traces/{found['traceId']}", timeout=30)
    assert (found["spans"], page.status_code) == (12_000, 200)
    assert "The first 2,000 of 12,000 spans are shown." in page.text


def test_an_empty_request_is_a_success_without_more_words(receiver: Receiver):
    answer = receiver.post(b"")
    assert (answer.status_code, answer.headers["Content-Type"], answer.content) == (200, "application/x-protobuf", b"")


def test_spans_whose_ids_are_none_are_refused_and_the_others_kept(receiver: Receiver):
    good = Span(trace_id=uuid.uuid4().bytes, span_id=b"12345678", name="good")
    spans = [good, Span(trace_id=b"short", span_id=b"12345678"), Span(trace_id=bytes(16), span_id=b"12345678")]
    sent = ExportTraceServiceRequest(resource_spans=[ResourceSpans(scope_spans=[ScopeSpans(spans=spans)])])
    answer = ExportTraceServiceResponse.FromString(receiver.post(sent.SerializeToString()).content)
    assert answer.partial_success.rejected_spans == 2
    assert "a trace id is 16 bytes" in answer.partial_success.error_message
    assert len(receiver.traces(trace=good.trace_id.hex())) == 1


@pytest.mark.parametrize(
    ("body", "headers", "status", "message"),
    [
        (b"no protobuf", {}, 400, "the body is not the protobuf message that /v1/traces takes"),
        (b"no gzip", {"Content-Encoding": "gzip"}, 400, "the body is not gzip, as its Content-Encoding says"),
        (gzip.compress(b"")[:-9], {"Content-Encoding": "gzip"}, 400, "the body is gzip that ends too early"),
        (b"", {"Content-Encoding": "br"}, 415, "content encoding 'br' is not taken; send gzip or none"),
        (
            gzip.compress(bytes(LARGE), 1),
            {"Content-Encoding": "gzip"},
            413,
            "the body is larger than 67108864 bytes, unpacked",
        ),
        (bytes(LARGE), {}, 413, "the body is larger than 67108864 bytes; send smaller batches"),
    ],
    ids=["garbage", "no gzip", "cut", "brotli", "bomb", "large"],
)
def test_what_cannot_be_taken_is_told_in_words(
    receiver: Receiver, body: bytes, headers: dict[str, str], status: int, message: str
):
    answer = receiver.post(body, **headers)
    assert answer.status_code == status
    assert Status.FromString(answer.content).message.startswith(message)


def test_json_is_refused_with_the_setting_that_helps(receiver: Receiver):
    answer = receiver.post(b"{}", **{"Content-Type": "application/json; charset=utf-8"})
    assert answer.status_code == 415
    assert "OTEL_EXPORTER_OTLP_PROTOCOL=http/protobuf" in answer.json()["message"]


def test_telemetry_is_posted_and_not_asked_for(receiver: Receiver):
    answer = requests.get(f"{receiver.url}/v1/traces", timeout=30)
    assert (answer.status_code, answer.headers["Allow"]) == (405, "POST")


def test_a_taken_port_is_one_line():
    with socket.create_server((LOCALHOST, 0)) as server:
        port = server.getsockname()[1]
        command = [sys.executable, "-m", "devstack", "telemetry", "--port", str(port)]
        ended = subprocess.run(command, capture_output=True, text=True, check=False, cwd=ROOT)
    assert (ended.returncode, ended.stdout) == (1, "")
    assert ended.stderr == f"devstack: port {port} is taken; stop what uses it, or choose another with --port\n"
