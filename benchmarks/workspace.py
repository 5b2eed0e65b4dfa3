"""The files that benchmarks read and write: made once below `.devstack/bench`, used again, never committed."""

from __future__ import annotations

import hashlib
import os
import re
import shutil
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from benchmarks.measure import ROOT, BenchmarkError, run
from devstack.emulators import start_azurite, storage_connection_string, wait_for_azurite
from devstack.ports import Ports

FOLDER = ROOT / ".devstack" / "bench"
PACKAGES = FOLDER / "packages"  # of benchmarks/requirements.txt
GENERATOR = ROOT / "benchmarks" / "orders.py"
ROW_BYTES, RECORD_BYTES = 100, 250  # of a file and of the documents made of it, rounded up
CHUNK = 4 * 1024 * 1024
HEAD = 4096
KEY = b'"order_id":'


@dataclass(frozen=True, slots=True)
class Orders:
    """A generated file and what is in it."""

    file: Path
    rows: int
    damaged: int = 0


class Workspace:
    """A folder of inputs and one of outputs."""

    def __init__(self, folder: Path = FOLDER) -> None:
        self._folder = folder
        self._outputs = folder / "out"
        folder.mkdir(parents=True, exist_ok=True)

    def orders(self, rows: int, damaged_every: int | None = None) -> Orders:
        """A file of so many orders. Its name changes with the generator, so that no file of an older one is taken."""
        version = hashlib.sha256(GENERATOR.read_bytes()).hexdigest()[:8]
        kind = f"-damaged-{damaged_every}" if damaged_every else ""
        file = self._folder / f"orders-{rows}{kind}-{version}.csv"
        self._require_space(rows * (RECORD_BYTES + (0 if file.exists() else ROW_BYTES)))
        if not file.exists():
            unfinished = file.with_suffix(".part")
            damage = ("--damaged-every", str(damaged_every)) if damaged_every else ()
            run([sys.executable, "-m", "benchmarks.orders", unfinished, "--rows", str(rows), *damage])
            unfinished.rename(file)
        return Orders(file, rows, rows // damaged_every if damaged_every else 0)

    def empty_outputs(self) -> Path:
        """The folder of outputs, without those of the last run, and with nothing left to be written back to disk."""
        shutil.rmtree(self._outputs, ignore_errors=True)
        self._outputs.mkdir()
        os.sync()
        return self._outputs

    @contextmanager
    def azurite(self) -> Iterator[str]:
        """Azurite for as long as it is needed; gives its connection string."""
        state, ports = self._folder / "azurite", Ports.free()
        emulator = start_azurite(ports, state)
        try:
            wait_for_azurite(emulator, ports)
            yield storage_connection_string(ports)
        finally:
            emulator.stop()
            shutil.rmtree(state)

    def _require_space(self, needed: int) -> None:
        free = shutil.disk_usage(self._folder).free
        if free < needed:
            raise BenchmarkError(
                f"{needed / 1e9:.0f} GB of disk are needed and {free / 1e9:.0f} GB are free. "
                "Make room, or measure fewer rows (--rows, --only)."
            )


def count_records(file: Path) -> int:
    """The records in a JSON document of orders, whichever way it is laid out."""
    count, rest = 0, b""
    with file.open("rb") as document:
        while data := document.read(CHUNK):
            text = rest + data
            count += text.count(KEY)
            rest = text[1 - len(KEY) :]
    return count


def counts_in_head(document: Path) -> tuple[int, int]:
    """Records and rejected rows, as a processed document says at its beginning."""
    with document.open("rb") as file:
        found = re.search(rb'"record_count": ([0-9]+), *"rejected_count": ([0-9]+)', file.read(HEAD))
    if not found:
        raise BenchmarkError(f"{document.name} does not begin with its counts")
    return int(found[1]), int(found[2])
