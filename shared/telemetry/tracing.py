"""Spans: one for each invocation, below it one for each stage of the work. Free of cost where telemetry is off."""

from __future__ import annotations

import threading
from collections.abc import Generator, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from time import perf_counter
from typing import TYPE_CHECKING, Any, Literal, Protocol

from shared.errors import PipelineError, PlatformError
from shared.telemetry import providers
from shared.telemetry.correlation import HostContext, SpanId, host_span, within
from shared.telemetry.names import Key, Stage

if TYPE_CHECKING:
    from opentelemetry.trace import Link
    from opentelemetry.trace import Span as OtelSpan

type Attribute = str | int | float | bool
type Attributes = Mapping[Any, Attribute]  # by Key
type Trigger = Literal["datasource", "http", "pubsub", "timer"]  # as the conventions for FaaS have it

LINKS = 128  # of a span: as many as the SDK keeps
RECORDED = "_telemetry_has_it"  # an exception passes many spans and is told once, by the innermost

_first = threading.Lock()  # taken by the first invocation of the process, for good


class Span(Protocol):
    """What is told of a stage of the work."""

    def set_attributes(self, attributes: Attributes) -> None: ...
    def add_event(self, name: str, attributes: Attributes) -> None: ...


class _Nothing:
    """The span where telemetry is off."""

    def set_attributes(self, attributes: Attributes) -> None:
        pass

    def add_event(self, name: str, attributes: Attributes) -> None:
        pass


_NOTHING = _Nothing()


@contextmanager
def invocation(
    name: str, context: HostContext | None, trigger: Trigger, attributes: Attributes | None = None
) -> Iterator[Span]:
    """The span of a whole invocation, child of the host's: synchronous functions get no parent from the runtime.

    What is written while it goes on (its record, its answers) carries the id of its trace.
    """
    providers.configure()
    cold = _first.acquire(blocking=False)
    with within(context):
        if not providers.current():
            yield _NOTHING
            return
        from opentelemetry import context as otel
        from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator

        told: dict[Key, Attribute] = {Key.TRIGGER: trigger, Key.COLDSTART: cold, **(attributes or {})}
        carrier: dict[str, str] = {}
        if context is not None:
            told[Key.INVOCATION] = context.invocation_id
            if host := context.trace_context:
                carrier = {"traceparent": host.trace_parent or "", "tracestate": host.trace_state or ""}
        token = otel.attach(TraceContextTextMapPropagator().extract(carrier))
        try:
            with span(name, told) as current:
                yield current
        finally:
            otel.detach(token)


@contextmanager
def span(
    name: str, attributes: Attributes | None = None, links: Sequence[SpanId] = (), *, client: bool = False
) -> Iterator[Span]:
    """One stage of the work, or a call of another service (`client`). `links`: the spans that made it necessary."""
    telemetry = providers.current()
    if not telemetry:
        yield _NOTHING
        return
    from opentelemetry.trace import SpanKind

    with telemetry.tracer.start_as_current_span(
        name,
        kind=SpanKind.CLIENT if client else SpanKind.INTERNAL,
        attributes=attributes,
        links=_links(links),
        record_exception=False,
        set_status_on_exception=False,
    ) as current:
        try:
            yield current
        except Exception as error:
            _tell(current, error)
            raise


def streamed[T](stage: Stage, items: Iterable[T], attributes: Attributes | None = None) -> Generator[T]:
    """The items of a stage that others take one by one: its span is theirs only while the next one is made.

    Gives `pipeline.busy`: of the span's time, the seconds that went into making them.
    """
    telemetry = providers.current()
    if not telemetry:
        yield from items
        return
    from opentelemetry.trace import use_span

    iterator, busy = iter(items), 0.0
    with telemetry.tracer.start_span(
        stage, attributes=attributes, record_exception=False, set_status_on_exception=False
    ) as current:
        try:
            while True:
                began = perf_counter()
                try:
                    with use_span(current, record_exception=False, set_status_on_exception=False):
                        item = next(iterator)
                except StopIteration:
                    return
                finally:
                    busy += perf_counter() - began
                yield item
        except Exception as error:
            _tell(current, error)
            raise
        finally:
            current.set_attribute(Key.BUSY, busy)
            if isinstance(iterator, Generator):
                iterator.close()


def failed(current: Span, error: Exception) -> None:
    """An error that ends here: the span says so, and the log, not the span, has the exception."""
    setattr(error, RECORDED, True)
    if current is not _NOTHING:
        _tell(current, error)  # type: ignore[arg-type]  # there are no others


def here() -> SpanId | None:
    """The span that goes on; where telemetry is off, the host's own."""
    if providers.current():
        from opentelemetry import trace

        context = trace.get_current_span().get_span_context()
        if context.is_valid:
            return SpanId(format(context.trace_id, "032x"), format(context.span_id, "016x"))
    return host_span()


def event(name: str, attributes: Attributes) -> None:
    """Something that happened in the span that goes on."""
    if providers.current():
        from opentelemetry import trace

        trace.get_current_span().add_event(name, attributes)


def _links(spans: Sequence[SpanId]) -> list[Link]:
    if not spans:
        return []
    from opentelemetry.trace import Link, SpanContext, TraceFlags

    sampled = TraceFlags(TraceFlags.SAMPLED)
    contexts = (SpanContext(int(s.trace, 16), int(s.span, 16), is_remote=True, trace_flags=sampled) for s in spans)
    return [Link(context) for context in contexts][:LINKS]


def _tell(current: OtelSpan, error: Exception) -> None:
    """Only faults are errors: a file that is no good and a question that has no answer are what the app is for."""
    if isinstance(error, PipelineError) and not isinstance(error, PlatformError):
        current.set_attribute(Key.CODE, error.code)
        return
    from opentelemetry.trace import Status, StatusCode

    if not hasattr(error, RECORDED) and not hasattr(error.__cause__, RECORDED):
        current.record_exception(error)
    setattr(error, RECORDED, True)
    current.set_attribute(Key.ERROR, error.code if isinstance(error, PipelineError) else type(error).__qualname__)
    current.set_status(Status(StatusCode.ERROR, f"{type(error).__name__}: {error}"))
