"""Ingest: claim a file's record, make its outputs, commit. Right under crashes, duplicates and late events.

Whoever claims last wins. Nothing counts before the commit, everything does after it; a crash in between leads to work
done twice, never to work lost. `docs/protocol.md` tells why.
"""

from __future__ import annotations

import datetime as dt
import logging
import time
from contextlib import suppress
from dataclasses import dataclass, replace
from typing import Protocol

from shared import clock
from shared.definitions.catalog import Definitions
from shared.definitions.errors import DatasetClashError
from shared.definitions.model import Dataset
from shared.errors import BlobChanged, Conflict, PipelineError, PlatformError, Problem, Superseded
from shared.ingest import announce
from shared.ingest.claim import Claim, Records
from shared.ingest.file_record import FileRecord
from shared.ingest.outcome import Outcome
from shared.ingest.process import Job, process, withdraw_documents
from shared.ingest.upload import Outputs, Upload, Version, same_etag
from shared.names import PROCESSED, REJECTED, file_id, processed_name, rejected_name
from shared.stores.stored import Stored
from shared.telemetry.correlation import about
from shared.telemetry.names import Key, Stage
from shared.telemetry.tracing import here, span

log = logging.getLogger(__name__)

PATIENCE = 10.0  # seconds from their claim that others at work on the same version are waited for
PAUSE = 0.25
STARTS = 20  # more changes than that under the hands of one call are left to a later one


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
    patience: float = PATIENCE

    def ingest(self, upload: Upload) -> FileRecord | None:
        """Bring the record of an upload up to its newest version.

        Gives the record as this call leaves or finds it; None where there is neither a blob nor a record.
        Raises PlatformError, after noting it in the record, so that the host tries again.
        """
        record_id = file_id(upload.name)
        with about(record_id), span(Stage.INGEST, {Key.FILE_PATH: upload.name, Key.FILE_ID: record_id}) as current:
            record = self._settled(upload)
            if record is not None:
                current.set_attributes(announce.described(record))
            return record

    def _settled(self, upload: Upload) -> FileRecord | None:
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
        found = self._found(dataset.name, file_id(upload.name), version, definition)
        if found is None or not found.value.committed or found.value.status == "deleted":  # it does not count here yet
            self._retire_elsewhere(dataset.name, file_id(upload.name))
        if found is None and version is None:
            return None
        if found is not None and found.value.is_final_for(version, definition):
            log.info("Nothing to do for %s: this version is %s", found.value.id, found.value.status)
            return found.value
        with span(Stage.CLAIM):
            record = found.value if found else FileRecord(file_id(upload.name), upload.name, dataset.name)
            claimed = record.claimed(version, definition, clock.now_ms(), clock.now(), here())
            claim = Claim(self.records, self.records.save(claimed, found.etag if found else None))
        try:
            return self._work(upload, version, dataset, clash, claim)
        except (BlobChanged, Conflict, Superseded):
            raise
        except Exception as error:
            self._note(claim, error)
            raise

    def _found(
        self, dataset: str, record_id: str, version: Version | None, definition: str
    ) -> Stored[FileRecord] | None:
        """The record; where somebody else is at work on this very version, as it is when they have had a little time.

        Events come twice, and reconcile meets those that wait in a queue. Claiming at once would be right as well, but
        all that the other has done would be for nothing.
        """
        found = self.records.get(dataset, record_id)
        for _ in range(round(self.patience / PAUSE)):
            since = clock.before(dt.timedelta(seconds=self.patience))
            if found is None or not found.value.is_in_work(version, definition, since):
                break
            time.sleep(PAUSE)
            found = self.records.get(dataset, record_id)
        return found

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
        claim: Claim,
    ) -> FileRecord:
        """From the claim to the commit."""
        try:
            outcome = self._process(upload, version, dataset, clash, claim)
            # An outcome without a complete read under the version's ETag: it may have changed before the claim.
            if (outcome is None or outcome.refused) and upload.version() != version:
                raise BlobChanged(f"{upload.name} has changed meanwhile.")
            record = self._commit(claim, outcome)
        except Superseded:
            self._step_back(claim)
            raise
        kind = self.definitions.kind_of(record.dataset)
        if outcome is not None:
            announce.ingested(record, kind, outcome, time.monotonic() - claim.since)
        announce.ended(record, kind)
        return record

    def _process(
        self, upload: Upload, version: Version | None, dataset: Dataset, clash: Problem | None, claim: Claim
    ) -> Outcome | None:
        """What became of the version; None where the upload is gone."""
        generation = claim.record.generation
        outputs = self.store.outputs(generation)
        if version is None or clash:
            withdraw_documents(outputs, upload.name)
            return Outcome(first_error=clash, refused=True) if clash and version else None
        reports = self.definitions.reports_of(dataset)
        return process(Job(upload, version, dataset, reports, generation, self.max_bytes, tell=claim.tell), outputs)

    def _commit(self, claim: Claim, outcome: Outcome | None) -> FileRecord:
        """One compare-and-set from the old share to the new one. Raises Superseded when the claim is lost."""
        with span(Stage.COMMIT):
            for _ in range(STARTS):
                now = clock.now()
                done = claim.record.committed_with(outcome, now) if outcome else claim.record.deleted(now)
                try:
                    claim.save(done)
                except Conflict:
                    found = claim.found()
                    if found.value.committed == done.generation:  # our own write, whose answer was lost
                        return done
                    claim.renew(found)
                else:
                    return done
        raise Conflict(f"The record of {claim.record.id} kept changing.")

    def _step_back(self, claim: Claim) -> None:
        """Leave nothing behind that the later generation does not know of. Raises unless there is such a generation."""
        record = claim.record
        if claim.found().value.generation == record.generation:
            # The database was emptied, and the host that wrote the outputs before has a clock that is ahead of ours.
            raise PlatformError(f"The outputs of {record.name} are of a later generation than its record; try again.")
        outputs = self.store.outputs(record.generation)
        for container, name in ((PROCESSED, processed_name(record.name)), (REJECTED, rejected_name(record.name))):
            with suppress(Superseded):  # what is there is the later generation's own
                outputs.withdraw(container, name)

    def _note(self, claim: Claim, error: Exception) -> None:
        """Leave the error in the record, for whoever looks at it now and for the day it turns out to be the last."""
        problem = Problem(error.code if isinstance(error, PipelineError) else "internal", _message(error))
        try:
            claim.save(claim.record.with_error(problem, clock.now()))
        except Exception as second:  # noqa: BLE001 - the first error is the one to be raised
            log.warning("Could not note the error of %s: %s", claim.record.id, second)

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
                self.records.save(failed, found.etag if found else None)
            except Conflict:
                continue
            announce.ended(failed, self.definitions.kind_of(failed.dataset))
            return failed
        raise PlatformError(f"The record of {file_name} changed {STARTS} times while it was given up; try again.")


def _message(error: Exception) -> str:
    if isinstance(error, PipelineError):
        return str(error)
    lines = str(error).splitlines() or [""]
    return f"{type(error).__name__}: {lines[0]}"


def _last_error(record: FileRecord) -> Problem:
    last = record.first_error or Problem("unavailable", "No attempt came to an end.")
    remedy = "Given up after repeated attempts; reprocess it, or upload it again, when the cause is gone."
    return replace(last, message=f"{last.message} {remedy}")
