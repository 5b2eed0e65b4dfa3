"""What the receiver keeps of spans, log lines and metrics. Times are nanoseconds since 1970, ids are hexadecimal."""

from collections.abc import Mapping
from dataclasses import dataclass

type Value = str | int | float | bool | list[Value] | dict[str, Value] | None
type Attributes = Mapping[str, Value]


@dataclass(frozen=True, slots=True)
class Event:
    """Something that happened in a span: an exception, mostly."""

    at: int
    name: str
    attributes: Attributes


@dataclass(frozen=True, slots=True)
class Link:
    """Another span, often of another trace, that this one has to do with."""

    trace_id: str
    span_id: str
    attributes: Attributes


@dataclass(frozen=True, slots=True)
class Span:
    """One piece of work. `parent_id` is empty where there is none; `status` is unset, ok or error."""

    trace_id: str
    span_id: str
    parent_id: str
    name: str
    kind: str
    start: int
    end: int
    status: str
    message: str
    attributes: Attributes
    events: tuple[Event, ...]
    links: tuple[Link, ...]
    service: str
    scope: str  # who made it: the app's own tracer, or that of a library

    @property
    def is_error(self) -> bool:
        return self.status == "error"


@dataclass(frozen=True, slots=True)
class LogLine:
    """One line of the log, written while a trace was going on."""

    trace_id: str
    span_id: str
    at: int
    severity: str
    text: str
    attributes: Attributes


@dataclass(frozen=True, slots=True)
class Point:
    """One value of a metric. `total` is the value of a counter or gauge, and the sum of a histogram."""

    metric: str
    unit: str
    kind: str  # sum, gauge or histogram
    attributes: tuple[tuple[str, str], ...]
    is_delta: bool
    start: int
    at: int
    total: float
    count: int = 0
    least: float | None = None
    most: float | None = None
