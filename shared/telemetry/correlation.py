"""What a log record belongs to: the invocation that goes on, the file that is in work."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from typing import Protocol

from shared.telemetry.names import Key


class TraceContext(Protocol):
    """The part of `func.Context.trace_context` that is needed here: the host's span, as W3C Trace Context."""

    @property
    def trace_parent(self) -> str: ...
    @property
    def trace_state(self) -> str: ...


class HostContext(Protocol):
    """The part of `func.Context` that is needed here."""

    @property
    def invocation_id(self) -> str: ...
    @property
    def trace_context(self) -> TraceContext: ...


@dataclass(frozen=True, slots=True)
class SpanId:
    """A span, wherever it was: 32 and 16 hexadecimal digits."""

    trace: str
    span: str


_invocation: ContextVar[HostContext | None] = ContextVar("invocation", default=None)
_file: ContextVar[str | None] = ContextVar("file", default=None)


@contextmanager
def within(context: HostContext | None) -> Iterator[None]:
    """An invocation goes on."""
    token = _invocation.set(context)
    try:
        yield
    finally:
        _invocation.reset(token)


@contextmanager
def about(file_id: str) -> Iterator[None]:
    """A file is in work."""
    token = _file.set(file_id)
    try:
        yield
    finally:
        _file.reset(token)


def host_span() -> SpanId | None:
    """The host's own span of this invocation."""
    context = _invocation.get()
    parts = (context.trace_context.trace_parent or "").split("-") if context and context.trace_context else []
    return SpanId(parts[1], parts[2]) if len(parts) >= 4 and parts[1].strip("0") else None


class Correlated(logging.Filter):
    """Gives log records what they belong to. The trace they get from OpenTelemetry itself."""

    def filter(self, record: logging.LogRecord) -> bool:
        context, file_id = _invocation.get(), _file.get()
        if context is not None:
            setattr(record, Key.INVOCATION, context.invocation_id)
        if file_id is not None:
            setattr(record, Key.FILE_ID, file_id)
        return True
