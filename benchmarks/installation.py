"""An installation of the app: its real adapters in this process, over the wire to emulators of its own."""

from __future__ import annotations

import shutil
import tempfile
import time
from collections.abc import Callable, Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import replace
from decimal import Decimal
from pathlib import Path
from types import TracebackType
from typing import Protocol, Self

from benchmarks.calls import Calls
from benchmarks.measure import ROOT, BenchmarkError, Run
from benchmarks.sales import PERIOD, REPORT
from benchmarks.workspace import FOLDER
from devstack.functions_host import FunctionsHost
from devstack.ports import Ports
from devstack.stack import Stack
from shared.app import App
from shared.configuration import definitions_in
from shared.ingest.file_record import FileRecord
from shared.names import UPLOADS, file_id, pair, partial_name
from shared.reports.document import ReportDocument
from shared.settings import Settings
from shared.stores.blobs import connect

DEFINITIONS = ROOT / "benchmarks" / "sales.toml"
DATASET = "sales"
THREADS = 16  # that make what is there before anything is measured


class Rows(Protocol):
    """Generated rows of a CSV file."""

    def to_csv(self) -> bytes: ...


class Installation:
    """Emulators and the app, its stores watched. Leaving the `with` block ends them and removes their state."""

    def __init__(self, folder: Path = FOLDER, definitions: Path = DEFINITIONS) -> None:
        self._ends = ExitStack()
        folder.mkdir(parents=True, exist_ok=True)
        self._state = Path(tempfile.mkdtemp(prefix="installation-", dir=folder))
        self._definitions = definitions
        self._stack = Stack(ROOT, self._state, Ports.free(), env={"DATASETS_FILE": str(definitions)})
        self.calls = Calls()

    def __enter__(self) -> Self:
        with ExitStack() as ends:
            ends.callback(shutil.rmtree, self._state)
            ends.enter_context(self._stack)
            self._stack.start_emulators()
            self._stack.create_resources()
            settings = Settings.from_environment(self._stack.settings)
            self._uploads = ends.enter_context(connect(settings.storage)).get_container_client(UPLOADS)
            self.app = App(settings, definitions_in(str(self._definitions)))
            self.app.files = self.calls.watch("files", self.app.files)
            self.app.reports = self.calls.watch("reports", self.app.reports)
            self.app.blobs = self.calls.watch("blobs", self.app.blobs)
            self._ends = ends.pop_all()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self._ends.close()

    def start_host(self) -> str:
        """A functions host on the same app and emulators: its address."""
        self._stack.start_host()
        return self._stack.host_url

    def another_host(self, name: str, env: Mapping[str, str]) -> FunctionsHost:
        """One more of them, with settings of its own."""
        host = self._stack.another_host(name, env)
        host.start()
        return host

    def put(self, name: str, sales: Rows, period: str = PERIOD) -> FileRecord:
        """Upload a file and ingest it, as its event would."""
        self._uploads.upload_blob(name, sales.to_csv(), overwrite=True)
        return self._ingest(name, period)

    def delete(self, name: str) -> FileRecord:
        """Delete an upload, and let the app find out."""
        self._uploads.delete_blob(name)
        return self._ingest(name)

    def copy(self, original: str, names: Iterable[str], *, stale: bool) -> None:
        """What ingesting the same file under other names would leave for refresh: a record and a partial for each."""
        found = self.app.files.get(DATASET, file_id(original))
        assert found, f"{original} has no record"
        data = self.app.blobs.partial(_partial(found.value))

        def one(name: str) -> None:
            record = replace(found.value, id=file_id(name), name=name, stale=found.value.shares if stale else ())
            self.app.blobs.outputs(record.generation).put_partial(_partial(record), data)
            self.app.files.save(record, None)

        with ThreadPoolExecutor(THREADS) as threads:
            for _ in threads.map(one, names):
                pass

    def refresh(self, revenue: Decimal) -> Run:
        """The app's own refresh, timed. The report must say so much afterwards."""
        taken = self.timed(self.app.refresh.refresh)
        if (found := Decimal(self.report().totals["revenue"])) != revenue:
            raise BenchmarkError(f"{REPORT} says {found} instead of {revenue}")
        return taken

    def timed(self, call: Callable[[], object]) -> Run:
        """What a call took in this process, its calls of the stores counted."""
        seconds, cpu = time.perf_counter(), time.process_time()
        with self.calls.counting():
            call()
        return Run(time.perf_counter() - seconds, time.process_time() - cpu, 0, "")

    def report(self) -> ReportDocument:
        """The report as it is."""
        found = self.app.reports.get(REPORT, PERIOD)
        if found is None:
            raise BenchmarkError(f"There is no {REPORT}/{PERIOD}")
        return found.value

    def _ingest(self, name: str, period: str = PERIOD) -> FileRecord:
        record = self.app.ingest.ingest(self.app.blobs.upload(name))
        if record is None or pair(REPORT, period) not in record.stale:
            raise BenchmarkError(f"{name} changes no report: {record}")
        return record


def _partial(record: FileRecord) -> str:
    return partial_name(REPORT, PERIOD, record.id, record.committed)
