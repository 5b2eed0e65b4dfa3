"""An HTTP proxy that gives the faults of the platform to whoever goes through it.

    with FaultProxy("127.0.0.1:8081", evenly(COSMOS.values(), 0.05), seed=7) as proxy:
        ...                                        # reach the service at proxy.address ("127.0.0.1:43211")
        proxy.rates = {COSMOS["503"]: 1.0}         # from the next request on: an outage
        proxy.rates = {}                           # all is well
        proxy.next(COSMOS["lost in a reset"])      # exactly the next request, whatever the rates
        proxy.requests, proxy.injected             # how many requests came, how many met which kind (a Counter by name)

The port stays the same for the proxy's life. Signatures of storage and Cosmos DB do not cover host and port, so
clients sign as they would without it. It speaks as much HTTP/1.1 as the SDKs, hosts and emulators do: kept connections,
lengths and chunks, bodies of any size, no pipelining. It runs in a thread; nothing in it waits for the caller's.
"""

from __future__ import annotations

import asyncio
import contextlib
import random
import re
import socket
import struct
import threading
from collections import Counter, deque
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass
from types import TracebackType
from typing import Self

from tests.faults.kinds import Fault, Stage

PIECE = 256 * 1024  # bytes of a body that are passed on at a time
HEAD = re.compile(rb"\r\n(content-length|transfer-encoding|connection):[ \t]*([^\r]*)", re.IGNORECASE)
RESET = struct.pack("ii", 1, 0)  # a socket that lingers for no time ends with a reset
ENDED = (ConnectionError, asyncio.IncompleteReadError, TimeoutError)


class FaultProxy:
    """Between clients and one service; see the module."""

    def __init__(self, target: str, rates: Mapping[Fault, float] | None = None, *, seed: int = 0) -> None:
        host, _, port = target.rpartition(":")
        self._target = (host, int(port))
        self._random = random.Random(seed)
        self._script: deque[Fault | None] = deque()
        self.rates: Mapping[Fault, float] = rates or {}
        self.requests = 0
        self.connections = 0
        self.injected: Counter[str] = Counter()
        self._serving: set[asyncio.Task[None] | None] = set()
        self._listening = socket.create_server(("127.0.0.1", 0), backlog=512)
        self.address = f"127.0.0.1:{self._listening.getsockname()[1]}"
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._run, name=f"faults before {target}", daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()

    def seed(self, seed: int) -> None:
        """Begin the random numbers anew."""
        self._random.seed(seed)

    def next(self, *faults: Fault | None) -> None:
        """The faults of the next requests, one each, before those at random. With None, all is well."""
        self._script.extend(faults)

    def _run(self) -> None:
        asyncio.set_event_loop(self._loop)
        self._loop.run_until_complete(asyncio.start_server(self._serve, sock=self._listening, limit=PIECE))
        self._loop.run_forever()
        self._listening.close()
        tasks = asyncio.all_tasks(self._loop)
        for task in tasks:
            task.cancel()
        self._loop.run_until_complete(asyncio.gather(*tasks, return_exceptions=True))
        self._loop.close()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        task = asyncio.current_task()
        self._serving.add(task)  # nobody else holds on to it when both ends are gone
        client = Connection(reader, writer)
        service = Upstream(self._target)
        try:
            while (head := await client.head()) and await self._exchange(head, client, service):
                continue
        except ENDED:
            client.reset()  # what the service (or the client) did to its end
        finally:
            client.close()
            service.close()
            self._serving.discard(task)

    async def _exchange(self, head: Head, client: Connection, service: Upstream) -> bool:
        """One request and its answer. False where the connection is over."""
        self.requests += 1
        fault = self._fault()
        if fault and fault.delay:
            self.injected[fault.name] += 1
            await asyncio.sleep(fault.delay)
        elif fault and fault.stage is Stage.REQUEST:
            await client.drain(head.length or 0)
            return await self._strike(fault, head, client)
        upstream = await service.connected()
        await upstream.send(head.text, client.body(head.length or 0))
        answer = await upstream.head()
        if answer is None:
            raise ConnectionResetError
        length = answer.length_of_answer(head.method)
        if fault and fault.stage is Stage.ANSWER:
            await upstream.drain(length)
            return await self._strike(fault, head, client)
        if fault and fault.stage is Stage.BODY and length != 0:
            body = b"".join([piece async for piece in upstream.body(length)])
            client.writer.write(answer.text + body[: int(self._random.random() * len(body) / 2)])
            return await self._strike(fault, head, client)
        await client.send(answer.text, upstream.body(length))
        return not (head.closes or answer.closes or length is None)

    def _fault(self) -> Fault | None:
        if self._script:
            return self._script.popleft()
        rates = self.rates
        if not rates:
            return None
        number = self._random.random()
        for fault, rate in rates.items():
            number -= rate
            if number < 0:
                return fault
        return None

    async def _strike(self, fault: Fault, head: Head, client: Connection) -> bool:
        self.injected[fault.name] += 1
        if fault.stage is Stage.BODY:
            await client.writer.drain()
            client.close()  # what was sent still arrives; a reset would take it back
        elif fault.answer is None:
            client.reset()
        else:
            text, end, body = fault.answer.partition(b"\r\n\r\n")
            client.writer.write(text + end + (b"" if head.method == b"HEAD" else body))
            await client.writer.drain()
            return not head.closes
        return False


