"""Reconcile: bring the records in line with the uploads. Storage is the truth, events are a hint."""

from __future__ import annotations

import datetime as dt
import logging
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice
from typing import Protocol

from shared import clock
from shared.ingest.file_record import KnownFile
from shared.ingest.service import Ingest
from shared.ingest.upload import Listed, Upload
from shared.names import file_id

log = logging.getLogger(__name__)

GRACE = dt.timedelta(seconds=10)  # so long an upload is left to its event
ABANDONED = dt.timedelta(minutes=35)  # longer than `functionTimeout` in host.json: who took it up is gone
MAX_ATTEMPTS = 5  # as often as the host tries a blob


class Records(Protocol):
    """What is known of files."""

    def known(self) -> dict[tuple[str, str], KnownFile]: ...


class Uploads(Protocol):
    """All that has been uploaded."""

    def uploads(self) -> Iterator[Listed]: ...
    def upload(self, name: str) -> Upload: ...


@dataclass(frozen=True, slots=True)
class Missed:
    """A file that something is left to do for, and what is known of it."""

    name: str
    found: KnownFile | None


@dataclass(frozen=True, slots=True)
class Reconcile:
    """Ingests what no record speaks of, or only one of another definition, or one whose worker or upload is gone.

    A bounded number per run: the rest waits for the next.
    """

    uploads: Uploads
    records: Records
    ingest: Ingest
    per_run: int = 1000

    def reconcile(self) -> int:
        """Ingest what was missed, and say how many files. One that fails does not hold up the others."""
        missed = islice(self._missed(), self.per_run)
        return sum(self._dealt_with(file) for file in missed)

    def _missed(self) -> Iterator[Missed]:
        """The uploads that nobody deals with, and those that are gone."""
        known = self.records.known()
        gone = {record: found for (_, record), found in known.items() if found.status not in ("deleted", "processing")}
        fresh = dt.datetime.now(dt.UTC) - GRACE
        for upload in self.uploads.uploads():
            dataset, definition = self.ingest.target(upload.name)
            record = file_id(upload.name)
            gone.pop(record, None)
            found = known.get((dataset, record))
            if (found is None and upload.modified < fresh) or (found and _is_missed(found, upload, definition)):
                yield Missed(upload.name, found)
        yield from (Missed(found.name, found) for found in gone.values())

    def _dealt_with(self, file: Missed) -> bool:
        try:
            if file.found and file.found.status == "processing" and file.found.attempts >= MAX_ATTEMPTS:
                self.ingest.give_up(file.name, file.found.etag)
                return False
            self.ingest.ingest(self.uploads.upload(file.name))
        except Exception as error:  # noqa: BLE001 - whatever is wrong with this one, the others are not
            log.error("Could not reconcile %s: %s: %s", file_id(file.name), type(error).__name__, error)
            return False
        return True


def _is_missed(found: KnownFile, upload: Listed, definition: str) -> bool:
    if found.status == "processing":  # whoever is at work on it finds by itself that its blob has changed
        return found.started_at < clock.before(ABANDONED)
    return found.status == "deleted" or (found.etag, found.definition) != (upload.version.etag, definition)
