"""Out of OTLP's messages, into what is kept. What breaks the protocol is counted, not kept."""

from collections.abc import Iterable, Iterator
from sys import intern

from opentelemetry.proto.collector.logs.v1.logs_service_pb2 import ExportLogsServiceRequest
from opentelemetry.proto.collector.metrics.v1.metrics_service_pb2 import ExportMetricsServiceRequest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.proto.common.v1.common_pb2 import AnyValue, KeyValue
from opentelemetry.proto.logs.v1 import logs_pb2
from opentelemetry.proto.metrics.v1 import metrics_pb2
from opentelemetry.proto.trace.v1 import trace_pb2

from devstack.telemetry.model import Attributes, Event, Link, LogLine, Point, Span, Value

_KINDS = ("", "internal", "server", "client", "producer", "consumer")
_STATUSES = ("unset", "ok", "error")
_SEVERITIES = ("", "TRACE", "DEBUG", "INFO", "WARN", "ERROR", "FATAL")  # each has four numbers, from 1 on
_NOBODY = "unknown_service"


def spans(request: ExportTraceServiceRequest) -> tuple[list[Span], int]:
    """The spans of a request, and how many were refused because an id of theirs is none."""
    found, refused = [], 0
    for of_resource in request.resource_spans:
        service = str(_attributes(of_resource.resource.attributes).get("service.name", _NOBODY))
        for of_scope in of_resource.scope_spans:
            for span in of_scope.spans:
                if _is_id(span.trace_id, 16) and _is_id(span.span_id, 8):
                    found.append(_span(span, service, of_scope.scope.name))
                else:
                    refused += 1
    return found, refused


def logs(request: ExportLogsServiceRequest) -> list[LogLine]:
    """The log lines of a request that belong to a trace."""
    return [
        _log_line(record)
        for of_resource in request.resource_logs
        for of_scope in of_resource.scope_logs
        for record in of_scope.log_records
        if _is_id(record.trace_id, 16)
    ]


def points(request: ExportMetricsServiceRequest) -> list[Point]:
    """The values of all metrics of a request."""
    return [
        point
        for of_resource in request.resource_metrics
        for of_scope in of_resource.scope_metrics
        for metric in of_scope.metrics
        for point in _points(metric)
    ]


def _span(span: trace_pb2.Span, service: str, scope: str) -> Span:
    return Span(
        trace_id=span.trace_id.hex(),
        span_id=span.span_id.hex(),
        parent_id=span.parent_span_id.hex(),
        name=intern(span.name),
        kind=_KINDS[span.kind] if span.kind < len(_KINDS) else "",
        start=span.start_time_unix_nano,
        end=max(span.start_time_unix_nano, span.end_time_unix_nano),
        status=_STATUSES[span.status.code] if span.status.code < len(_STATUSES) else "unset",
        message=span.status.message,
        attributes=_attributes(span.attributes),
        events=tuple(Event(e.time_unix_nano, e.name, _attributes(e.attributes)) for e in span.events),
        links=tuple(Link(e.trace_id.hex(), e.span_id.hex(), _attributes(e.attributes)) for e in span.links),
        service=intern(service),
        scope=intern(scope),
    )


def _log_line(record: logs_pb2.LogRecord) -> LogLine:
    level = (record.severity_number + 3) // 4
    return LogLine(
        trace_id=record.trace_id.hex(),
        span_id=record.span_id.hex(),
        at=record.time_unix_nano or record.observed_time_unix_nano,
        severity=record.severity_text or (_SEVERITIES[level] if level < len(_SEVERITIES) else ""),
        text=text(_value(record.body)),
        attributes=_attributes(record.attributes),
    )


def _points(metric: metrics_pb2.Metric) -> Iterator[Point]:
    match metric.WhichOneof("data"):
        case "gauge":
            yield from (_number(metric, "gauge", point, is_delta=False) for point in metric.gauge.data_points)
        case "sum":
            kind = "sum" if metric.sum.is_monotonic else "gauge"  # what also falls is a state, and not to be added up
            is_delta = _is_delta(metric.sum.aggregation_temporality)
            yield from (_number(metric, kind, point, is_delta=is_delta) for point in metric.sum.data_points)
        case "histogram":
            is_delta = _is_delta(metric.histogram.aggregation_temporality)
            yield from (_histogram(metric, point, is_delta=is_delta) for point in metric.histogram.data_points)
        case "exponential_histogram":
            exponential = metric.exponential_histogram
            is_delta = _is_delta(exponential.aggregation_temporality)
            yield from (_histogram(metric, point, is_delta=is_delta) for point in exponential.data_points)
        case _:  # summaries: nothing here sends any
            return


def _number(metric: metrics_pb2.Metric, kind: str, point: metrics_pb2.NumberDataPoint, *, is_delta: bool) -> Point:
    return Point(
        metric=metric.name,
        unit=metric.unit,
        kind=kind,
        attributes=_labels(point.attributes),
        is_delta=is_delta,
        start=point.start_time_unix_nano,
        at=point.time_unix_nano,
        total=point.as_int if point.WhichOneof("value") == "as_int" else point.as_double,
    )


def _histogram(
    metric: metrics_pb2.Metric,
    point: metrics_pb2.HistogramDataPoint | metrics_pb2.ExponentialHistogramDataPoint,
    *,
    is_delta: bool,
) -> Point:
    return Point(
        metric=metric.name,
        unit=metric.unit,
        kind="histogram",
        attributes=_labels(point.attributes),
        is_delta=is_delta,
        start=point.start_time_unix_nano,
        at=point.time_unix_nano,
        total=point.sum,
        count=point.count,
        least=point.min if point.HasField("min") else None,
        most=point.max if point.HasField("max") else None,
    )


def _is_delta(temporality: int) -> bool:
    return temporality == int(metrics_pb2.AGGREGATION_TEMPORALITY_DELTA)


def _labels(attributes: Iterable[KeyValue]) -> tuple[tuple[str, str], ...]:
    return tuple(sorted((key, text(value)) for key, value in _attributes(attributes).items()))


def text(value: Value) -> str:
    """A value as people read it."""
    return value if isinstance(value, str) else "" if value is None else str(value)


def _attributes(pairs: Iterable[KeyValue]) -> Attributes:
    return {intern(pair.key): _value(pair.value) for pair in pairs}


def _value(value: AnyValue) -> Value:
    match value.WhichOneof("value"):
        case "string_value":
            return value.string_value
        case "bool_value":
            return value.bool_value
        case "int_value":
            return value.int_value
        case "double_value":
            return value.double_value
        case "array_value":
            return [_value(item) for item in value.array_value.values]
        case "kvlist_value":
            return {pair.key: _value(pair.value) for pair in value.kvlist_value.values}
        case "bytes_value":
            return value.bytes_value.hex()
        case _:
            return None


def _is_id(value: bytes, length: int) -> bool:
    return len(value) == length and any(value)
