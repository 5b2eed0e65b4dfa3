"""What is asked of ingest, and how each figure is measured."""

from __future__ import annotations

import shutil
import sys
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median

from benchmarks.measure import ROOT, BenchmarkError, Command, Pair, Run, pairs, run
from benchmarks.workspace import PACKAGES, Orders, Workspace, count_records, counts_in_head

DEFINED, UNDEFINED = "orders/orders.csv", "others/orders.csv"  # upload names: with and without a definition
DAMAGED_EVERY = 100
LARGEST = 40  # times as long as the others: the file that is not kept
SMALL_ROWS = 105  # 10 KB
LOADERS = ROOT / "benchmarks" / "loaders"


@dataclass(frozen=True, slots=True)
class Bound:
    """The figure that is asked for. Without a limit it is there to be known."""

    limit: float | None
    unit: str
    at_least: bool = False

    def met_by(self, value: float) -> bool:
        """Whether a measured value is good enough."""
        if self.limit is None:
            return True
        return value >= self.limit if self.at_least else value <= self.limit


def at_least(limit: float) -> Bound:
    """A ratio that must be reached."""
    return Bound(limit, "×", at_least=True)


def at_most(limit: float, unit: str = "×") -> Bound:
    """A value that must not be passed."""
    return Bound(limit, unit)


@dataclass(frozen=True, slots=True)
class Measured:
    """The figure that was found, and the runs that it comes from, by side."""

    value: float
    sides: dict[str, list[Run]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Bench:
    """Where figures are measured, on how many rows, and how often."""

    workspace: Workspace
    rows: int
    runs: int
    keep: bool = False


@dataclass(frozen=True, slots=True)
class Line:
    """What a line of the table shows."""

    key: str
    what: str
    asked: Bound


@dataclass(frozen=True, slots=True)
class Figure(Line):
    """A line that is measured by itself."""

    measure: Callable[[Bench], Measured]


def check(workspace: Workspace, orders: Orders, name: str = DEFINED) -> Run:
    """`devstack check` of a file under an upload name, and a look at what it has made."""
    out = workspace.empty_outputs()
    definitions = ROOT / "benchmarks" / "orders.toml"
    options: Command = ["--as", name, "--datasets", definitions, "--out", out]
    taken = run([sys.executable, "-m", "devstack", "check", orders.file, *options])
    _require_counts(orders, counts_in_head(out / "processed" / Path(name).with_suffix(".json")))
    return taken


def load(workspace: Workspace, orders: Orders, script: str) -> Run:
    """Another loader over the same file."""
    target = workspace.empty_outputs() / "orders.json"
    taken = run([sys.executable, LOADERS / f"{script}.py", orders.file, target], {"PYTHONPATH": str(PACKAGES)})
    _require_counts(orders, (count_records(target), 0))
    return taken


def faster_than(script: str) -> Callable[[Bench], Measured]:
    """How many times as long another loader takes."""

    def measure(bench: Bench) -> Measured:
        orders = bench.workspace.orders(bench.rows)
        taken = pairs(lambda: load(bench.workspace, orders, script), lambda: check(bench.workspace, orders), bench.runs)
        return ratio(taken, script, "app")

    return measure


def damaged(bench: Bench) -> Measured:
    """How many times as long a damaged file takes."""
    bad, good = bench.workspace.orders(bench.rows, DAMAGED_EVERY), bench.workspace.orders(bench.rows)
    taken = pairs(lambda: check(bench.workspace, bad), lambda: check(bench.workspace, good), bench.runs)
    return ratio(taken, "damaged", "clean")


def undefined(bench: Bench) -> Measured:
    """How many times as long it takes to find the types first."""
    orders = bench.workspace.orders(bench.rows)
    taken = pairs(lambda: check(bench.workspace, orders, UNDEFINED), lambda: check(bench.workspace, orders), bench.runs)
    return ratio(taken, "inferred", "defined")


def through_blobs(bench: Bench) -> Measured:
    """How many times as long the way from blob to blob takes."""
    orders = bench.workspace.orders(bench.rows)
    with bench.workspace.azurite() as storage:
        run([*_app("upload"), orders.file, storage])

        def from_blob() -> Run:
            bench.workspace.empty_outputs()
            taken = run([*_app("blob"), storage])
            records, rejected = map(int, taken.output.split()[-2:])
            _require_counts(orders, (records, rejected))
            return taken

        return ratio(pairs(from_blob, lambda: check(bench.workspace, orders), bench.runs), "blobs", "files")


def peak_memory(times: int) -> Callable[[Bench], Measured]:
    """The most memory that the process takes, in MB, for a file so many times as long as the others."""

    def measure(bench: Bench) -> Measured:
        orders = bench.workspace.orders(bench.rows * times)
        try:
            taken = check(bench.workspace, orders)
        finally:
            shutil.rmtree(bench.workspace.empty_outputs())
            if times == LARGEST and not bench.keep:
                orders.file.unlink()
        return Measured(taken.peak_mb, {"app": [taken]})

    return measure


def small_file(bench: Bench) -> Measured:
    """The time of a small file among many, in milliseconds."""
    orders = bench.workspace.orders(SMALL_ROWS)
    taken = [run([*_app("small"), orders.file, bench.workspace.empty_outputs()]) for _ in range(bench.runs)]
    return Measured(median(float(one.output) for one in taken))


def _app(command: str) -> list[str]:
    return [sys.executable, "-m", "benchmarks.app", command]


def ratio(taken: list[Pair], one: str, other: str) -> Measured:
    """The median over the pairs."""
    sides = {one: [pair.one for pair in taken], other: [pair.other for pair in taken]}
    return Measured(median(pair.ratio for pair in taken), sides)


def _require_counts(orders: Orders, found: tuple[int, int]) -> None:
    expected = (orders.rows - orders.damaged, orders.damaged)
    if found != expected:
        raise BenchmarkError(f"{orders.file.name}: {found} records and rejected rows instead of {expected}")


FIGURES = (
    Figure("textbook", "times as fast as `csv.DictReader` + `json.dumps`", at_least(10), faster_than("textbook")),
    Figure("pandas", "times as fast as pandas `read_csv` + `to_json`", at_least(4), faster_than("pandas_to_json")),
    Figure("duckdb", "times as fast as DuckDB `COPY (read_csv) TO json`", at_least(1.3), faster_than("duckdb_copy")),
    Figure("polars", "times as fast as polars `scan_csv` → `sink_ndjson`", at_least(1), faster_than("polars_sink")),
    Figure("damaged", "1 % of the rows damaged: time over that of clean ones", at_most(2), damaged),
    Figure("blobs", "from blob to blob in Azurite: time over that of files", at_most(2), through_blobs),
    Figure("undefined", "no definition, types found first: time over that with one", at_most(1.8), undefined),
    Figure("small", "a file of 10 KB once warm", at_most(15, " ms"), small_file),
    Figure("memory", "peak memory", at_most(256, " MB"), peak_memory(1)),
    Figure("memory-8", "peak memory, a file 8 times as long", at_most(256, " MB"), peak_memory(8)),
    Figure("memory-40", "peak memory, a file 40 times as long", at_most(256, " MB"), peak_memory(LARGEST)),
)
