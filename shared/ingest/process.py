"""One version of a file to its outputs: read, check, write. Computation only; claim and commit are around it."""

from __future__ import annotations

import io
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

import polars as pl

from shared.definitions.model import Dataset, Report
from shared.errors import Problem, RejectedFile
from shared.ingest.checks import DefinedRows
from shared.ingest.documents import ProcessedDocument, RejectedDocument
from shared.ingest.inference import InferredRows, infer_fields
from shared.ingest.outcome import Field, Outcome, Reason
from shared.ingest.rows import Reject
from shared.ingest.table import Table, open_table
from shared.ingest.text import read_text
from shared.ingest.upload import Outputs, Upload, Version
from shared.names import (
    EXTENSIONS,
    MAX_NAME,
    PROCESSED,
    REJECTED,
    UPLOADS,
    is_supported,
    pair,
    partial_name,
    processed_name,
    rejected_name,
)
from shared.reports.partials import PERIOD, merge, share
from shared.telemetry import span

MAX_SHARES = 5_000  # (report, period) pairs of one file; the file record holds them all and must stay small
SHARES_KEPT = 32  # shares of blocks that wait before they are merged into one


@dataclass(frozen=True, slots=True)
class Job:
    """All that processing one version of one file needs to know."""

    upload: Upload
    version: Version
    dataset: Dataset
    reports: tuple[Report, ...]
    record_id: str
    generation: int
    processed_at: str
    max_bytes: int


def process(job: Job, outputs: Outputs) -> Outcome:
    """Make the outputs of a file visible and say what became of it. A file that is no good ends with none.

    Raises BlobChanged where the version is gone, Superseded where a later generation has published already.
    """
    processing = _Processing(job, outputs)
    try:
        return processing.run()
    except RejectedFile as error:
        withdraw_documents(outputs, job.upload.name)
        return processing.refused(error.problem)


def withdraw_documents(outputs: Outputs, file_name: str) -> None:
    """Take away what an earlier version of a file has published."""
    if len(file_name) <= MAX_NAME:  # no other has ever published anything
        outputs.withdraw(PROCESSED, processed_name(file_name))
        outputs.withdraw(REJECTED, rejected_name(file_name))


