"""Child processes that cannot outlive us, and waiting for them to answer."""

import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from http.client import HTTPConnection, HTTPException
from pathlib import Path
from threading import Thread
from typing import IO

from devstack.errors import StackError
from devstack.ports import LOCALHOST

GRACE_SECONDS = 6
TAIL_LINES = 15


class Child:
    """A process with a log file, whose standard input is a pipe from us.

    Every child ends at the end of its standard input. The system closes the pipe when we are gone, however
    that came about, so no child is left behind. A session of its own keeps Ctrl-C from reaching it first.
    """

    def __init__(
        self, name: str, command: Sequence[str | Path], log: Path, env: Mapping[str, str], *, echo: bool
    ) -> None:
        self.name = name
        self._log = log
        self._echo = echo
        self._asked_to_stop = False
        log.parent.mkdir(parents=True, exist_ok=True)
        with log.open("wb") as output:
            self._process = subprocess.Popen(
                command,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE if echo else output,
                stderr=subprocess.STDOUT,
                env=env,
                start_new_session=True,
            )
        if self._process.stdout:
            Thread(target=_copy, args=(self._process.stdout, log), daemon=True).start()

    @property
    def pid(self) -> int:
        return self._process.pid

    def require_alive(self) -> None:
        """Raise where the process has ended, with the last lines of what it said."""
        status = self._process.poll()
        if status is not None:
            raise StackError(f"{self.name} has ended (exit status {status}){self._last_words()}")

    def wait_until(self, answers: Callable[[], bool], seconds: float) -> None:
        """Wait until the process answers; raise where it ends or takes too long."""
        deadline = time.monotonic() + seconds
        while not answers():
            self.require_alive()
            if time.monotonic() > deadline:
                raise StackError(f"{self.name} does not answer after {seconds:.0f} s{self._last_words()}")
            time.sleep(0.05)

    def ask_to_stop(self) -> None:
        """Tell the process to end, without waiting for it. Once: a second SIGTERM would cut its shutdown short."""
        if not self._asked_to_stop:
            self._asked_to_stop = True
            self._process.terminate()

    def stop(self) -> None:
        """End the process; by force where it does not end by itself."""
        self.ask_to_stop()
        try:
            self._process.wait(GRACE_SECONDS)
        except subprocess.TimeoutExpired:
            self.kill()

    def kill(self) -> None:
        """End the process with SIGKILL: it gets no chance to tidy up."""
        self._process.kill()
        self._process.wait()

    def _last_words(self) -> str:
        if self._echo:
            return "; its last lines are above"
        lines = self._log.read_text(errors="replace").splitlines()[-TAIL_LINES:]
        return "; its last lines:\n" + "\n".join(f"  {line}" for line in lines) if lines else "; it said nothing"


def answers_http(port: int, path: str = "/") -> bool:
    """Whether an HTTP server answers there, with whatever status."""
    connection = HTTPConnection(LOCALHOST, port, timeout=2)
    try:
        connection.request("GET", path)
        connection.getresponse()
    except (OSError, HTTPException):
        return False
    finally:
        connection.close()
    return True


def _copy(lines: IO[bytes], log: Path) -> None:
    with log.open("ab") as output:
        for line in lines:
            output.write(line)
            output.flush()
            sys.stdout.write(line.decode(errors="replace"))
            sys.stdout.flush()
