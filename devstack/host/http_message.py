"""Requests and responses between the ASGI server and the host's parts."""

import json
from collections.abc import Awaitable, Callable, MutableMapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any
from urllib.parse import parse_qsl, unquote

Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]

LARGEST_BODY = 104_857_600  # the real host's default


@dataclass(frozen=True)
class Request:
    """An HTTP request. Header names are lower-cased; repeated headers are joined with commas."""

    method: str
    scheme: str
    path: str
    query_string: str
    headers: dict[str, str]
    body: bytes

    @cached_property
    def query(self) -> dict[str, str]:
        """Query parameters; a repeated one is joined with commas, which is all that a function gets to see of it."""
        values: dict[str, str] = {}
        for name, value in parse_qsl(self.query_string, keep_blank_values=True):
            values[name] = f"{values[name]},{value}" if name in values else value
        return values

    @property
    def url(self) -> str:
        """As functions see it: the path decoded, the query as it came."""
        query = f"?{self.query_string}" if self.query_string else ""
        return f"{self.scheme}://{self.headers.get('host', 'localhost')}{self.path}{query}"


@dataclass(frozen=True)
class Response:
    status: int
    body: bytes = b""
    headers: list[tuple[str, str]] = field(default_factory=list)


def json_response(document: Any, status: int = 200) -> Response:
    return Response(status, json.dumps(document).encode(), [("content-type", "application/json; charset=utf-8")])


async def read_request(scope: Scope, receive: Receive) -> Request | None:
    """The whole request; None where its body is larger than the host takes, or the client went away."""
    chunks: list[bytes] = []
    size, more = 0, True
    while more:
        message = await receive()
        if message["type"] == "http.disconnect":
            return None
        chunks.append(message.get("body", b""))
        size += len(chunks[-1])
        if size > LARGEST_BODY:
            return None
        more = message.get("more_body", False)
    headers: dict[str, str] = {}
    for raw_name, raw_value in scope["headers"]:
        name, value = raw_name.decode("latin-1"), raw_value.decode("latin-1")
        headers[name] = f"{headers[name]},{value}" if name in headers else value
    return Request(
        method=scope["method"],
        scheme=scope["scheme"],
        path=_decoded_path(scope["raw_path"]),
        query_string=scope["query_string"].decode("latin-1"),
        headers=headers,
        body=b"".join(chunks),
    )


async def send_response(response: Response, send: Send) -> None:
    """Send a response; 204 and 304 have neither body nor length."""
    headers = [(name.lower().encode("latin-1"), value.encode("latin-1")) for name, value in response.headers]
    has_body = response.status >= 200 and response.status not in (204, 304)
    body = response.body if has_body else b""
    headers = [header for header in headers if header[0] not in (b"content-length", b"transfer-encoding")]
    if has_body:
        headers.append((b"content-length", str(len(body)).encode()))
    await send({"type": "http.response.start", "status": response.status, "headers": headers})
    await send({"type": "http.response.body", "body": body})


def _decoded_path(raw_path: bytes) -> str:
    """Decoded as ASP.NET does: all but an encoded slash, which stays encoded."""
    text = raw_path.decode("latin-1").replace("%2F", "%252F").replace("%2f", "%252f")
    return unquote(text)
