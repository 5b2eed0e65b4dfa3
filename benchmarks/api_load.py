"""Load on an HTTP server: connections that stay open, each with one request after the other."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import partial
from urllib.parse import urlsplit

from benchmarks.measure import BenchmarkError

HEAD_END = b"\r\n\r\n"


@dataclass(frozen=True, slots=True)
class Wanted:
    """A request, and the status of its answer. Any other is no answer to measure."""

    url: str
    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)

    def to_bytes(self) -> bytes:
        """The request as it is sent."""
        parts = urlsplit(self.url)
        target = f"{parts.path}?{parts.query}" if parts.query else parts.path
        headers = "".join(f"{name}: {value}\r\n" for name, value in self.headers.items())
        return f"GET {target} HTTP/1.1\r\nHost: {parts.netloc}\r\n{headers}\r\n".encode()


@dataclass(frozen=True, slots=True)
class Load:
    """What was answered, in how many seconds."""

    requests: int
    seconds: float

    @property
    def per_second(self) -> float:
        """The throughput."""
        return self.requests / self.seconds


def load(wanted: Wanted, connections: int, seconds: float) -> Load:
    """Ask on all connections at once, and after that time no more. Raises BenchmarkError on any other answer."""
    return asyncio.run(_load(wanted, connections, seconds))


async def _load(wanted: Wanted, connections: int, seconds: float) -> Load:
    begin = time.perf_counter()
    asking = [_Connection(wanted, begin + seconds) for _ in range(connections)]
    loop = asyncio.get_running_loop()
    server = urlsplit(wanted.url)
    for each in asking:
        await loop.create_connection(partial(_same, each), server.hostname or "", server.port or 80)
    answered = await asyncio.gather(*(each.done for each in asking))
    return Load(sum(answered), time.perf_counter() - begin)


def _same(connection: _Connection) -> _Connection:
    return connection


class _Connection(asyncio.Protocol):
    """One connection. `done` becomes the number of its answers."""

    def __init__(self, wanted: Wanted, until: float) -> None:
        self.done: asyncio.Future[int] = asyncio.get_running_loop().create_future()
        self._wanted = wanted
        self._request = wanted.to_bytes()
        self._until = until
        self._answers = 0
        self._received = bytearray()
        self._length: int | None = None  # of head and body; None until the head is there
        self._transport: asyncio.WriteTransport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.WriteTransport)
        self._transport = transport
        transport.write(self._request)

    def connection_lost(self, exc: Exception | None) -> None:
        if not self.done.done():
            self.done.set_exception(BenchmarkError(f"{self._wanted.url}: the connection was closed ({exc})"))

    def data_received(self, data: bytes) -> None:
        self._received += data
        try:
            if self._length is None:
                self._length = _length(self._received, self._wanted)
        except BenchmarkError as error:
            self.done.set_exception(error)
            self._close()
            return
        if self._length is not None and len(self._received) >= self._length:
            self._answered()

    def _answered(self) -> None:
        self._answers += 1
        self._received.clear()
        self._length = None
        if time.perf_counter() < self._until:
            assert self._transport
            self._transport.write(self._request)
        else:
            self.done.set_result(self._answers)
            self._close()

    def _close(self) -> None:
        assert self._transport
        self._transport.close()


def _length(received: bytearray, wanted: Wanted) -> int | None:
    """How long the answer is, once its head is there. Hosts here send no chunks."""
    end = received.find(HEAD_END)
    if end < 0:
        return None
    first, *lines = received[:end].decode("latin-1").split("\r\n")
    status = int(first.split(" ", 2)[1])
    if status != wanted.status:
        raise BenchmarkError(f"{wanted.url} answers {status} instead of {wanted.status}: {received[:1000]!r}")
    headers = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in lines)}
    if "transfer-encoding" in headers:
        raise BenchmarkError(f"{wanted.url} answers in chunks, which this client does not read")
    return end + len(HEAD_END) + int(headers.get("content-length", 0))
