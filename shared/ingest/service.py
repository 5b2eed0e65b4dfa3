"""Ingest: claim a file's record, make its outputs, commit. Right under crashes, duplicates and late events.

Whoever claims last wins. Nothing counts before the commit, everything does after it; a crash in between leads to work
done twice, never to work lost. `docs/protocol.md` tells why.
"""

from __future__ import annotations

import logging
from contextlib import suppress
from dataclasses import dataclass, replace
from typing import Protocol

from shared import clock
from shared.definitions.catalog import Definitions
from shared.definitions.errors import DatasetClashError
from shared.definitions.model import Dataset
from shared.errors import BlobChanged, Conflict, PipelineError, PlatformError, Problem, Superseded
from shared.ingest.file_record import FileRecord
from shared.ingest.outcome import Outcome
from shared.ingest.process import Job, process, withdraw_documents
from shared.ingest.upload import Outputs, Upload, Version, same_etag
from shared.names import PROCESSED, REJECTED, file_id, processed_name, rejected_name
from shared.stores.stored import Stored
from shared.telemetry import span, trace_id

log = logging.getLogger(__name__)

STARTS = 20  # more changes than that under the hands of one call are left to a later one


class Records(Protocol):
    """Where file records are kept, replaced only under the ETag that was read."""

    def get(self, dataset: str, record_id: str) -> Stored[FileRecord] | None: ...
    def elsewhere(self, dataset: str, record_id: str) -> list[Stored[FileRecord]]: ...
    def save(self, record: FileRecord, etag: str | None) -> Stored[FileRecord]: ...


class OutputStore(Protocol):
    """Where outputs are kept, generation by generation."""

    def outputs(self, generation: int) -> Outputs: ...


