"""Many files uploaded at once to a whole local stack: the app's, or one on which the textbook function runs."""

from __future__ import annotations

import shutil
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from statistics import median

import polars as pl
from azure.storage.blob import BlobServiceClient

from benchmarks.figures import Bound, Line, Measured, at_least
from benchmarks.measure import ROOT, BenchmarkError, Pair, Run
from benchmarks.refresh_figures import Found, RefreshBench
from benchmarks.workspace import FOLDER, Orders, Workspace
from devstack.ports import Ports
from devstack.settings import local_settings
from devstack.stack import Stack
from shared.app import App
from shared.configuration import definitions_in
from shared.names import PROCESSED, UPLOADS
from shared.settings import Settings

DEFINITIONS = ROOT / "benchmarks" / "orders.toml"
TEXTBOOK = ROOT / "benchmarks" / "textbook_app"
THREADS = 16
WARM_UP = 20  # files, before the others
PATIENCE = 300  # seconds, until all files must be processed and all reports right

type Groups = dict[tuple[str, str], tuple[int, Decimal]]  # rows and revenue, by period and group


@dataclass(frozen=True, slots=True)
class Uploads:
    """Orders cut into files of the same length, the first `WARM_UP` of which are uploaded before the others."""

    orders: Orders
    rows: int

    def files(self) -> list[tuple[str, bytes]]:
        """Every file's name and content."""
        header, *lines = self.orders.file.read_bytes().splitlines(keepends=True)
        starts = range(0, len(lines), self.rows)
        return [
            (f"orders/{start // self.rows:05}.csv", b"".join([header, *lines[start : start + self.rows]]))
            for start in starts
        ]

    def expected(self) -> dict[str, Groups]:
        """What both reports must say, out of the orders themselves."""
        orders = pl.read_csv(self.orders.file, infer_schema=False)
        return {
            "orders_by_day": _groups(orders, 10, "region"),
            "orders_by_month": _groups(orders, 7, "category"),
        }


def at_once(bench: RefreshBench) -> Found:
    """Many files uploaded at once: the app against the textbook function, and until all reports are right."""
    sizes = bench.sizes
    uploads = Uploads(Workspace().orders((sizes.uploads + WARM_UP) * sizes.upload_rows), sizes.upload_rows)
    pairs: list[Pair] = []
    rights: list[Run] = []
    for _ in range(sizes.upload_runs):
        taken, right = app(uploads)
        pairs.append(Pair(textbook(uploads), taken))
        rights.append(right)
    sides = {"textbook": [pair.one for pair in pairs], "app": [pair.other for pair in pairs]}
    files = f"{sizes.uploads:,} files of 50 KB uploaded at once"
    per_second = median(sizes.uploads / pair.other.seconds for pair in pairs)
    seconds = median(run.seconds for run in rights)
    yield (
        Line("uploads", f"{files}: times as many a second as the textbook function", at_least(0.5)),
        Measured(median(pair.ratio for pair in pairs), sides),
    )
    yield Line("per-second", f"{files}: files per second", Bound(None, "")), Measured(per_second)
    yield Line("right", f"{files}: until all reports are right", Bound(None, " s")), Measured(seconds, {"app": rights})


def textbook(uploads: Uploads) -> Run:
    """The textbook function: from the first upload to the last processed document."""
    with _stack(TEXTBOOK, {}) as stack:
        return _process(stack, uploads, lambda: True)


def app(uploads: Uploads) -> tuple[Run, Run]:
    """The app: the same, until all records are committed, and until both reports are right."""
    with _stack(ROOT, {"DATASETS_FILE": str(DEFINITIONS)}) as stack:
        found = App(Settings.from_environment(stack.settings), definitions_in(str(DEFINITIONS)))
        expected, files = uploads.expected(), len(uploads.files())
        committed = _process(
            stack, uploads, lambda: Counter(f.status for f in found.files.known()) == {"processed": files}
        )
        begin = time.perf_counter()
        _until(stack, lambda: _reports(found) == expected, "reports that are right")
        return committed, Run(committed.seconds + time.perf_counter() - begin, 0, 0, "")


@contextmanager
def _stack(root: Path, env: Mapping[str, str]) -> Iterator[Stack]:
    """A whole stack with the app in `root`, and state that goes with it."""
    FOLDER.mkdir(parents=True, exist_ok=True)
    state, ports = Path(tempfile.mkdtemp(prefix="stack-", dir=FOLDER)), Ports.free()
    try:
        with Stack(root, state, ports, env={**local_settings(ROOT, ports), **env}) as stack:
            stack.start()
            yield stack
    finally:
        shutil.rmtree(state)


def _process(stack: Stack, uploads: Uploads, done: Callable[[], bool]) -> Run:
    """Upload everything and wait until it is processed and `done`."""
    files = uploads.files()
    with stack.blob_service() as service:
        _upload(service, files[:WARM_UP])
        _until(stack, lambda: _processed(service) == WARM_UP, "the files to warm up with")
        begin = time.perf_counter()
        _upload(service, files[WARM_UP:])
        _until(stack, lambda: _processed(service) == len(files), "processed documents")
        _until(stack, done, "committed records")
        return Run(time.perf_counter() - begin, 0, 0, "")


def _upload(service: BlobServiceClient, files: Sequence[tuple[str, bytes]]) -> None:
    container = service.get_container_client(UPLOADS)
    with ThreadPoolExecutor(THREADS) as threads:
        for _ in threads.map(lambda file: container.upload_blob(*file), files):
            pass


def _processed(service: BlobServiceClient) -> int:
    return sum(1 for _ in service.get_container_client(PROCESSED).list_blob_names())


def _reports(found: App) -> dict[str, Groups]:
    """Both reports as they are."""
    return {
        report: {
            (document.period, group[by]): (group["orders"], Decimal(group["revenue"]))
            for document in found.reports.periods(report, 1_000)
            for group in document.groups
        }
        for report, by in (("orders_by_day", "region"), ("orders_by_month", "category"))
    }


def _groups(orders: pl.DataFrame, characters: int, by: str) -> Groups:
    """The same out of the texts of the orders, by the first characters of their times."""
    period = pl.col("ordered_at").str.head(characters).alias("period")
    revenue = pl.col("amount").str.replace(".", "", literal=True).cast(pl.Int64).sum()
    found = orders.group_by(period, by).agg(pl.len().alias("rows"), revenue.alias("cents"))
    return {(start, group): (rows, Decimal(cents) / 100) for start, group, rows, cents in found.iter_rows()}


def _until(stack: Stack, found: Callable[[], bool], what: str) -> None:
    deadline = time.monotonic() + PATIENCE
    while not found():
        stack.require_alive()
        if time.monotonic() > deadline:
            raise BenchmarkError(f"waited {PATIENCE} s in vain for {what}; {stack.host_log} may say why")
        time.sleep(0.5)
