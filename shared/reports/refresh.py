"""Refresh: make stale reports true again, out of the partials of the files that have changed.

A run reads which (report, period) pairs are stale and takes them in batches, oldest first. Of a batch it reads the
report documents, *then* the records that have changed: a document's ETag vouches for all that was read after it. It
replaces each document under that ETag, from one true state to the next. Then the pairs leave `stale`, with one
compare-and-set for each record. Whatever changes meanwhile stays stale for the next run.

A worker that has stalled must never put back what it once read, so every refresh gives the document a new ETag: it is
written even where its content is the same, and kept as an empty document where nothing is left in it.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from contextvars import copy_context
from dataclasses import dataclass, field
from itertools import batched
from typing import Protocol

from shared import clock
from shared.errors import Conflict, PipelineError, Problem
from shared.ingest.file_record import FileRecord
from shared.reports.document import ReportDocument
from shared.reports.renewal import Renewal, Waiting
from shared.reports.stale import StalePair
from shared.stores.stored import Stored
from shared.telemetry import metrics

log = logging.getLogger(__name__)

BUDGET = 240.0  # seconds; nothing is begun after them, and what is left waits for the next run
BATCH = 64  # pairs whose documents are read before the records, which are then cleared of all of them at once
WORKERS = 4  # pairs that are refreshed at a time

type Record = Stored[FileRecord]


class Records(Protocol):
    """The file records, as a refresh needs them."""

    def stale_pairs(self) -> list[StalePair]: ...
    def get(self, dataset: str, record_id: str) -> Record | None: ...
    def some(self, dataset: str, record_ids: Sequence[str]) -> list[Record]: ...
    def save(self, record: FileRecord, etag: str | None) -> Record: ...


@dataclass(frozen=True, slots=True)
class Refresh:
    """Brings reports up to date. Safe to run in many places at once."""

    records: Records
    renewal: Renewal
    budget: float = BUDGET
    workers: int = WORKERS

    def refresh(self) -> int:
        """Refresh stale reports, and say how many. One that fails does not hold up the others.

        Raises the first error when all others are done, so that the run shows as failed.
        """
        run = _Run(self.records, self.renewal, time.monotonic() + self.budget)
        stale = self.records.stale_pairs()
        metrics.stale(max(0, clock.now_ms() - stale[0].since) / 1000 if stale else 0.0)
        with _workers(self.workers) as each:
            for pairs in batched(stale, BATCH, strict=False):
                run.refresh(pairs, each)
        if stale:
            log.info("Refreshed %d of %d stale reports", run.done, len(stale))
        if run.errors:
            raise run.errors[0]
        return run.done


@dataclass(slots=True)
class _Run:
    """One run over everything that is stale."""

    records: Records
    renewal: Renewal
    deadline: float
    done: int = 0
    errors: list[Exception] = field(default_factory=list)

    def refresh(self, pairs: Sequence[StalePair], each: Each) -> None:
        """Refresh some pairs, and take them out of the records whose commits they now show."""
        read = [pair for pair in each(self._with_document, pairs) if pair]
        records = self._read_records([stale for stale, _ in read])
        results = each(lambda pair: self._refreshed(*pair, records), read)
        shown: dict[tuple[str, str], tuple[Record, list[str]]] = {}
        for (stale, _), changed in zip(read, results, strict=True):
            self.done += bool(changed)
            for stored in changed:
                key = (stored.value.dataset, stored.value.id)
                shown.setdefault(key, (stored, []))[1].append(stale.pair)
        list(each(lambda record: self._clear(*record), shown.values()))

    def _with_document(self, stale: StalePair) -> tuple[StalePair, Stored[ReportDocument] | None] | None:
        """A pair with its document as it is now; nothing where it has to wait for the next run."""
        if time.monotonic() >= self.deadline:
            return None
        try:
            return stale, self.renewal.current(stale.pair)
        except Exception as error:  # noqa: BLE001 - whatever is wrong with this one, the others are not
            self._failed(stale, error)
            return None

    def _read_records(self, pairs: list[StalePair]) -> dict[tuple[str, str], Record]:
        """The records of some pairs, each once, by dataset and id."""
        wanted: dict[str, dict[str, None]] = {}
        for stale in pairs:
            wanted.setdefault(stale.dataset, {}).update(dict.fromkeys(stale.files))
        found = [stored for dataset, ids in wanted.items() for stored in self.records.some(dataset, list(ids))]
        return {(stored.value.dataset, stored.value.id): stored for stored in found}

    def _refreshed(
        self, stale: StalePair, current: Stored[ReportDocument] | None, records: dict[tuple[str, str], Record]
    ) -> list[Record]:
        """The records whose commits the report shows now; none where it has to wait."""
        found = (records.get((stale.dataset, record_id)) for record_id in stale.files)
        changed = [stored for stored in found if stored and stale.pair in stored.value.stale]
        if not changed or time.monotonic() >= self.deadline:
            return []
        try:
            self.renewal.renew(stale.dataset, stale.pair, current, [stored.value for stored in changed])
        except Conflict:
            log.info("Leaving %s to the run that has just changed it", stale.pair)
            return []
        except Waiting as reason:
            log.info("Leaving %s as it is: %s", stale.pair, reason)
            return []
        except Exception as error:  # noqa: BLE001 - whatever is wrong with this one, the others are not
            self._failed(stale, error)
            self.renewal.note(stale.dataset, stale.pair, current, _problem(error))
            return []
        return changed

    def _failed(self, stale: StalePair, error: Exception) -> None:
        log.error("Could not refresh %s: %s: %s", stale.pair, type(error).__name__, error)
        self.errors.append(error)

    def _clear(self, stored: Record, pairs: list[str]) -> None:
        """Take pairs out of a record's `stale`, unless another commit has made them stale again."""
        committed = stored.value.committed
        while not set(pairs).isdisjoint(stored.value.stale):
            try:
                self.records.save(stored.value.refreshed(pairs), stored.etag)
            except Conflict:
                found = self.records.get(stored.value.dataset, stored.value.id)
                if found is None or found.value.committed != committed:
                    log.info("%s has changed meanwhile and stays stale", stored.value.id)
                    return
                stored = found  # claimed, or cleared of other pairs: the commit that is shown still counts
            else:
                return


def _problem(error: Exception) -> Problem:
    reason = str(error) if isinstance(error, PipelineError) else f"{type(error).__name__}. The log says more."
    return Problem("refresh_failed", f"Not up to date: {reason}")


class Each(Protocol):
    """What `map` does, perhaps for several items at a time."""

    def __call__[A, B](self, function: Callable[[A], B], items: Iterable[A], /) -> Iterator[B]: ...


@contextmanager
def _workers(number: int) -> Iterator[Each]:
    """Threads that work on items side by side. Their spans belong to the trace of the caller."""
    if number == 1:
        yield map
        return
    with ThreadPoolExecutor(number, "refresh") as pool:

        def each[A, B](function: Callable[[A], B], items: Iterable[A], /) -> Iterator[B]:
            futures = [pool.submit(copy_context().run, function, item) for item in items]
            return (future.result() for future in futures)

        yield each