@dataclass(frozen=True, slots=True)
class Ingest:
    """Takes uploads in, one at a time. Safe to run for the same upload in many places at once."""

    records: Records
    store: OutputStore
    definitions: Definitions
    max_bytes: int

    def ingest(self, upload: Upload) -> FileRecord | None:
        """Bring the record of an upload up to its newest version.

        Gives the record as this call leaves or finds it; None where there is neither a blob nor a record.
        Raises PlatformError, after noting it in the record, so that the host tries again.
        """
        for _ in range(STARTS):
            try:
                return self._once(upload)
            except (BlobChanged, Conflict) as change:
                # Stopping here would lose the new version: its own event may have met our claim and stepped back.
                # The conflict may also be with our own claim, whose answer was lost: then that is superseded.
                log.info("Starting over with %s: %s", file_id(upload.name), change.code)
            except Superseded:
                log.info("Leaving %s to a later generation", file_id(upload.name))
                return None
        raise PlatformError(f"{upload.name} or its record changed {STARTS} times while it was ingested; try again.")

    def _once(self, upload: Upload) -> FileRecord | None:
        version = upload.version()
        dataset, clash = self._dataset(upload.name)
        definition = self.definitions.fingerprint(dataset)
        found = self.records.get(dataset.name, file_id(upload.name))
        if found is None or not found.value.committed or found.value.status == "deleted":  # it does not count here yet
            self._retire_elsewhere(dataset.name, file_id(upload.name))
        if found is None and version is None:
            return None
        if found is not None and found.value.is_final_for(version, definition):
            log.info("Nothing to do for %s: this version is %s", found.value.id, found.value.status)
            return found.value
        with span("claim"):
            record = found.value if found else FileRecord(file_id(upload.name), upload.name, dataset.name)
            claimed = record.claimed(version, definition, clock.now_ms(), clock.now(), trace_id())
            mine = self.records.save(claimed, found.etag if found else None)
        try:
            return self._work(upload, version, dataset, clash, mine)
        except (BlobChanged, Conflict, Superseded):
            raise
        except Exception as error:
            self._note(mine, error)
            raise

    def target(self, file_name: str) -> tuple[str, str]:
        """The dataset that a file belongs to, and the hash of its definition."""
        dataset, _ = self._dataset(file_name)
        return dataset.name, self.definitions.fingerprint(dataset)

    def retire_elsewhere(self, file_name: str) -> None:
        """Take out the shares that a file has in datasets to which it does not belong."""
        dataset, _ = self._dataset(file_name)
        self._retire_elsewhere(dataset.name, file_id(file_name))

    def _retire_elsewhere(self, dataset: str, record_id: str) -> None:
        """Take out the share that the file has in another dataset: a new definition has moved it into this one."""
        for found in self.records.elsewhere(dataset, record_id):
            if found.value.status != "deleted":
                log.info("%s moves from dataset %s to %s", record_id, found.value.dataset, dataset)
                self.records.save(found.value.moved(clock.now_ms(), clock.now()), found.etag)

    def _dataset(self, file_name: str) -> tuple[Dataset, Problem | None]:
        try:
            return self.definitions.dataset_of(file_name), None
        except DatasetClashError as clash:
            return Dataset(clash.name), Problem("dataset_clash", str(clash))

    def _work(
        self,
        upload: Upload,
        version: Version | None,
        dataset: Dataset,
        clash: Problem | None,
        mine: Stored[FileRecord],
    ) -> FileRecord:
        """From the claim to the commit."""
        try:
            outcome = self._process(upload, version, dataset, clash, mine.value)
            # An outcome without a complete read under the version's ETag: it may have changed before the claim.
            if (outcome is None or outcome.refused) and upload.version() != version:
                raise BlobChanged(f"{upload.name} has changed meanwhile.")
            return self._commit(mine, outcome)
        except Superseded:
            self._step_back(mine.value)
            raise

    def _process(
        self, upload: Upload, version: Version | None, dataset: Dataset, clash: Problem | None, record: FileRecord
    ) -> Outcome | None:
        """What became of the version; None where the upload is gone."""
        outputs = self.store.outputs(record.generation)
        if version is None or clash:
            withdraw_documents(outputs, upload.name)
            return Outcome(first_error=clash, refused=True) if clash and version else None
        job = Job(upload, version, dataset, self.definitions.reports_of(dataset), record.generation, self.max_bytes)
        return process(job, outputs)

    def _commit(self, mine: Stored[FileRecord], outcome: Outcome | None) -> FileRecord:
        """One compare-and-set from the old share to the new one. Raises Superseded when the claim is lost."""
        with span("commit"):
            for _ in range(STARTS):
                now = clock.now()
                done = mine.value.committed_with(outcome, now) if outcome else mine.value.deleted(now)
                try:
                    self.records.save(done, mine.etag)
                except Conflict:
                    found = self._found(mine.value)
                    if found.value.committed == done.generation:  # our own write, whose answer was lost
                        return _reported(done)
                    mine = _still_mine(found, mine.value)
                else:
                    return _reported(done)
        raise Conflict(f"The record of {mine.value.id} kept changing.")

    def _found(self, record: FileRecord) -> Stored[FileRecord]:
        """The record as it is now."""
        found = self.records.get(record.dataset, record.id)
        if found is None:  # the database was emptied: start over
            raise Conflict(f"The record of {record.id} is gone.")
        return found

    def _step_back(self, record: FileRecord) -> None:
        """Leave nothing behind that the later generation does not know of. Raises unless there is such a generation."""
        if self._found(record).value.generation == record.generation:
            # The database was emptied, and the host that wrote the outputs before has a clock that is ahead of ours.
            raise PlatformError(f"The outputs of {record.name} are of a later generation than its record; try again.")
        outputs = self.store.outputs(record.generation)
        for container, name in ((PROCESSED, processed_name(record.name)), (REJECTED, rejected_name(record.name))):
            with suppress(Superseded):  # what is there is the later generation's own
                outputs.withdraw(container, name)

    def _note(self, mine: Stored[FileRecord], error: Exception) -> None:
        """Leave the error in the record, for whoever looks at it now and for the day it turns out to be the last."""
        problem = Problem(error.code if isinstance(error, PipelineError) else "internal", _message(error))
        try:
            self.records.save(mine.value.with_error(problem), mine.etag)
        except Exception as second:  # noqa: BLE001 - the first error is the one to be raised
            log.warning("Could not note the error of %s: %s", mine.value.id, second)

    def give_up(self, file_name: str, etag: str) -> FileRecord:
        """The host has tried this version often enough: its record says failed, with the last error."""
        dataset, _ = self._dataset(file_name)
        for _ in range(STARTS):
            found = self.records.get(dataset.name, file_id(file_name))
            record = found.value if found else FileRecord(file_id(file_name), file_name, dataset.name, etag=etag)
            if record.status not in ("new", "processing") or not same_etag(record.etag, etag):
                return record  # settled, maybe by a write of ours whose answer was lost; or by now another version
            failed = record.failed(_last_error(record), clock.now())
            try:
                return _reported(self.records.save(failed, found.etag if found else None).value)
            except Conflict:
                continue
        raise PlatformError(f"The record of {file_name} changed {STARTS} times while it was given up; try again.")


def _still_mine(found: Stored[FileRecord], record: FileRecord) -> Stored[FileRecord]:
    if found.value.generation != record.generation:
        raise Superseded(f"{record.id} has been claimed by a later generation.")
    return found


def _message(error: Exception) -> str:
    if isinstance(error, PipelineError):
        return str(error)
    lines = str(error).splitlines() or [""]
    return f"{type(error).__name__}: {lines[0]}"


def _last_error(record: FileRecord) -> Problem:
    last = record.first_error or Problem("unavailable", "No attempt came to an end.")
    return replace(
        last, message=f"{last.message} Given up after repeated attempts; upload it again when the cause is gone."
    )


def _reported(record: FileRecord) -> FileRecord:
    log.info(
        "%s is %s: %d rows, %d records, %d rejected",
        record.id, record.status, record.rows, record.records, record.rejected,
    )  # fmt: skip
    return record
