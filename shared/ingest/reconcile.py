"""Reconcile: find uploads that no event announced, and ingest them. Storage is the truth, events are a hint."""

from __future__ import annotations

import datetime as dt
import logging
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice
from typing import Protocol

from shared import clock
from shared.ingest.file_record import FileRecord, Status
from shared.ingest.service import Ingest
from shared.ingest.upload import Upload, Version
from shared.names import file_id
from shared.stores.stored import Stored

log = logging.getLogger(__name__)

ABANDONED = dt.timedelta(minutes=35)  # longer than `functionTimeout` in host.json: who took it up is gone
MAX_ATTEMPTS = 5  # as often as the host tries a blob


class Records(Protocol):
    """What is known of files."""

    def versions(self) -> dict[str, tuple[str, Status]]: ...
    def find(self, record_id: str) -> Stored[FileRecord] | None: ...


class Uploads(Protocol):
    """All that has been uploaded."""

    def uploads(self) -> Iterator[tuple[str, Version]]: ...
    def upload(self, name: str) -> Upload: ...


@dataclass(frozen=True, slots=True)
class Reconcile:
    """Ingests what no record speaks of, or only one whose worker is gone. A bounded number per run."""

    uploads: Uploads
    records: Records
    ingest: Ingest
    per_run: int = 100

    def reconcile(self) -> int:
        """Ingest what was missed, and say how many files. One that fails does not hold up the others."""
        missed = islice(self._missed(), self.per_run)
        return sum(self._ingested(name, attempts) for name, attempts in missed)

    def _missed(self) -> Iterator[tuple[str, int]]:
        """The names of uploads that nobody deals with, and how often it was tried."""
        known = self.records.versions()
        for name, version in self.uploads.uploads():
            etag, status = known.get(file_id(name), (None, None))
            if status == "processing":  # whoever is at work on it finds by itself that its blob has changed
                found = self.records.find(file_id(name))
                if found is not None and found.value.started_at < clock.before(ABANDONED):
                    yield name, found.value.attempts
            elif etag != version.etag:
                yield name, 0

    def _ingested(self, name: str, attempts: int) -> bool:
        try:
            if attempts >= MAX_ATTEMPTS:
                self.ingest.give_up(name)
                return False
            self.ingest.ingest(self.uploads.upload(name))
        except Exception as error:  # noqa: BLE001 - whatever is wrong with this one, the others are not
            log.error("Could not reconcile %s: %s: %s", file_id(name), type(error).__name__, error)
            return False
        return True
