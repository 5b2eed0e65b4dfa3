"""The pipeline as its users see it: a storage client to upload with, HTTP to ask with, and patience."""

import json
import time
import uuid
from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest
import requests

from devstack.stack import Stack

ROOT = Path(__file__).parents[2]
PATIENCE = 60  # seconds until something that must happen is taken not to


class Pipeline:
    """Uploads, waits and asks. Nothing here knows how the app does it."""

    def __init__(self, stack: Stack) -> None:
        self.stack = stack
        self.blobs = stack.blob_service()

    def upload(self, name: str, data: bytes) -> str:
        """Upload a file, as any storage client would. Gives the version's ETag."""
        return self.blobs.get_blob_client("uploads", name).upload_blob(data, overwrite=True)["etag"]

    def ingest(self, name: str, data: bytes) -> dict[str, Any]:
        """Upload a file and wait for the record that tells what became of this version."""
        return self.settled(name, self.upload(name, data))

    def settled(self, name: str, etag: str) -> dict[str, Any]:
        """The record of this version once it is final."""

        def final() -> dict[str, Any] | None:
            record = self.record(name)
            done = record and record["etag"] == etag and record["status"] in ("processed", "rejected", "failed")
            return record if done else None

        return until(final, f"a final record of {name}")

    def appeared(self, name: str) -> None:
        """Wait until an upload that something else has made is processed."""
        until(lambda: any(r["name"] == name and r["status"] == "processed" for r in self.records()), name)

    def delete(self, name: str) -> None:
        """Delete an upload; no event tells the app."""
        self.blobs.get_blob_client("uploads", name).delete_blob()

    def disappeared(self, name: str) -> None:
        """Wait until the record says that the upload is gone."""
        until(lambda: (self.record(name) or {}).get("status") == "deleted", f"{name} deleted")

    def in_work(self, folder: str) -> None:
        """Wait until an upload of this folder is being processed."""
        until(
            lambda: any(r["dataset"] == folder and r["status"] == "processing" for r in self.records()),
            f"an upload of {folder} in work",
        )

    def record(self, name: str) -> dict[str, Any] | None:
        """The file record of an upload."""
        return next((record for record in self.records() if record["name"] == name), None)

    def report(self, report: str, period: str = "all") -> dict[str, Any] | None:
        """One period of a report once no record is stale any more; None where it has no rows."""
        until(lambda: not any(record["stale"] for record in self.records()), "reports without stale files")
        answer = self.get(f"reports/{quote(report)}/{period}")
        return answer.json() if answer.status_code == 200 else None

    def records(self) -> list[dict[str, Any]]:
        """All file records."""
        return self.get("files", top=1000).json()["value"]

    def processed(self, record: dict[str, Any]) -> dict[str, Any]:
        """The processed document of a record."""
        return json.loads(self._blob(record["processed"]))

    def rejected(self, record: dict[str, Any]) -> str:
        """The rejected file of a record."""
        return self._blob(record["rejectedFile"]).decode()

    def exists(self, container: str, name: str) -> bool:
        """Whether there is such a blob."""
        return self.blobs.get_blob_client(container, name).exists()

    def get(self, path: str, key: str | None = None, **parameters: Any) -> requests.Response:
        """GET below /api, with the function key unless another is given."""
        headers = {"x-functions-key": self.stack.key() or "" if key is None else key}
        return requests.get(f"{self.stack.host_url}/api/{path}", params=parameters, headers=headers, timeout=30)

    def ask(self, method: str, path: str, key: str | None = None) -> requests.Response:
        """Any request below /api, with the function key unless another is given."""
        headers = {"x-functions-key": self.stack.key() or "" if key is None else key}
        return requests.request(method, f"{self.stack.host_url}/api/{path}", headers=headers, timeout=30)

    def follow(self, link: str) -> dict[str, Any]:
        """GET an absolute link that the API gave out."""
        return requests.get(link, headers={"x-functions-key": self.stack.key() or ""}, timeout=30).json()

    def _blob(self, path: str) -> bytes:
        container, _, name = path.partition("/")
        return self.blobs.get_blob_client(container, name).download_blob().readall()


def until[T](found: Callable[[], T], what: str) -> T:
    """Ask again until there is an answer."""
    deadline = time.monotonic() + PATIENCE
    while True:
        try:
            if answer := found():
                return answer
        except requests.ConnectionError:  # the host is being started again
            pass
        if time.monotonic() > deadline:
            pytest.fail(f"waited {PATIENCE} s in vain for {what}")
        time.sleep(0.1)


@pytest.fixture(scope="session")
def pipeline(stack: Stack) -> Pipeline:
    """The running pipeline."""
    return Pipeline(stack)


@pytest.fixture(scope="session")
def pipeline_of() -> type[Pipeline]:
    """For tests that run a stack of their own."""
    return Pipeline


@pytest.fixture(scope="session")
def wait_until() -> Callable[[Callable[[], Any], str], Any]:
    """For what a test must wait for itself."""
    return until


@pytest.fixture(scope="session")
def root() -> Path:
    """The project's folder."""
    return ROOT


@pytest.fixture
def folder() -> str:
    """A folder, and so a dataset without a definition, of the test's own."""
    return f"test-{uuid.uuid4().hex[:8]}"