class _Processing:
    """The state of one pass over a file."""

    def __init__(self, job: Job, outputs: Outputs) -> None:
        self._job = job
        self._outputs = outputs
        self._records = 0
        self._rejects: Counter[tuple[str, str | None]] = Counter()  # by code and column
        self._firsts: dict[tuple[str, str | None], Problem] = {}
        self._shares = _Shares(job.reports)
        self._rows = 0  # known when all are read

    def run(self) -> Outcome:
        self._refuse_by_name_and_size()
        with span("read"):
            processed, rejected, fields = self._read()
        self._rows = self._records + self._rejected
        self._refuse_by_rejects()
        with span("publish"):
            return self._publish(processed, rejected, fields)

    def _read(self) -> tuple[ProcessedDocument, RejectedDocument, tuple[Field, ...]]:
        """Parse and check every row, into drafts of the two documents and into the shares."""
        rows, table = self._open_typed()
        job, name = self._job, self._job.upload.name
        origin: dict[str, object] = {
            "source": f"{UPLOADS}/{name}",
            "dataset": job.dataset.name,
            "etag": job.version.etag,
            "processed_at": job.processed_at,
        }
        processed = ProcessedDocument(self._outputs, processed_name(name), origin, rows.fields)
        rejected = RejectedDocument(self._outputs, rejected_name(name), table.header, job.dataset.encoding)
        for block in table.blocks:
            checked = rows.check(block)
            self._count(checked.records.height, checked.rejects)
            processed.write(checked.records)
            rejected.write(checked.rejects)
            self._shares.add(checked.records, rows.fields)
        return processed, rejected, rows.fields

    def refused(self, problem: Problem) -> Outcome:
        """The outcome of a file that is rejected as a whole: none of its rows counts."""
        return Outcome(rows=self._rows, rejected=self._rows, first_error=problem, refused=True, reasons=self._reasons)

    def _refuse_by_name_and_size(self) -> None:
        if not is_supported(self._job.upload.name):
            raise RejectedFile.because(
                "unsupported_extension",
                f"The name must end in one of {', '.join(EXTENSIONS)}. Rename the file if it is CSV.",
            )
        if len(self._job.upload.name) > MAX_NAME:
            raise RejectedFile.because(
                "name_too_long",
                f"The name has {len(self._job.upload.name):,} characters, more than {MAX_NAME}. Shorten it.",
            )
        if self._job.version.size > self._job.max_bytes:
            raise RejectedFile.because(
                "too_large",
                f"The file has {self._job.version.size:,} bytes, more than MAX_FILE_BYTES ({self._job.max_bytes:,}). "
                "Split it, or raise the setting and upload it again.",
            )

    def _open(self) -> Table:
        pieces = read_text(self._job.upload.chunks(self._job.version), self._job.dataset.encoding)
        return open_table(pieces, self._job.dataset.delimiter)

    def _open_typed(self) -> tuple[DefinedRows | InferredRows, Table]:
        """Types come from the definition, or from a pass of their own over the file."""
        table = self._open()
        if self._job.dataset.columns:
            return DefinedRows(table.header, self._job.dataset), table
        null_values = self._job.dataset.null_values
        return InferredRows(infer_fields(table.header, table.blocks, null_values), null_values), self._open()

    def _count(self, records: int, rejects: Sequence[Reject]) -> None:
        self._records += records
        for reject in rejects:
            reason = reject.problem.code, reject.problem.column
            self._rejects[reason] += 1
            self._firsts.setdefault(reason, reject.problem)

    @property
    def _rejected(self) -> int:
        return self._rejects.total()

    @property
    def _first(self) -> Problem | None:
        return next(iter(self._firsts.values()), None)

    @property
    def _reasons(self) -> tuple[Reason, ...]:
        return tuple(Reason(self._rejects[reason], first) for reason, first in self._firsts.items())

    def _refuse_by_rejects(self) -> None:
        rows, rejected, first, allowed = self._rows, self._rejected, self._first, self._job.dataset.max_rejected
        # The quotient is compared, not the product: 0.29 * 100 is below 29 in binary.
        if first is not None and rejected / rows > allowed:
            raise RejectedFile.because(
                "too_many_rejects",
                f"{rejected:,} of {rows:,} rows are bad, more than max_rejected = {allowed:g} allows. "
                f"The first: line {first.line}: {first.message}",
                line=first.line,
                column=first.column,
            )

    def _publish(self, processed: ProcessedDocument, rejected: RejectedDocument, fields: tuple[Field, ...]) -> Outcome:
        job, name = self._job, self._job.upload.name
        shares = self._shares.by_pair()
        for (report, period), states in shares.items():
            self._outputs.put_partial(partial_name(report, period, job.record_id, job.generation), to_parquet(states))
        processed.publish(self._records, self._rejected)
        if self._rejected:
            rejected.publish()
        else:
            self._outputs.withdraw(REJECTED, rejected_name(name))
        return Outcome(
            rows=self._rows,
            records=self._records,
            rejected=self._rejected,
            first_error=self._first,
            processed=f"{PROCESSED}/{processed_name(name)}",
            rejected_file=f"{REJECTED}/{rejected_name(name)}" if self._rejected else None,
            shares=tuple(pair(report, period) for report, period in shares),
            fields=fields,
            reasons=self._reasons,
        )


class _Shares:
    """The file's share of each of its reports, merged as blocks come in."""

    def __init__(self, reports: tuple[Report, ...]) -> None:
        self._reports = reports
        self._waiting: dict[str, list[pl.DataFrame]] = {report.name: [] for report in reports}

    def add(self, records: pl.DataFrame, fields: tuple[Field, ...]) -> None:
        if records.is_empty():
            return
        for report in self._reports:
            waiting = self._waiting[report.name]
            waiting.append(share(records, fields, report))
            if len(waiting) >= SHARES_KEPT:
                self._waiting[report.name] = [_by_period(waiting, report)]

    def by_pair(self) -> dict[tuple[str, str], pl.DataFrame]:
        """The states for each (report, period) that has records."""
        shares: dict[tuple[str, str], pl.DataFrame] = {}
        for report in self._reports:
            waiting = self._waiting[report.name]
            if waiting:
                by_period = _by_period(waiting, report).partition_by(PERIOD, as_dict=True, include_key=False)
                shares |= {(report.name, str(period)): states for (period,), states in sorted(by_period.items())}
        if len(shares) > MAX_SHARES:
            raise RejectedFile.because(
                "too_many_periods",
                f"The rows fall into {len(shares):,} periods of its reports, more than {MAX_SHARES:,}. "
                "Split the file by time, or choose a longer `period` in datasets.toml.",
            )
        return shares


def _by_period(shares: list[pl.DataFrame], report: Report) -> pl.DataFrame:
    return merge(shares, (PERIOD, *(f"by:{name}" for name in report.group_by)))


def to_parquet(states: pl.DataFrame) -> bytes:
    """A partial as it is stored."""
    buffer = io.BytesIO()
    states.write_parquet(buffer)
    return buffer.getvalue()
