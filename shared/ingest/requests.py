"""What people ask of a file: take it out, run it again."""

from __future__ import annotations

import logging
from dataclasses import dataclass
from typing import Protocol

from shared.errors import Conflict, NotFound, NotPossible, PlatformError
from shared.ingest.file_record import FileRecord
from shared.ingest.service import STARTS, Ingest
from shared.ingest.upload import Upload
from shared.stores.stored import Stored

log = logging.getLogger(__name__)


class Records(Protocol):
    """The file records, of whichever dataset."""

    def find(self, record_id: str) -> Stored[FileRecord] | None: ...
    def save(self, record: FileRecord, etag: str | None) -> Stored[FileRecord]: ...


class Uploads(Protocol):
    """What has been uploaded."""

    def upload(self, name: str) -> Upload: ...
    def delete_upload(self, name: str) -> None: ...


@dataclass(frozen=True, slots=True)
class FileRequests:
    """Files by the ids of their records."""

    uploads: Uploads
    records: Records
    ingest: Ingest

    def delete(self, record_id: str) -> None:
        """Take a file out: its upload, its outputs, its share in every report. Again changes nothing.

        Raises NotFound where there never was such a file.
        """
        name = self._found(record_id).value.name
        self.uploads.delete_upload(name)  # first, for storage is the truth: reconcile would ingest it again
        self.ingest.ingest(self.uploads.upload(name))

    def mark(self, record_id: str) -> FileRecord:
        """See to it that a file is run again, at the latest by reconcile; `run` does it. Gives its record.

        Raises NotFound where there is no such file, NotPossible where it has no upload any more.
        """
        for _ in range(STARTS):
            found = self._found(record_id)
            name = found.value.name
            if found.value.status == "deleted" or self.uploads.upload(name).version() is None:
                raise NotPossible(f"The upload of '{name}' is gone: there is nothing to run. Upload the file again.")
            if not found.value.definition:  # marked already, maybe by a write of ours whose answer was lost
                return found.value
            try:
                return self.records.save(found.value.to_be_reprocessed(), found.etag).value
            except Conflict:
                continue
        raise PlatformError(f"The record of '{record_id}' changed {STARTS} times while it was marked; try again.")

    def run(self, record_id: str) -> None:
        """Bring a file up to date. An unknown one is no error: whoever asked can be told nothing any more."""
        found = self.records.find(record_id)
        if found is None:
            log.warning("There is no file %r to be run again", record_id)
            return
        self.ingest.ingest(self.uploads.upload(found.value.name))

    def _found(self, record_id: str) -> Stored[FileRecord]:
        found = self.records.find(record_id)
        if found is None:
            raise NotFound(f"There is no file '{record_id}'. GET /api/files lists those there are.")
        return found
