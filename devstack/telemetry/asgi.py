"""The receiver and the pages as one ASGI application."""

from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any
from urllib.parse import parse_qsl

from devstack.telemetry.message import Answer, Request
from devstack.telemetry.metrics import Metrics
from devstack.telemetry.receiver import BYTES_AT_MOST, Receiver, too_large
from devstack.telemetry.site import Site
from devstack.telemetry.store import TraceStore

type _Message = MutableMapping[str, Any]
type _Receive = Callable[[], Awaitable[_Message]]
type _Send = Callable[[_Message], Awaitable[None]]


class App:
    """The ASGI application."""

    def __init__(self) -> None:
        traces, metrics = TraceStore(), Metrics()
        self._receiver = Receiver(traces, metrics)
        self._site = Site(traces, metrics)

    async def __call__(self, scope: _Message, receive: _Receive, send: _Send) -> None:
        body = await _body(receive)
        await _send(self._answer(_request(scope, body)) if body is not None else too_large(), send)

    def _answer(self, request: Request) -> Answer:
        return (self._receiver.receive if self._receiver.takes(request.path) else self._site.answer)(request)


async def _body(receive: _Receive) -> bytes | None:
    """The body of a request; None where it is too large."""
    parts, size = [], 0
    while True:
        message = await receive()
        parts.append(message.get("body", b""))
        size += len(parts[-1])
        if size > BYTES_AT_MOST:
            return None
        if not message.get("more_body"):
            return b"".join(parts)


def _request(scope: _Message, body: bytes) -> Request:
    return Request(
        method=scope["method"],
        path=scope["path"],
        parameters=dict(parse_qsl(scope["query_string"].decode(errors="replace"))),
        headers={name.decode("latin-1"): value.decode("latin-1") for name, value in scope["headers"]},
        body=body,
    )


async def _send(answer: Answer, send: _Send) -> None:
    headers = {"Content-Type": answer.media_type, "Content-Length": str(len(answer.body)), **answer.headers}
    encoded = [(name.encode(), value.encode()) for name, value in headers.items()]
    await send({"type": "http.response.start", "status": answer.status, "headers": encoded})
    await send({"type": "http.response.body", "body": answer.body})
