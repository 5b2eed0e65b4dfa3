"""A receiver of telemetry in a process of its own that reads everything and keeps nothing: prints its port."""

from __future__ import annotations

import asyncio
import re

LENGTH = re.compile(rb"\r\ncontent-length:\s*([0-9]+)", re.IGNORECASE)
HEAD_END = b"\r\n\r\n"
TAKEN = b'{"itemsReceived":1,"itemsAccepted":1,"errors":[]}'  # what Application Insights says; OTLP reads no answer
ANSWER = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n%b" % (len(TAKEN), TAKEN)


async def main() -> None:
    """Serve until the process is ended."""
    server = await asyncio.start_server(_swallow, "127.0.0.1", 0)
    print(server.sockets[0].getsockname()[1], flush=True)
    await server.serve_forever()


async def _swallow(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    try:
        while True:
            head = await reader.readuntil(HEAD_END)
            if length := LENGTH.search(head):
                await reader.readexactly(int(length[1]))
            writer.write(ANSWER)
            await writer.drain()
    except (asyncio.IncompleteReadError, ConnectionError):
        writer.close()


if __name__ == "__main__":
    asyncio.run(main())
