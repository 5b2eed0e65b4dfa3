"""Reconcile: bring the records in line with the uploads. Storage is the truth, events are a hint."""

from __future__ import annotations

import datetime as dt
import logging
import time
from collections import Counter
from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextvars import copy_context
from dataclasses import dataclass
from itertools import islice
from typing import Protocol

from shared import clock
from shared.ingest.file_record import FileRecord, KnownFile
from shared.ingest.service import Ingest
from shared.ingest.status import STATUSES
from shared.ingest.upload import Listed, Upload
from shared.names import file_id
from shared.stores.stored import Stored
from shared.telemetry import metrics

log = logging.getLogger(__name__)

GRACE = dt.timedelta(seconds=10)  # so long an upload is left to its event
BUDGET = dt.timedelta(minutes=20)  # for a run; what it has begun then must come to its end within `functionTimeout`
ABANDONED = dt.timedelta(minutes=35)  # longer than `functionTimeout` in host.json: who took it up is gone
MAX_ATTEMPTS = 5  # as often as the host tries a blob
WORKERS = 4  # files at a time


class Records(Protocol):
    """What is known of files."""

    def known(self) -> Iterable[KnownFile]: ...
    def get(self, dataset: str, record_id: str) -> Stored[FileRecord] | None: ...


class Uploads(Protocol):
    """All that has been uploaded."""

    def uploads(self) -> Iterator[Listed]: ...
    def upload(self, name: str) -> Upload: ...


@dataclass(frozen=True, slots=True)
class Missed:
    """A file that something is left to do for, and what is known of it where it belongs."""

    name: str
    found: KnownFile | None
    elsewhere: bool = False  # it counts in another dataset, too


@dataclass(frozen=True, slots=True)
class Reconcile:
    """Ingests what no record speaks of, or only one of another definition, or one whose worker or upload is gone.

    A bounded number per run, in bounded time: the rest waits for the next.
    """

    uploads: Uploads
    records: Records
    ingest: Ingest
    per_run: int = 10_000
    workers: int = WORKERS
    budget: dt.timedelta = BUDGET

    def reconcile(self) -> int:
        """Ingest what was missed, and say how many files. One that fails does not hold up the others."""
        deadline = time.monotonic() + self.budget.total_seconds()
        context = copy_context()  # spans of the threads belong to the trace of the caller

        def deal(file: Missed) -> bool:
            return time.monotonic() < deadline and context.copy().run(self._dealt_with, file)

        with ThreadPoolExecutor(self.workers, "reconcile") as pool:
            return sum(pool.map(deal, islice(self._missed(), self.per_run)))

    def _missed(self) -> Iterator[Missed]:
        """The uploads that nobody deals with, and those that are gone."""
        known: dict[str, tuple[KnownFile, ...]] = {}  # by name; more than one where definitions have moved the file
        statuses: Counter[str] = Counter(dict.fromkeys(STATUSES, 0))
        for found in self.records.known():
            known[found.name] = (*known.get(found.name, ()), found)
            statuses[found.status] += 1
        metrics.known(statuses)
        fresh = dt.datetime.now(dt.UTC) - GRACE
        for upload in self.uploads.uploads():
            places = known.pop(upload.name, ())
            dataset, definition = self.ingest.target(upload.name)
            here = next((found for found in places if found.dataset == dataset), None)
            elsewhere = any(found.dataset != dataset and found.status != "deleted" for found in places)
            if _is_missed(here, upload, definition, fresh) or (here and elsewhere and here.status != "processing"):
                yield Missed(upload.name, here, elsewhere)
        for found in (found for places in known.values() for found in places):
            if found.status != "deleted" and (found.status != "processing" or _is_abandoned(found)):
                yield Missed(found.name, found)

    def _dealt_with(self, file: Missed) -> bool:
        try:
            if self._has_changed(file):
                return False
            if file.found and file.found.status == "processing" and file.found.attempts >= MAX_ATTEMPTS:
                self.ingest.give_up(file.name, file.found.etag)
                return False
            if file.elsewhere:
                self.ingest.retire_elsewhere(file.name)
            self.ingest.ingest(self.uploads.upload(file.name))
        except Exception as error:  # noqa: BLE001 - whatever is wrong with this one, the others are not
            log.error("Could not reconcile %s: %s: %s", file_id(file.name), type(error).__name__, error)
            return False
        return True

    def _has_changed(self, file: Missed) -> bool:
        """Whether somebody has dealt with it since the records were read: a run may be long."""
        dataset = file.found.dataset if file.found else self.ingest.target(file.name)[0]
        stored = self.records.get(dataset, file_id(file.name))
        return (KnownFile.from_document(stored.value.to_document()) if stored else None) != file.found


def _is_missed(found: KnownFile | None, upload: Listed, definition: str, fresh: dt.datetime) -> bool:
    if found and found.status == "processing":  # whoever is at work on it finds by itself that its blob has changed
        return _is_abandoned(found)
    if upload.modified >= fresh:
        return False
    if found is None or found.status == "deleted":
        return True
    return (found.etag, found.definition) != (upload.version.etag, definition)


def _is_abandoned(found: KnownFile) -> bool:
    return found.started_at < clock.before(ABANDONED)
