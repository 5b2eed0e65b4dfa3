"""Refresh: make stale reports true again out of the partials of the files that count.

A report changes by one compare-and-set, from one true state to the next. Records that change meanwhile stay stale for
the next run. A worker that has stalled must never put back what it once read, so every refresh gives the document a new
ETag: it is written even where its content is the same, and kept as an empty document where nothing is left in it.
"""

from __future__ import annotations

import io
import logging
from dataclasses import dataclass
from typing import Protocol

import polars as pl

from shared import clock
from shared.definitions.catalog import Definitions
from shared.definitions.model import Report
from shared.errors import Conflict, DocumentTooLarge
from shared.ingest.file_record import FileRecord
from shared.names import partial_name, split_pair
from shared.reports.build import report_document
from shared.reports.document import ReportDocument
from shared.reports.partials import BY, fits, merge
from shared.stores.stored import Stored
from shared.telemetry import span

log = logging.getLogger(__name__)


class Records(Protocol):
    """The file records, as a refresh needs them."""

    def stale_pairs(self) -> list[tuple[str, str]]: ...
    def touching(self, dataset: str, pair: str) -> list[Stored[FileRecord]]: ...
    def save(self, record: FileRecord, etag: str | None) -> Stored[FileRecord]: ...


class Reports(Protocol):
    """The report documents, as a refresh needs them."""

    def get(self, report: str, period: str) -> Stored[ReportDocument] | None: ...
    def save(self, document: ReportDocument, etag: str | None) -> Stored[ReportDocument]: ...


class Partials(Protocol):
    """The partials that ingests have left."""

    def partial(self, name: str) -> bytes: ...


@dataclass(frozen=True, slots=True)
class Refresh:
    """Brings reports up to date. Safe to run in many places at once."""

    records: Records
    reports: Reports
    partials: Partials
    definitions: Definitions

    def refresh(self) -> int:
        """Refresh every stale report, and say how many. One that fails does not hold up the others.

        Raises the first error when all others are done, so that the run shows as failed.
        """
        errors: list[Exception] = []
        pairs = self.records.stale_pairs()
        for dataset, pair in pairs:
            try:
                self._refresh_pair(dataset, pair)
            except Exception as error:  # noqa: BLE001 - whatever is wrong with this one, the others are not
                log.error("Could not refresh %s: %s: %s", pair, type(error).__name__, error)
                errors.append(error)
        if pairs:
            log.info("Refreshed %d of %d stale reports", len(pairs) - len(errors), len(pairs))
        if errors:
            raise errors[0]
        return len(pairs)

    def _refresh_pair(self, dataset: str, pair: str) -> None:
        name, period = split_pair(pair)
        with span("refresh report", report=name, period=period):
            current = self.reports.get(name, period)  # before the records: its ETag vouches for all read after it
            # In one order, so that sums of floats come out the same to the last digit.
            records = sorted(self.records.touching(dataset, pair), key=lambda stored: stored.value.id)
            shares = [self._share(name, period, r.value) for r in records if pair in r.value.shares]
            report = self.definitions.report(name) or Report(name, dataset)
            if not all(fits(share, report) for share in shares):
                log.info("Leaving %s as it is until its files are ingested under its new definition", pair)
                return
            merged = merge(shares, tuple(BY + column for column in report.group_by)) if shares else None
            document = report_document(report, period, merged, len(shares), clock.now())
            if current is not None and document.same_content(current.value):
                document = current.value  # with the time of its last change
            try:
                self._save(document, current.etag if current else None)
            except Conflict:
                log.info("Leaving %s to the run that has just changed it", pair)
                return
            log.debug("Refreshed %s: %d files, %d rows", pair, document.files, document.rows)
            for record in records:
                self._clear(record, pair)

    def _save(self, document: ReportDocument, etag: str | None) -> None:
        try:
            self.reports.save(document, etag)
        except DocumentTooLarge as error:
            self.reports.save(document.without_groups(str(error)), etag)

    def _share(self, report: str, period: str, record: FileRecord) -> pl.DataFrame:
        data = self.partials.partial(partial_name(report, period, record.id, record.committed))
        return pl.read_parquet(io.BytesIO(data))

    def _clear(self, record: Stored[FileRecord], pair: str) -> None:
        if pair not in record.value.stale:
            return
        try:
            self.records.save(record.value.refreshed((pair,)), record.etag)
        except Conflict:
            log.info("%s has changed meanwhile: %s stays stale", record.value.id, pair)