CHUNKED = -1  # the length of a body that tells its end itself


@dataclass(frozen=True, slots=True)
class Head:
    """The lines before a body."""

    text: bytes
    length: int | None  # of the body, or CHUNKED; None where nothing is said
    closes: bool  # whether the connection ends with this message

    @classmethod
    def parse(cls, text: bytes) -> Head:
        found = {name.lower(): value.strip().lower() for name, value in HEAD.findall(text)}
        length = int(found[b"content-length"]) if b"content-length" in found else None
        chunked = b"chunked" in found.get(b"transfer-encoding", b"")
        return cls(text, CHUNKED if chunked else length, found.get(b"connection") == b"close")

    @property
    def method(self) -> bytes:
        return self.text.partition(b" ")[0]

    def length_of_answer(self, method: bytes) -> int | None:
        """The length of an answer to this method; None where its end is that of the connection."""
        status = self.text.split(b" ", 2)[1]
        return 0 if method == b"HEAD" or status in (b"204", b"304") else self.length


@dataclass(frozen=True, slots=True)
class Connection:
    """One end: messages as they are on the wire, a body in pieces with its chunk lines."""

    reader: asyncio.StreamReader
    writer: asyncio.StreamWriter

    async def head(self) -> Head | None:
        """The next message's; None where the other side has ended the connection in between."""
        try:
            return Head.parse(await self.reader.readuntil(b"\r\n\r\n"))
        except asyncio.IncompleteReadError as end:
            if end.partial:
                raise
            return None

    async def body(self, length: int | None) -> AsyncIterator[bytes]:
        """A body of this length, in which no length means up to the end of the connection."""
        if length == CHUNKED:
            size = -1
            while size:
                line = await self.reader.readuntil(b"\r\n")
                size = int(line.split(b";")[0], 16)
                yield line + await self.reader.readexactly(size + 2)
        elif length is None:
            while piece := await self.reader.read(PIECE):
                yield piece
        else:
            while length > 0:
                piece = await self.reader.read(min(length, PIECE))
                if not piece:
                    raise asyncio.IncompleteReadError(b"", length)
                length -= len(piece)
                yield piece

    async def drain(self, length: int | None) -> None:
        async for _ in self.body(length):
            pass

    async def send(self, head: bytes, body: AsyncIterator[bytes]) -> None:
        first = True
        async for piece in body:
            self.writer.write(head + piece if first else piece)  # small messages in one packet
            first = False
            await self.writer.drain()
        if first:
            self.writer.write(head)

    def reset(self) -> None:
        with contextlib.suppress(OSError):
            self.writer.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RESET)
        self.writer.transport.abort()

    def close(self) -> None:
        self.writer.close()


class Upstream:
    """The service's end of one client's connection: made when it is first needed, and again when it has ended."""

    def __init__(self, target: tuple[str, int]) -> None:
        self._target = target
        self._connection: Connection | None = None

    async def connected(self) -> Connection:
        if self._connection is None or self._connection.reader.at_eof():
            self.close()
            self._connection = Connection(*await asyncio.open_connection(*self._target, limit=PIECE))
        return self._connection

    def close(self) -> None:
        if self._connection:
            self._connection.close()
