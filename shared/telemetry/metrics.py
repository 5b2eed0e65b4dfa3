"""What is counted. Does nothing where telemetry is off."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from shared.telemetry import providers
from shared.telemetry.instruments import (
    BYTES,
    FILES,
    INGEST_SECONDS,
    KNOWN_FILES,
    RECORDS,
    REFRESH_SECONDS,
    REJECTS,
    REQUEST_CHARGE,
    RETRIES,
    ROWS,
    STALE_AGE,
)
from shared.telemetry.names import Key


@dataclass(frozen=True, slots=True)
class Ingested:
    """What one ingest has done. `rejects`: rows by code."""

    bytes: int
    rows: int
    records: int
    rejects: Mapping[str, int] = field(default_factory=dict)
    seconds: float = 0.0


def ingested(dataset: str, status: str, done: Ingested) -> None:
    """An ingest has committed."""
    if not (telemetry := providers.current()):
        return
    instruments = telemetry.instruments
    of_dataset: dict[str, str] = {Key.DATASET: dataset}
    for metric, amount in ((BYTES, done.bytes), (ROWS, done.rows), (RECORDS, done.records)):
        instruments.counters[metric].add(amount, of_dataset)
    for code, rows in done.rejects.items():
        instruments.counters[REJECTS].add(rows, of_dataset | {Key.CODE: code})
    instruments.histograms[INGEST_SECONDS].record(done.seconds, of_dataset | {Key.STATUS: status})


def settled(dataset: str, status: str) -> None:
    """A file has come to an end: processed, rejected, failed or deleted."""
    if telemetry := providers.current():
        telemetry.instruments.counters[FILES].add(1, {Key.DATASET: dataset, Key.STATUS: status})


def known(files: Mapping[str, int]) -> None:
    """So many files there are, by status."""
    if telemetry := providers.current():
        for status, count in files.items():
            telemetry.instruments.gauges[KNOWN_FILES].set(count, {Key.STATUS: status})


def refreshed(report: str, seconds: float) -> None:
    """One period of a report is true again."""
    if telemetry := providers.current():
        telemetry.instruments.histograms[REFRESH_SECONDS].record(seconds, {Key.REPORT: report})


def stale(seconds: float) -> None:
    """For so long the oldest change has not been in every report."""
    if telemetry := providers.current():
        telemetry.instruments.gauges[STALE_AGE].set(seconds)


def charged(units: float, operation: str, container: str) -> None:
    """An operation of Cosmos DB has cost so many request units."""
    if telemetry := providers.current():
        attributes: dict[str, str] = {Key.DB_OPERATION: operation, Key.DB_COLLECTION: container}
        telemetry.instruments.histograms[REQUEST_CHARGE].record(units, attributes)


def retried(service: str, fault: str) -> None:
    """A request is sent again, because of a status or the kind of an error."""
    if telemetry := providers.current():
        telemetry.instruments.counters[RETRIES].add(1, {Key.SERVICE: service, Key.ERROR: fault})
