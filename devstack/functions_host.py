"""One functions host as a process: started, stopped, killed, and started again."""

import os
import signal
import sys
from collections.abc import Mapping
from pathlib import Path

from devstack.ports import LOCALHOST
from devstack.processes import Child, answers_http

DEADLINE_SECONDS = 60


class FunctionsHost:
    """A host on the app in `root`. Several may share the emulators, each with a port and a log of its own."""

    def __init__(  # noqa: PLR0913 - what tells one host from another
        self, root: Path, port: int, log: Path, env: Mapping[str, str], *, keys: Path | None = None, echo: bool = False
    ) -> None:
        self.url = f"http://{LOCALHOST}:{port}"
        self.log = log
        self._port = port
        self._env = env
        self._echo = echo
        self._command: list[str | Path] = [sys.executable, "-m", "devstack", "host", "--root", root]
        self._command += ["--port", str(port)]
        if keys:
            self._command += ["--keys", keys]
        self._process: Child | None = None

    @property
    def pid(self) -> int | None:
        """The process; None where none runs."""
        return self._process.pid if self._process else None

    def start(self) -> None:
        """Start the host and wait until it answers."""
        self._process = Child("functions host", self._command, self.log, self._env, echo=self._echo)
        self._process.wait_until(lambda: answers_http(self._port, "/admin/host/status"), DEADLINE_SECONDS)

    def kill(self) -> None:
        """End the host with SIGKILL, as a crash would."""
        if self._process:
            self._process.kill()
            self._process = None

    def pause(self) -> None:
        """Hold the host up with SIGSTOP, as a machine does that is out of breath, until `resume`."""
        if self._process:
            os.kill(self._process.pid, signal.SIGSTOP)

    def resume(self) -> None:
        """Let the host go on where it was."""
        if self._process:
            os.kill(self._process.pid, signal.SIGCONT)

    def stop(self) -> None:
        """End the host and let it finish what it can."""
        if self._process:
            self._process.stop()
            self._process = None

    def require_alive(self) -> None:
        """Raise where the host has ended by itself."""
        if self._process:
            self._process.require_alive()
