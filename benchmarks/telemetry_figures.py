"""What telemetry may cost, and how it is measured: the same app with telemetry off, and on to each kind of receiver."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median
from typing import Any

import psutil

from benchmarks.api_figures import installed, path_of
from benchmarks.api_load import Wanted, load
from benchmarks.figures import Bound, Line, Measured, at_most
from benchmarks.measure import ROOT, BenchmarkError, Run
from benchmarks.sales import PERIOD
from benchmarks.workspace import FOLDER, Workspace
from devstack.functions_host import FunctionsHost
from devstack.ports import Ports
from devstack.stack import Stack

OFF = "off"
KEY = "00000000-0000-0000-0000-000000000000"
RARELY = "0 0 0 1 1 *"
QUIET = {"REFRESH_SCHEDULE": RARELY, "RECONCILE_SCHEDULE": RARELY}

type Found = Iterator[tuple[Line, Measured]]
type Sides = Mapping[str, Mapping[str, str]]  # the settings of each side
type Rounds = list[dict[str, Run]]  # every side once in each, one right after the other


@dataclass(frozen=True, slots=True)
class Sizes:
    """How much of everything."""

    rows: int = 1_000_000
    rounds: int = 31
    groups: int = 20  # of the report that is asked for
    seconds: float = 2  # of calls, for each side of a round


QUICK = Sizes(100_000, 2, 20, 0.5)


@dataclass(frozen=True, slots=True)
class TelemetryBench:
    """What is measured on, and what is found besides figures: the spread of the single rounds."""

    sizes: Sizes = field(default_factory=Sizes)
    profile: dict[str, str] = field(default_factory=dict)


def ingest(bench: TelemetryBench) -> Found:
    """The ingest of a large file, each side a process that has done so before."""
    orders = Workspace().orders(bench.sizes.rows)
    settings = {**QUIET, "DATASETS_FILE": str(ROOT / "benchmarks" / "orders.toml")}
    with _sides() as sides, _emulators(settings) as stack, ExitStack() as ends:
        workers = {side: ends.enter_context(_Worker(stack, side, env)) for side, env in sides.items()}
        for worker in workers.values():
            worker.upload(orders.file)
        rounds = _rounds(bench, lambda side: workers[side].ingest(orders.rows), workers)
    for side in _on(sides):
        about = f"{bench.sizes.rows:,} rows, telemetry to {side}"
        ratios = [each[side].seconds / each[OFF].seconds for each in rounds]
        cpu = [each[side].cpu_seconds / each[OFF].cpu_seconds for each in rounds]
        taken = {name: [each[name] for each in rounds] for name in (side, OFF)}
        yield Line(f"ingest-{side}", f"{about}: times the time without", at_most(1.03)), Measured(median(ratios), taken)
        yield Line(f"ingest-{side}-cpu", f"{about}: times the CPU without", Bound(None, "×")), Measured(median(cpu))
        bench.profile[about] = f"time {_spread(ratios)}; CPU {_spread(cpu)}"


def api(bench: TelemetryBench) -> Found:
    """Small calls, one after the other on one connection, each side a host of its own."""
    with _sides() as sides, installed((PERIOD, bench.sizes.groups)) as installation:
        hosts = {
            side: installation.another_host(side.replace(" ", "-"), {**QUIET, **env}) for side, env in sides.items()
        }
        routes = {"GET /api/health": "/api/health", "GET /api/reports/{report}/{period}": path_of(PERIOD, "")}
        for name, path in routes.items():
            rounds = _rounds(bench, lambda side, path=path: _asked(hosts[side], path, bench.sizes.seconds), hosts)
            yield from _added(bench, name, _on(sides), rounds)


def _added(bench: TelemetryBench, route: str, sides: list[str], rounds: Rounds) -> Found:
    for side in sides:
        about = f"{route}, telemetry to {side}"
        added = [(each[side].seconds - each[OFF].seconds) * 1000 for each in rounds]
        cpu = [(each[side].cpu_seconds - each[OFF].cpu_seconds) * 1000 for each in rounds]
        yield Line(f"{route}-{side}", f"{about}: added time of a call", at_most(1, " ms")), Measured(median(added))
        yield Line(f"{route}-{side}-cpu", f"{about}: added CPU of a call", Bound(None, " ms")), Measured(median(cpu))
        without = median(each[OFF].seconds for each in rounds) * 1000
        bench.profile[about] = f"{without:.2f} ms without; added ms {_spread(added)}; added CPU {_spread(cpu)}"


def _rounds(bench: TelemetryBench, measure: Any, sides: Mapping[str, Any]) -> Rounds:
    """Every side in each round, the first of them changing; a round before them does not count."""
    order, rounds = list(sides), []
    for _ in range(1 + bench.sizes.rounds):
        rounds.append({side: measure(side) for side in order})
        order = order[1:] + order[:1]
    return rounds[1:]


def _on(sides: Sides) -> list[str]:
    return [side for side in sides if side != OFF]


def _plain(side: str) -> str:
    return side.replace(" ", "-")


def _spread(values: list[float]) -> str:
    ordered = sorted(values)
    low, high = ordered[len(ordered) // 4], ordered[-1 - len(ordered) // 4]
    return f"{median(ordered):.3f} ({low:.3f} to {high:.3f})"


@contextmanager
def _sides() -> Iterator[Sides]:
    """Off, and on to each kind of receiver. Both are one process that takes everything and does nothing."""
    with subprocess.Popen([sys.executable, "-m", "benchmarks.swallow"], cwd=ROOT, stdout=subprocess.PIPE) as receiver:
        assert receiver.stdout
        url = f"http://127.0.0.1:{int(receiver.stdout.readline())}"
        insights = f"InstrumentationKey={KEY};IngestionEndpoint={url}/"
        try:
            yield {
                OFF: {},
                "OTLP": {"OTEL_EXPORTER_OTLP_ENDPOINT": url},
                "Azure Monitor": {"APPLICATIONINSIGHTS_CONNECTION_STRING": insights},
            }
        finally:
            receiver.terminate()


@contextmanager
def _emulators(settings: Mapping[str, str]) -> Iterator[Stack]:
    FOLDER.mkdir(parents=True, exist_ok=True)
    state = Path(tempfile.mkdtemp(prefix="telemetry-", dir=FOLDER))
    try:
        with Stack(ROOT, state, Ports.free(), env=settings) as stack:
            stack.start_emulators()
            stack.create_resources()
            yield stack
    finally:
        shutil.rmtree(state)


class _Worker:
    """A process that ingests what it is told to."""

    def __init__(self, stack: Stack, side: str, settings: Mapping[str, str]) -> None:
        self._stack = stack
        self._name = f"orders/{_plain(side)}.csv"
        self._process = subprocess.Popen(
            [sys.executable, "-m", "benchmarks.telemetry_worker"],
            cwd=ROOT,
            env={**os.environ, **stack.settings, **settings},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    def __enter__(self) -> _Worker:
        return self

    def __exit__(self, *_: object) -> None:
        self._process.communicate()

    def upload(self, file: Path) -> None:
        """The file, under a name of the worker's own."""
        with self._stack.blob_service() as service, file.open("rb") as data:
            service.get_blob_client("uploads", self._name).upload_blob(data)

    def ingest(self, rows: int) -> Run:
        """The same bytes as a new version."""
        with self._stack.blob_service() as service:
            service.get_blob_client("uploads", self._name).set_blob_metadata({"version": os.urandom(4).hex()})
        assert self._process.stdin
        assert self._process.stdout
        self._process.stdin.write(f"{self._name}\n")
        self._process.stdin.flush()
        answer = self._process.stdout.readline().split()
        if len(answer) != 3 or int(answer[2]) != rows:
            raise BenchmarkError(f"{self._name}: {answer} instead of seconds, CPU and {rows} records")
        return Run(float(answer[0]), float(answer[1]), 0, "")


def _asked(host: FunctionsHost, path: str, seconds: float) -> Run:
    """A call, on average: its time, and the CPU of the whole host, the threads that send telemetry among it."""
    process = psutil.Process(host.pid)
    before = sum(process.cpu_times()[:2])
    done = load(Wanted(host.url + path), 1, seconds)
    cpu = sum(process.cpu_times()[:2]) - before
    return Run(done.seconds / done.requests, cpu / done.requests, 0, "")
