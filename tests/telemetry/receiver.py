"""A receiver of telemetry that keeps every request as it came, and answers as it is told: well, badly, never."""

from __future__ import annotations

import gzip
import json
import ssl
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import pytest

HANGS = 0  # in place of a status: the request is read, and no answer ever comes
PATIENCE = 60  # seconds until something that must arrive is taken not to


@dataclass(frozen=True, slots=True)
class Received:
    """One request, its body unpacked."""

    method: str
    path: str
    headers: dict[str, str]  # names in lower case
    body: bytes


class Receiver:
    """Takes OTLP as well as what Application Insights takes; as a proxy, notes who wants to get out."""

    def __init__(self, status: int = 200, body: bytes | None = None, certificate: Path | None = None) -> None:
        """`body`: what is answered, where it is no telemetry's protocol. `certificate`: with its key, for https."""
        self.status = status
        self.body = body
        self.requests: list[Received] = []
        self.over = threading.Event()
        self._server = _Server(("127.0.0.1", 0), _Handler)
        self._server.receiver = self
        self.url = f"{'https' if certificate else 'http'}://127.0.0.1:{self._server.server_port}"
        if certificate:
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.load_cert_chain(certificate)
            self._server.socket = context.wrap_socket(self._server.socket, server_side=True)
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.over.set()
        self._server.shutdown()
        self._server.server_close()

    def bodies(self, path: str) -> list[bytes]:
        """What was sent there."""
        return [request.body for request in list(self.requests) if request.path == path]


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    receiver: Receiver


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: _Server

    def do_POST(self) -> None:
        receiver = self.server.receiver
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        headers = {name.lower(): value for name, value in self.headers.items()}
        if headers.get("content-encoding") == "gzip":
            body = gzip.decompress(body)
        receiver.requests.append(Received(self.command, self.path, headers, body))
        if receiver.status == HANGS:
            receiver.over.wait()
            self.close_connection = True
            return
        answer = receiver.body or (_accepted(body) if self.path.startswith("/v2") and receiver.status == 200 else b"")
        self.send_response(receiver.status)
        self.send_header("Content-Length", str(len(answer)))
        self.end_headers()
        self.wfile.write(answer)

    do_GET = do_CONNECT = do_POST  # noqa: N815 - the names that http.server looks for

    def log_message(self, format: str, *_: Any) -> None:  # noqa: A002 - as in http.server
        pass


def _accepted(body: bytes) -> bytes:
    """What Application Insights says where it takes all."""
    count = len(json.loads(body))
    return json.dumps({"itemsReceived": count, "itemsAccepted": count, "errors": []}).encode()


def until[T](found: Callable[[], T], what: str) -> T:
    """Ask again until there is an answer."""
    deadline = time.monotonic() + PATIENCE
    while not (answer := found()):
        if time.monotonic() > deadline:
            pytest.fail(f"waited {PATIENCE} s in vain for {what}")
        time.sleep(0.1)
    return answer
