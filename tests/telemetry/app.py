"""A running host, as storage clients, callers and those who end it see it."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass
from subprocess import TimeoutExpired
from typing import Any

import requests

from devstack.functions_host import FunctionsHost
from devstack.stack import Stack
from tests.telemetry.receiver import until


@dataclass(frozen=True)
class App:
    """The app on a host of the test's own."""

    host: FunctionsHost
    stack: Stack

    def upload(self, name: str, data: bytes) -> None:
        self.stack.blob_service().get_blob_client("uploads", name).upload_blob(data, overwrite=True)

    def ingest(self, name: str, data: bytes) -> dict[str, Any]:
        """Upload a file, and wait for its final record."""
        self.upload(name, data)
        return self.settled(name)

    def settled(self, name: str) -> dict[str, Any]:
        """The record of an upload once it is final."""
        return until(lambda: self._final(name), f"a final record of {name}")

    def _final(self, name: str) -> dict[str, Any] | None:
        final = ("processed", "rejected", "failed")
        return next((r for r in self.records() if r["name"] == name and r["status"] in final), None)

    def records(self) -> list[dict[str, Any]]:
        """All file records."""
        return self.ask("GET", "files?top=1000").json()["value"]

    def ask(self, method: str, path: str, **headers: str) -> requests.Response:
        """A request below /api."""
        return requests.request(method, f"{self.host.url}/api/{path}", headers=headers, timeout=30)

    def end(self, within: float) -> int | None:
        """Tell the host to end, as a platform does that needs its place. Gives the exit status, None if it is late."""
        process = self.host._process._process  # its `stop` would end by force what takes too long
        process.terminate()
        try:
            return process.wait(within)
        except TimeoutExpired:
            return None

    def log(self) -> str:
        """What the host has said so far."""
        return self.host.log.read_text(errors="replace")


type Serve = Callable[[dict[str, str]], AbstractContextManager[App]]
