"""OpenTelemetry: configured from settings, free of cost without them.

Spans go through the API only. Its SDK and the exporter are imported where a setting asks for them, never otherwise.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from functools import cache
from typing import TYPE_CHECKING, Protocol

from shared import configuration
from shared.settings import Settings

if TYPE_CHECKING:
    from opentelemetry.trace import Span

type Attribute = str | int | float | bool

NO_TRACE = "0" * 32
_enabled = False
_configuring = threading.Lock()


class TraceContext(Protocol):
    """The part of a function's `context.trace_context` that is needed here."""

    @property
    def trace_parent(self) -> str: ...
    @property
    def trace_state(self) -> str: ...


def configure(settings: Settings) -> None:
    """Send telemetry to Application Insights where its connection string is set. Only the first call does anything."""
    with _configuring:  # a cold start has many invocations at once, and a second exporter would send all twice
        _configure_once(settings)


@cache
def _configure_once(settings: Settings) -> None:
    global _enabled  # noqa: PLW0603 - the process has one telemetry
    if settings.application_insights is None:
        return
    from azure.monitor.opentelemetry import configure_azure_monitor  # noqa: PLC0415 - costs 280 ms

    configure_azure_monitor(connection_string=settings.application_insights, logger_name="shared")
    _enabled = True


@contextmanager
def invocation(name: str, context: TraceContext | None, **attributes: Attribute) -> Iterator[None]:
    """The span of a whole invocation, child of the host's: synchronous functions get no parent from the runtime."""
    configure(configuration.settings())
    if not _enabled:
        yield
        return
    from opentelemetry import context as otel  # noqa: PLC0415
    from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator  # noqa: PLC0415

    carrier: Mapping[str, str] = (
        {"traceparent": context.trace_parent or "", "tracestate": context.trace_state or ""} if context else {}
    )
    token = otel.attach(TraceContextTextMapPropagator().extract(dict(carrier)))
    try:
        with span(name, **attributes):
            yield
    finally:
        otel.detach(token)


@contextmanager
def span(name: str, **attributes: Attribute) -> Iterator[Span | None]:
    """One stage of the work."""
    if not _enabled:
        yield None
        return
    from opentelemetry import trace  # noqa: PLC0415

    with trace.get_tracer("pipeline").start_as_current_span(name, attributes=attributes) as current:
        yield current


def trace_id() -> str | None:
    """The id of the trace that is going on, in 32 hexadecimal digits."""
    if not _enabled:
        return None
    from opentelemetry import trace  # noqa: PLC0415

    found = format(trace.get_current_span().get_span_context().trace_id, "032x")
    return None if found == NO_TRACE else found
