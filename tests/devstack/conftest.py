"""A storage emulator for the tests of the host, and hosts on the fixture apps below `apps/`."""

import base64
import json
import os
import re
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

import pytest
import urllib3
from azure.storage.blob import BlobServiceClient

from devstack import emulators
from devstack.host.queues import Queue
from devstack.host.storage_rest import Account
from devstack.ports import Ports

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent.parent
DEADLINE = 30


class Storage:
    """The account in the emulator."""

    def __init__(self, connection_string: str) -> None:
        self.connection_string = connection_string
        self.blobs = BlobServiceClient.from_connection_string(connection_string)
        fields = dict(part.split("=", 1) for part in connection_string.rstrip(";").split(";"))
        key = base64.b64decode(fields["AccountKey"])
        self._account = Account(fields["AccountName"], key, fields["QueueEndpoint"])

    def upload(self, container: str, name: str, content: bytes = b"content") -> str:
        """Write a blob (and its container) and return its ETag."""
        client = self.blobs.get_container_client(container)
        if not client.exists():
            client.create_container()
        return str(client.upload_blob(name, content, overwrite=True).get_blob_properties().etag)

    def queue(self, name: str) -> Queue:
        return Queue(self._account, name)


class RunningHost:
    """A host process on a copy of a fixture app."""

    def __init__(self, root: Path, env: Mapping[str, str], arguments: list[str]) -> None:
        self.root = root
        self.port = Ports.free().host
        self.url = f"http://127.0.0.1:{self.port}"
        self._log = root / f"host-{self.port}.log"
        command = [sys.executable, "-m", "devstack", "host", "--root", str(root), "--port", str(self.port), *arguments]
        with self._log.open("wb") as output:
            self.process = subprocess.Popen(
                command,
                cwd=ROOT,
                stdin=subprocess.PIPE,
                stdout=output,
                stderr=subprocess.STDOUT,
                env={**os.environ, **env},
            )

    @property
    def log(self) -> str:
        return self._log.read_text(errors="replace")

    def wait_for(self, pattern: str, count: int = 1) -> list[str]:
        """Wait until the log has so many matches of the pattern, and return them."""
        return wait_until(
            lambda: found if len(found := re.findall(pattern, self.log)) >= count else None, self.log_tail
        )

    def log_tail(self) -> str:
        return "\n".join(self.log.splitlines()[-40:])

    def request(
        self, method: str, path: str, *, body: object = None, headers: Mapping[str, str] | None = None
    ) -> urllib3.BaseHTTPResponse:
        data = body if body is None or isinstance(body, bytes) else json.dumps(body).encode()
        return urllib3.request(method, self.url + path, body=data, headers=headers, retries=False, timeout=DEADLINE)

    def kill(self) -> None:
        self.process.kill()
        self.process.wait(DEADLINE)

    def stop(self) -> int:
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
        return self.process.wait(DEADLINE)


StartHost = Callable[..., RunningHost]


def wait_until[T](condition: Callable[[], T | None], explain: Callable[[], str] = str) -> T:
    """Poll until the condition gives something."""
    end = time.monotonic() + DEADLINE
    while time.monotonic() < end:
        value = condition()
        if value:
            return value
        time.sleep(0.02)
    raise AssertionError(f"Waited {DEADLINE} s in vain.\n{explain()}")


@pytest.fixture(scope="session")
def storage(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Storage]:
    """Azurite on free ports, for the whole session."""
    ports, state = Ports.free(), tmp_path_factory.mktemp("azurite")
    azurite = emulators.start_azurite(ports, state)
    try:
        emulators.wait_for_azurite(azurite, ports)
        yield Storage(emulators.storage_connection_string(ports))
    finally:
        azurite.stop()


@pytest.fixture(scope="module")
def copy_app(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], Path]:
    """Copies a fixture app; the copy's own path gives its host state of its own in the shared storage."""

    def copy(name: str) -> Path:
        root = tmp_path_factory.mktemp(name.replace("/", "-")) / "app"
        shutil.copytree(HERE / "apps" / name, root, ignore=shutil.ignore_patterns("__pycache__"))
        if not (root / "host.json").exists():
            (root / "host.json").write_text('{"version": "2.0"}')
        return root

    return copy


@pytest.fixture(scope="module")
def start_host() -> Iterator[StartHost]:
    """Starts hosts and ends them with the module. With a storage it is also the app's connection `Storage`."""
    running: list[RunningHost] = []

    def start(
        root: Path, storage: Storage | None = None, *arguments: str, ready: bool = True, **env: str
    ) -> RunningHost:
        text = storage.connection_string if storage else ""
        settings = {"AzureWebJobsStorage": text, "Storage": text} if storage else {}
        host = RunningHost(root, {**settings, **env}, [*arguments])
        running.append(host)
        if ready:
            host.wait_for(r"Host ready in \d+ ms")
        return host

    yield start
    for host in running:
        host.kill()
