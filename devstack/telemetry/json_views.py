"""The same as the pages, for tests and terminals."""

from typing import Any

from devstack.telemetry.model import Attributes, LogLine, Point, Span
from devstack.telemetry.pages.words import MS, iso
from devstack.telemetry.trace import Summary, Trace


def summary(found: Summary) -> dict[str, Any]:
    """A trace in a list."""
    return {
        "traceId": found.trace_id,
        "function": found.function,
        "startedAt": iso(found.start),
        "durationMs": _ms(found.end - found.start),
        "files": list(found.files),
        "datasets": list(found.datasets),
        "outcome": found.outcome or None,
        "spans": found.spans,
        "errors": found.errors,
    }


def trace(found: Trace, linking: list[Summary]) -> dict[str, Any]:
    """A trace with all that is known of it."""
    spans = [{**_span(row.span), "depth": row.depth} for row in found.rows()]
    logs = [_log_line(line) for line in sorted(found.logs, key=lambda line: line.at)]
    return {
        **summary(found.summary),
        "spans": spans,
        "logs": logs,
        "linkedFrom": [summary(other) for other in linking],
        "leftOut": found.left_out,
    }


def reading(found: Point) -> dict[str, Any]:
    """A metric."""
    histogram = {"count": found.count, "min": found.least, "max": found.most} if found.kind == "histogram" else {}
    return {
        "metric": found.metric,
        "unit": found.unit,
        "kind": found.kind,
        "attributes": dict(found.attributes),
        "at": iso(found.at),
        "total": found.total,
        **histogram,
    }


def _span(span: Span) -> dict[str, Any]:
    return {
        "spanId": span.span_id,
        "parentId": span.parent_id or None,
        "name": span.name,
        "kind": span.kind,
        "service": span.service,
        "startedAt": iso(span.start),
        "durationMs": _ms(span.end - span.start),
        "status": span.status,
        "message": span.message,
        "attributes": span.attributes,
        "events": [_happened(event.at, event.attributes) | {"name": event.name} for event in span.events],
        "links": [
            {"traceId": link.trace_id, "spanId": link.span_id, "attributes": link.attributes} for link in span.links
        ],
    }


def _log_line(line: LogLine) -> dict[str, Any]:
    return {
        **_happened(line.at, line.attributes),
        "severity": line.severity,
        "text": line.text,
        "spanId": line.span_id or None,
    }


def _happened(at: int, attributes: Attributes) -> dict[str, Any]:
    return {"at": iso(at), "attributes": attributes}


def _ms(nanoseconds: int) -> float:
    return round(nanoseconds / MS, 3)
