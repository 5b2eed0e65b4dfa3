"""Spans for the tests of the telemetry's stores and pages."""

from typing import Any

from devstack.telemetry.model import LogLine, Point, Span

START = 1_800_000_000_000_000_000  # 2027-01-15T08:00:00Z
MS = 1_000_000


def trace_id(number: int) -> str:
    return f"{number:032x}"


def a_span(trace: int = 1, span: int = 1, parent: int | None = None, **changes: Any) -> Span:
    """A span that began and ended with the trace, unless `after` and `lasts` (milliseconds) say otherwise."""
    start = START + int(changes.pop("after", 0) * MS)
    values = {
        "trace_id": trace_id(trace),
        "span_id": f"{span:016x}",
        "parent_id": "" if parent is None else f"{parent:016x}",
        "name": "work",
        "kind": "internal",
        "start": start,
        "end": start + int(changes.pop("lasts", 100) * MS),
        "status": "unset",
        "message": "",
        "attributes": {},
        "events": (),
        "links": (),
        "service": "pipeline",
        "scope": "app",
    }
    return Span(**(values | changes))


def a_line(trace: int = 1, after: float = 0, text: str = "said", **attributes: str) -> LogLine:
    return LogLine(trace_id(trace), "", START + int(after * MS), "INFO", text, attributes)


def a_point(metric: str = "pipeline.ingest.rows", total: float = 1, **changes: Any) -> Point:
    values = {"unit": "{row}", "kind": "sum", "attributes": (), "is_delta": False, "start": START, "at": START}
    return Point(metric=metric, total=total, **(values | changes))
