"""What a service has answered to the requests of one operation: seen by the transport, told by the operation's span."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass

CHARGE = "x-ms-request-charge"


@dataclass(slots=True)
class Answered:
    """The status of the last answer, and the request units of all of them."""

    status: int = 0
    request_units: float = 0.0


_going_on: ContextVar[Answered | None] = ContextVar("answered", default=None)


@contextmanager
def watched() -> Iterator[Answered]:
    """The answers to an operation's requests, in this thread."""
    answered = Answered()
    token = _going_on.set(answered)
    try:
        yield answered
    finally:
        _going_on.reset(token)


def note(status: int, headers: Mapping[str, str]) -> None:
    """A request has been answered."""
    answered = _going_on.get()
    if answered is not None:
        answered.status = status
        answered.request_units += float(headers.get(CHARGE) or 0)
