"""An app of a few lines that answers the smoke test over HTTP, and can be told to go wrong at any one place."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from devstack.smoke_file import COLUMNS, FIRST, SECOND, Version

TRACE = "0af7651916cd43dd8448eb211c80319c"
VERSIONS = {version.content: version for version in (FIRST, SECOND)}

type Reply = tuple[int, dict[str, Any]]


@dataclass
class App:
    """What the app holds: one file at most. `replies` take the place of its own answers, by method and route."""

    url: str = ""
    name: str = ""
    version: Version | None = None
    etag: str = ""
    deleted: bool = False
    replies: dict[str, Callable[[], Reply]] = field(default_factory=dict)
    asked: list[str] = field(default_factory=list)  # methods and routes
    keys: dict[str, str | None] = field(default_factory=dict)  # by method and route, the last one sent

    def record(self) -> dict[str, Any]:
        counts = self.version.counts if self.version else {"rows": 0, "records": 0, "rejected": 0}
        status = "deleted" if self.deleted else "processed"
        return {"id": "the-id", "name": self.name, "etag": self.etag, "status": status, **counts} | {
            "stale": [],
            "traceId": TRACE,
        }

    def answer(self, route: str, query: dict[str, list[str]], body: bytes) -> Reply:
        match route:
            case "GET health":
                return 200, {"status": "alive"}
            case "GET ready":
                return 200, {"status": "ready"}
            case "POST validate":
                dataset = query["name"][0].split("/")[0]
                return 200, {"dataset": dataset, **VERSIONS[body].counts, "columns": COLUMNS}
            case "POST uploads":
                self.name = json.loads(body)["name"]
                return 201, {
                    "method": "PUT",
                    "url": f"{self.url}/storage?sig=secret",
                    "headers": {"x-ms-blob-type": "x"},
                }
            case "PUT storage":
                self.version, self.etag = VERSIONS[body], f'"{len(body)}"'
                return 201, {}
            case "GET files":
                return 200, {"value": [self.record()] if self.version else []}
            case "GET files/the-id":
                return 200, self.record()
            case "DELETE files/the-id":
                self.version, self.deleted = None, True
                return 204, {}
            case _ if route == f"GET reports/{self.name.split('/')[0]}/all":
                return (200, {"files": 1, "value": [dict(self.version.row)]}) if self.version else (404, {})
        raise AssertionError(f"the smoke test asks for {route}")


class Handler(BaseHTTPRequestHandler):
    app: App

    def handle_any(self) -> None:
        address = urlsplit(self.path)
        route = f"{self.command} {address.path.removeprefix('/api').strip('/')}"
        body = self.rfile.read(int(self.headers.get("content-length", 0)))
        self.app.asked.append(route)
        self.app.keys[route] = self.headers.get("x-functions-key")
        own = self.app.replies.get("GET reports" if route.startswith("GET reports/") else route)
        status, document = own() if own else self.app.answer(route, parse_qs(address.query), body)
        self.send_response(status)
        for name, value in document.pop("headers!", {"ETag": self.app.etag}).items():
            self.send_header(name, value)
        self.end_headers()
        if status != 204:
            self.wfile.write(json.dumps(document).encode())

    do_GET = do_POST = do_PUT = do_DELETE = handle_any  # noqa: N815 - the names that the server looks for

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture
def app() -> Iterator[App]:
    running = App()
    handler = type("HandlerOfThisTest", (Handler,), {"app": running})
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        running.url = f"http://127.0.0.1:{server.server_port}"
        threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
        yield running
        server.shutdown()
