"""Reconcile: find uploads that no event announced, and ingest them. Storage is the truth, events are a hint."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice
from typing import Protocol

from shared.errors import PipelineError
from shared.ingest.file_record import Status
from shared.ingest.service import Ingest
from shared.ingest.upload import Upload, Version
from shared.names import file_id

log = logging.getLogger(__name__)


class Records(Protocol):
    """What is known of files."""

    def versions(self) -> dict[str, tuple[str, Status]]: ...


class Uploads(Protocol):
    """All that has been uploaded."""

    def uploads(self) -> Iterator[tuple[str, Version]]: ...
    def upload(self, name: str) -> Upload: ...


@dataclass(frozen=True, slots=True)
class Reconcile:
    """Ingests what no record speaks of. A bounded number per run: the rest waits for the next."""

    uploads: Uploads
    records: Records
    ingest: Ingest
    per_run: int = 100

    def reconcile(self) -> int:
        """Ingest uploads whose version has no record, and say how many. One that fails does not hold up the others."""
        names = islice(self._unknown(), self.per_run)
        return sum(self._ingested(name) for name in names)

    def _unknown(self) -> Iterator[str]:
        known = self.records.versions()
        for name, version in self.uploads.uploads():
            etag, status = known.get(file_id(name), (None, None))
            if etag != version.etag and status != "processing":  # one in work will find its blob changed by itself
                yield name

    def _ingested(self, name: str) -> bool:
        try:
            self.ingest.ingest(self.uploads.upload(name))
        except PipelineError as error:
            log.error("Could not reconcile %s: %s", file_id(name), error)
            return False
        return True
