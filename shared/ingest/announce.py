"""What became of a file, told in one line of the log and in metrics."""

from __future__ import annotations

import logging
from collections import Counter

from shared.ingest.file_record import FileRecord
from shared.ingest.outcome import Outcome
from shared.telemetry import metrics
from shared.telemetry.names import Key
from shared.telemetry.tracing import Attribute

log = logging.getLogger(__name__)


def described(record: FileRecord) -> dict[str, Attribute]:
    """A record as attributes."""
    return {
        Key.FILE_ID: record.id,
        Key.FILE_SIZE: record.size,
        Key.DATASET: record.dataset,
        Key.GENERATION: record.generation,
        Key.STATUS: record.status,
        Key.ROWS: record.rows,
        Key.RECORDS: record.records,
        Key.REJECTS: record.rejected,
    }


def ended(record: FileRecord, kind: str) -> None:
    """A file has come to an end. `kind`: its dataset, as metrics call it."""
    log.info(
        "%s is %s: %d rows, %d records, %d rejected",
        record.id, record.status, record.rows, record.records, record.rejected,
        extra=described(record),
    )  # fmt: skip
    metrics.settled(kind, record.status)


def ingested(record: FileRecord, kind: str, outcome: Outcome, seconds: float) -> None:
    """A file was read, and what came of it counts now."""
    rejects = outcome.codes
    if outcome.refused and outcome.first_error:
        rejects = Counter({outcome.first_error.code: outcome.rejected})
    done = metrics.Ingested(record.size, outcome.rows, outcome.records, rejects, seconds)
    metrics.ingested(kind, record.status, done)
