"""The faults of Cosmos DB and of Blob and Queue Storage: what each looks like on the wire.

`COSMOS` and `STORAGE` hold all kinds of a service by name. A lost answer belongs to a request that was carried out: the
write happened, and whoever asked for it does not know.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import Enum, auto


class Stage(Enum):
    """When a fault strikes."""

    REQUEST = auto()  # in place of the request: it is never carried out
    ANSWER = auto()  # in place of the answer: the request was carried out
    BODY = auto()  # in the middle of the answer's body; answers without one pass


@dataclass(frozen=True, slots=True)
class Fault:
    """One kind of fault: an answer in place of the service's, a delay, or else the connection is reset."""

    name: str
    stage: Stage = Stage.REQUEST
    answer: bytes | None = None
    delay: float = 0.0  # seconds; the request goes on afterwards


def evenly(kinds: Iterable[Fault], probability: float) -> dict[Fault, float]:
    """Rates under which a request meets one of these kinds with this probability, each as often as any other."""
    chosen = list(kinds)
    return dict.fromkeys(chosen, probability / len(chosen))


def _cosmos(status: str, code: str, message: str, headers: str = "") -> bytes:
    body = f'{{"code":"{code}","message":"{message}"}}'
    return _answer(status, "application/json", headers, body)


def _storage(status: str, code: str, message: str) -> bytes:
    body = f'<?xml version="1.0" encoding="utf-8"?><Error><Code>{code}</Code><Message>{message}</Message></Error>'
    return _answer(status, "application/xml", f"x-ms-error-code: {code}\r\n", body)


def _answer(status: str, content_type: str, headers: str, body: str) -> bytes:
    head = f"HTTP/1.1 {status}\r\nContent-Type: {content_type}\r\nContent-Length: {len(body)}\r\n{headers}\r\n"
    return (head + body).encode()


_THROTTLED = _cosmos(
    "429 Too Many Requests", "TooManyRequests", "Request rate is large.",
    "x-ms-retry-after-ms: 20\r\nx-ms-substatus: 3200\r\n",
)  # fmt: skip
_RETRY_WITH = _cosmos("449 Retry With", "RetryWith", "Conflicting request to resource has been attempted.")
_TIMEOUT = _cosmos("408 Request Timeout", "RequestTimeout", "Request timed out.")
_UNAVAILABLE = _cosmos("503 Service Unavailable", "ServiceUnavailable", "Service is currently unavailable.")

_BUSY = _storage("503 Service Unavailable", "ServerBusy", "The server is busy.")
_INTERNAL = _storage("500 Internal Server Error", "InternalError", "The server encountered an internal error.")
_TIMED_OUT = _storage("500 Internal Server Error", "OperationTimedOut", "Operation could not be completed in time.")


def _named(*kinds: Fault) -> dict[str, Fault]:
    return {kind.name: kind for kind in kinds}


_ANY_SERVICE = (
    Fault("reset"),
    Fault("slow", delay=0.2),
    Fault("lost in a reset", Stage.ANSWER),
    Fault("half an answer", Stage.BODY),
)

COSMOS = _named(
    *_ANY_SERVICE,
    Fault("429", answer=_THROTTLED),
    Fault("449", answer=_RETRY_WITH),
    Fault("408", answer=_TIMEOUT),
    Fault("503", answer=_UNAVAILABLE),
    Fault("lost in a 408", Stage.ANSWER, _TIMEOUT),
    Fault("lost in a 503", Stage.ANSWER, _UNAVAILABLE),
)

STORAGE = _named(
    *_ANY_SERVICE,
    Fault("ServerBusy", answer=_BUSY),
    Fault("InternalError", answer=_INTERNAL),
    Fault("OperationTimedOut", answer=_TIMED_OUT),
    Fault("lost in ServerBusy", Stage.ANSWER, _BUSY),
    Fault("lost in InternalError", Stage.ANSWER, _INTERNAL),
    Fault("lost in OperationTimedOut", Stage.ANSWER, _TIMED_OUT),
)
