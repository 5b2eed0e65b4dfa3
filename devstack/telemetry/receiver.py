"""OTLP over HTTP: telemetry in, kept; answers as the protocol's specification has them."""

import json
import zlib
from collections.abc import Callable

from google.protobuf.message import DecodeError, Message
from google.rpc.status_pb2 import Status
from opentelemetry.proto.collector.logs.v1.logs_service_pb2 import ExportLogsServiceRequest, ExportLogsServiceResponse
from opentelemetry.proto.collector.metrics.v1.metrics_service_pb2 import (
    ExportMetricsServiceRequest,
    ExportMetricsServiceResponse,
)
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import (
    ExportTracePartialSuccess,
    ExportTraceServiceRequest,
    ExportTraceServiceResponse,
)

from devstack.telemetry import otlp
from devstack.telemetry.message import Answer, Request
from devstack.telemetry.metrics import Metrics
from devstack.telemetry.store import TraceStore

PROTOBUF = "application/x-protobuf"
BYTES_AT_MOST = 64 * 1024 * 1024  # unpacked, too: what the specification recommends
_GZIP = 16 + zlib.MAX_WBITS


class Receiver:
    """Takes what exporters send and puts it into the stores."""

    def __init__(self, traces: TraceStore, metrics: Metrics) -> None:
        self._traces = traces
        self._metrics = metrics
        self._signals: dict[str, Callable[[bytes], Message]] = {
            "/v1/traces": self._take_spans,
            "/v1/metrics": self._take_points,
            "/v1/logs": self._take_logs,
        }

    def takes(self, path: str) -> bool:
        """Whether the path is one that telemetry is sent to."""
        return path in self._signals

    def receive(self, request: Request) -> Answer:
        """Keep what was sent; the answer says so, or what is wrong with it."""
        if request.method != "POST":
            return _refusal(405, f"{request.path} takes telemetry: POST it", {"Allow": "POST"})
        media_type = request.headers.get("content-type", "").partition(";")[0].strip().lower()
        if media_type != PROTOBUF:
            return _unsupported(media_type)
        try:
            body = _unpacked(request.body, request.headers.get("content-encoding", "").strip().lower())
            return Answer(200, PROTOBUF, self._signals[request.path](body).SerializeToString())
        except _RefusedError as error:
            return _refusal(error.status, str(error))
        except DecodeError:
            return _refusal(400, f"the body is not the protobuf message that {request.path} takes")

    def _take_spans(self, body: bytes) -> Message:
        spans, refused = otlp.spans(ExportTraceServiceRequest.FromString(body))
        self._traces.add_spans(spans)
        if not refused:
            return ExportTraceServiceResponse()
        message = "a trace id is 16 bytes, a span id 8, and neither is all zeros"
        return ExportTraceServiceResponse(
            partial_success=ExportTracePartialSuccess(rejected_spans=refused, error_message=message)
        )

    def _take_points(self, body: bytes) -> Message:
        self._metrics.add(otlp.points(ExportMetricsServiceRequest.FromString(body)))
        return ExportMetricsServiceResponse()

    def _take_logs(self, body: bytes) -> Message:
        self._traces.add_logs(otlp.logs(ExportLogsServiceRequest.FromString(body)))
        return ExportLogsServiceResponse()


class _RefusedError(Exception):
    def __init__(self, status: int, message: str) -> None:
        super().__init__(message)
        self.status = status


def _unpacked(body: bytes, encoding: str) -> bytes:
    if encoding in ("", "identity"):
        return body
    if encoding != "gzip":
        raise _RefusedError(415, f"content encoding {encoding!r} is not taken; send gzip or none")
    unpacking = zlib.decompressobj(_GZIP)
    try:
        unpacked = unpacking.decompress(body, BYTES_AT_MOST)
    except zlib.error:
        raise _RefusedError(400, "the body is not gzip, as its Content-Encoding says") from None
    if unpacking.unconsumed_tail:
        raise _RefusedError(413, f"the body is larger than {BYTES_AT_MOST} bytes, unpacked; send smaller batches")
    if not unpacking.eof:
        raise _RefusedError(400, "the body is gzip that ends too early")
    return unpacked


def _refusal(status: int, message: str, headers: dict[str, str] | None = None) -> Answer:
    return Answer(status, PROTOBUF, Status(message=message).SerializeToString(), headers or {})


def too_large() -> Answer:
    """The answer to a body that is not even read to its end."""
    return _refusal(413, f"the body is larger than {BYTES_AT_MOST} bytes; send smaller batches")


def _unsupported(media_type: str) -> Answer:
    """In JSON, as whoever sends something else can hardly read protobuf."""
    said = f"content type {media_type!r}" if media_type else "a body without a content type"
    message = f"{said} is not taken; send {PROTOBUF} (OTEL_EXPORTER_OTLP_PROTOCOL=http/protobuf)"
    return Answer(415, "application/json", json.dumps({"message": message}).encode())
