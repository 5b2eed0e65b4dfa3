"""A cold start: from the start of the process until a host on an installed package has answered its first request."""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from http import HTTPStatus
from http.client import HTTPConnection
from pathlib import Path

from benchmarks.figures import Bound, Line, Measured, at_most, ratio
from benchmarks.measure import MAXRSS_UNIT, MEGABYTE, ROOT, BenchmarkError, Run, pairs
from benchmarks.workspace import FOLDER
from devstack.ports import LOCALHOST, Ports
from devstack.publish.core_tools import published, write_zip
from devstack.publish.installation import Installation, install, unpack
from devstack.stack import Stack

HELLO_APP = ROOT / "benchmarks" / "hello_app"
HEALTH, REPORTS = "/api/health", "/api/reports"
PATIENCE_SECONDS = 60
# On Azure listeners run in the host's own process; here they would take the interpreter from the first request.
NO_LISTENERS = {"DEVSTACK_LISTENERS": "0"}
TELEMETRY = {
    # Nothing listens there, and the exporter's own statistics stay at home: what is measured is this machine.
    "APPLICATIONINSIGHTS_CONNECTION_STRING": (
        "InstrumentationKey=00000000-0000-0000-0000-000000000001;IngestionEndpoint=http://127.0.0.1:9/"
    ),
    "APPLICATIONINSIGHTS_STATSBEAT_DISABLED_ALL": "true",
    "PYTHON_ENABLE_OPENTELEMETRY": "true",
}


@dataclass(frozen=True, slots=True)
class ColdStarts:
    """The published package and the app it is compared with, side by side on the same packages and emulators."""

    installation: Installation
    package: Path
    app: Path
    settings: Mapping[str, str]
    runs: int

    def start(self, app: Path, path: str, **more: str) -> Run:
        """Start a host on an app and time the answer; then end it as a crash would."""
        with tempfile.TemporaryFile() as log:
            port = Ports.free().host
            begin = time.perf_counter()
            host = self._process(app, port, log.fileno(), more)
            try:
                status = _first_answer(host, port, path)
                seconds = time.perf_counter() - begin
            finally:
                host.kill()
                _, _, usage = os.wait4(host.pid, 0)
                host.returncode = 0
            log.seek(0)
            text = log.read().decode(errors="replace")
        if status != HTTPStatus.OK:
            raise BenchmarkError(f"{app.name}: GET {path} answered {status or 'nothing'} at a cold start:\n{text}")
        return Run(seconds, usage.ru_utime + usage.ru_stime, usage.ru_maxrss * MAXRSS_UNIT / MEGABYTE, text)

    def against_hello(self, **more: str) -> Measured:
        """How many times as long as an app that does nothing the package takes."""
        taken = pairs(
            lambda: self.start(self.app, HEALTH, **more), lambda: self.start(HELLO_APP, HEALTH, **more), self.runs
        )
        return ratio(taken, "app", "hello")

    def figures(self) -> Iterator[tuple[Line, Measured]]:
        """Every figure that takes a host."""
        what = "from process start to the first answer, over that of a hello-world app"
        yield Line("off", f"{what}, telemetry off", at_most(1.15)), self.against_hello()
        yield Line("on", f"{what}, telemetry on", at_most(1.15)), self.against_hello(**TELEMETRY)
        yield (
            Line("data", "to the first answer out of Cosmos DB (GET /api/reports)", Bound(None, " s")),
            self._seconds(lambda: self.start(self.app, REPORTS)),
        )

    def _seconds(self, once: Callable[[], Run]) -> Measured:
        taken = [once() for _ in range(1 + self.runs)][1:]
        return Measured(sorted(one.seconds for one in taken)[len(taken) // 2], {"app": taken})

    def _process(self, app: Path, port: int, log: int, more: Mapping[str, str]) -> subprocess.Popen[bytes]:
        system = {name: os.environ[name] for name in ("PATH", "HOME", "LANG", "TMPDIR") if name in os.environ}
        return subprocess.Popen(
            self.installation.host(app, port),
            env={**system, **self.settings, **more, "DEVSTACK_LIFELINE": "1"},
            stdin=subprocess.PIPE,
            stdout=log,
            stderr=subprocess.STDOUT,
        )


@contextmanager
def cold_starts(runs: int) -> Iterator[ColdStarts]:
    """The package of this folder, installed and unpacked, with emulators for as long as they are needed."""
    FOLDER.mkdir(parents=True, exist_ok=True)
    state = Path(tempfile.mkdtemp(prefix="coldstart-", dir=FOLDER))
    try:
        package = state / "app.zip"
        write_zip(ROOT, published(ROOT), package)
        app = unpack(package, state / "app")
        with Stack(ROOT, state / "stack", Ports.free(), env=NO_LISTENERS) as stack:
            stack.start_emulators()
            stack.create_resources()
            yield ColdStarts(install(), package, app, stack.settings, runs)
    finally:
        shutil.rmtree(state)


def _first_answer(host: subprocess.Popen[bytes], port: int, path: str) -> int | None:
    deadline = time.monotonic() + PATIENCE_SECONDS
    while time.monotonic() < deadline and host.poll() is None:
        connection = HTTPConnection(LOCALHOST, port, timeout=PATIENCE_SECONDS)
        try:
            connection.request("GET", path)
            answer = connection.getresponse()
            answer.read()
        except ConnectionError:
            time.sleep(0.002)
        else:
            return answer.status
        finally:
            connection.close()
    return None
