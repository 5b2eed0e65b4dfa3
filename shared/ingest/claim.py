"""The record that an ingest has claimed, as it was last written or read: what the next write must replace."""

from __future__ import annotations

import logging
from dataclasses import dataclass, field
from time import monotonic
from typing import Protocol

from shared.errors import Conflict, Superseded
from shared.ingest.file_record import FileRecord
from shared.ingest.progress import Progress
from shared.stores.stored import Stored

log = logging.getLogger(__name__)


class Records(Protocol):
    """Where file records are kept, replaced only under the ETag that was read."""

    def get(self, dataset: str, record_id: str) -> Stored[FileRecord] | None: ...
    def elsewhere(self, dataset: str, record_id: str) -> list[Stored[FileRecord]]: ...
    def save(self, record: FileRecord, etag: str | None) -> Stored[FileRecord]: ...


@dataclass(slots=True)
class Claim:
    """One generation's hold on a record."""

    records: Records
    mine: Stored[FileRecord]
    tells: bool = True
    since: float = field(default_factory=monotonic)

    @property
    def record(self) -> FileRecord:
        """As it was last written or read."""
        return self.mine.value

    def save(self, record: FileRecord) -> None:
        """Replace the record. Raises Conflict where somebody else has changed it."""
        self.mine = self.records.save(record, self.mine.etag)

    def found(self) -> Stored[FileRecord]:
        """The record as it is now, whoever holds it. Raises Conflict where there is none any more."""
        found = self.records.get(self.record.dataset, self.record.id)
        if found is None:  # the database was emptied: start over
            raise Conflict(f"The record of {self.record.id} is gone.")
        return found

    def renew(self, found: Stored[FileRecord]) -> None:
        """Go on with the record as it was found. Raises Superseded where a later generation holds it."""
        if found.value.generation != self.record.generation:
            raise Superseded(f"{self.record.id} has been claimed by a later generation.")
        self.mine = found

    def tell(self, progress: Progress) -> None:
        """Leave in the record how far the work has come. Raises Superseded, so that work for nothing ends early.

        Else it is no loss where that cannot be written, and it is not tried again: the work goes first.
        """
        if not self.tells:
            return
        try:
            self._tell(progress)
        except (Conflict, Superseded):
            raise
        except Exception as error:  # noqa: BLE001 - whatever it is, the work goes on
            log.warning("Could not note the progress of %s: %s", self.record.id, error)
            self.tells = False

    def _tell(self, progress: Progress) -> None:
        try:
            self.save(self.record.progressed(progress))
        except Conflict:
            # Reports that were refreshed, or a write of ours whose answer was lost. Next time under the new ETag.
            self.renew(self.found())
            self.tells = self.record.status == "processing"
