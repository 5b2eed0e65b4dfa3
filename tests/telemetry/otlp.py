"""What an OTLP receiver has got: spans as a tree, points of metrics, log records, the resource that sent them."""

from __future__ import annotations

from dataclasses import dataclass

from opentelemetry.proto.collector.logs.v1.logs_service_pb2 import ExportLogsServiceRequest
from opentelemetry.proto.collector.metrics.v1.metrics_service_pb2 import ExportMetricsServiceRequest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

from devstack.telemetry import otlp
from devstack.telemetry.model import LogLine, Point, Span
from tests.telemetry.receiver import Receiver


@dataclass(frozen=True, slots=True)
class Otlp:
    """What has come so far; asked anew each time."""

    receiver: Receiver

    def spans(self, trace: str | None = None) -> list[Span]:
        """All spans, or those of one trace."""
        requests = map(ExportTraceServiceRequest.FromString, self.receiver.bodies("/v1/traces"))
        found = [span for request in requests for span in otlp.spans(request)[0]]
        return [span for span in found if trace in (None, span.trace_id)]

    def logs(self) -> list[LogLine]:
        """The log records that belong to a trace."""
        requests = map(ExportLogsServiceRequest.FromString, self.receiver.bodies("/v1/logs"))
        return [line for request in requests for line in otlp.logs(request)]

    def points(self, metric: str | None = None) -> list[Point]:
        """All points, or those of one metric."""
        requests = map(ExportMetricsServiceRequest.FromString, self.receiver.bodies("/v1/metrics"))
        found = [point for request in requests for point in otlp.points(request)]
        return [point for point in found if metric in (None, point.metric)]


def paths(spans: list[Span]) -> dict[str, str]:
    """Of each span the names from the top down to it: the tree, in lines."""
    by_id = {span.span_id: span for span in spans}

    def path(span: Span) -> str:
        parent = by_id.get(span.parent_id)
        return f"{path(parent)} > {span.name}" if parent else span.name

    return {span.span_id: path(span) for span in spans}
