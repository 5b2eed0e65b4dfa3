"""Time and peak memory of a command in a process of its own. This one stays small: a child starts with its size."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
MEGABYTE = 1024 * 1024
MAXRSS_UNIT = 1 if sys.platform == "darwin" else 1024

type Command = Sequence[str | Path]


class BenchmarkError(Exception):
    """A benchmark that cannot go on, in a sentence."""


@dataclass(frozen=True, slots=True)
class Run:
    """What one run of a command took, and printed. CPU time says more where others use the machine too."""

    seconds: float
    cpu_seconds: float
    peak_mb: float
    output: str


@dataclass(frozen=True, slots=True)
class Pair:
    """A run of each of two sides, one right after the other, so that both meet the machine in the same mood."""

    one: Run
    other: Run

    @property
    def ratio(self) -> float:
        """How many times as long as the other the one took."""
        return self.one.seconds / self.other.seconds


def run(command: Command, environment: Mapping[str, str] | None = None) -> Run:
    """Run a command to its end, process start included."""
    with tempfile.TemporaryFile() as output:
        start = time.perf_counter()
        child = subprocess.Popen(
            command,
            cwd=ROOT,
            env={**os.environ, **(environment or {})},
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
        )
        _, status, usage = os.wait4(child.pid, 0)  # unlike RUSAGE_CHILDREN, of this child alone
        seconds = time.perf_counter() - start
        child.returncode = os.waitstatus_to_exitcode(status)
        output.seek(0)
        text = output.read().decode(errors="replace")
    if child.returncode:
        words = " ".join(map(str, command))
        raise BenchmarkError(f"{words} ended with exit status {child.returncode}:\n{text}")
    return Run(seconds, usage.ru_utime + usage.ru_stime, usage.ru_maxrss * MAXRSS_UNIT / MEGABYTE, text)


def pairs(one: Callable[[], Run], other: Callable[[], Run], count: int) -> list[Pair]:
    """Runs of both sides in turn, after one of each that does not count (files in memory, modules compiled)."""
    one()
    other()
    return [Pair(one(), other()) for _ in range(count)]
