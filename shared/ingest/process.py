"""One version of a file to its outputs: read, check, write. Computation only; claim and commit are around it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass, field

from shared import clock
from shared.definitions.fingerprint import report_fingerprint
from shared.definitions.model import Dataset, Report
from shared.errors import Problem, RejectedFile
from shared.ingest.ahead import ahead
from shared.ingest.checks import Checked, DefinedRows
from shared.ingest.compression import unpacked
from shared.ingest.documents import ProcessedDocument, RejectedDocument
from shared.ingest.inference import InferredRows, infer_fields
from shared.ingest.outcome import Field, Outcome
from shared.ingest.progress import Meter, Progress
from shared.ingest.shares import FileShares
from shared.ingest.table import Table, open_table
from shared.ingest.tally import Tally
from shared.ingest.text import read_text
from shared.ingest.upload import Outputs, Upload, Version
from shared.names import (
    EXTENSIONS,
    MAX_NAME,
    PROCESSED,
    REJECTED,
    UPLOADS,
    file_id,
    is_supported,
    pair,
    partial_name,
    processed_name,
    rejected_name,
)
from shared.reports.packing import pack
from shared.telemetry.names import Key, Stage
from shared.telemetry.tracing import span, streamed


@dataclass(frozen=True, slots=True)
class Job:
    """All that processing one version of one file needs to know."""

    upload: Upload
    version: Version
    dataset: Dataset
    reports: tuple[Report, ...]
    generation: int
    max_bytes: int
    processed_at: str = field(default_factory=lambda: clock.now())  # noqa: PLW0108 - read when called, for tests that set it
    tell: Callable[[Progress], None] = lambda _: None  # what it raises ends the work

    @property
    def record_id(self) -> str:
        return file_id(self.upload.name)


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
        self._tally = Tally()
        self._shares = FileShares(job.reports)
        self._meter = Meter(job.tell, passes=1 if job.dataset.columns else 2)
        self._rows = 0  # known when all are read

    def run(self) -> Outcome:
        self._refuse_by_name_and_size()
        with span(Stage.PARSE) as current:
            processed, rejected, fields = self._read()
            self._rows = self._tally.rows
            current.set_attributes({Key.ROWS: self._rows, Key.REJECTS: self._tally.rejected})
        self._tally.refuse_beyond(self._job.dataset.max_rejected)
        with span(Stage.PUBLISH):
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
        with closing(ahead(self._checked(rows, table))) as blocks:
            for block in blocks:
                self._tally.add(block.records.height, block.rejects)
                processed.write(block.shown)
                rejected.write(block.rejects)
                self._meter.reached(self._tally.rows)
        return processed, rejected, rows.fields

    def _checked(self, rows: DefinedRows | InferredRows, table: Table) -> Iterator[Checked]:
        """The blocks of the table, checked and counted into the shares."""
        with closing(ahead(table.blocks)) as blocks:
            for block in blocks:
                checked = rows.check(block)
                self._shares.add(checked.records, rows.fields)
                yield checked

    def refused(self, problem: Problem) -> Outcome:
        """The outcome of a file that is rejected as a whole: none of its rows counts."""
        return Outcome(
            rows=self._rows,
            rejected=self._rows,
            first_error=problem,
            refused=True,
            first_rejects=self._tally.first_rejects,
            reasons=self._tally.reasons,
        )

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
        version = self._job.version
        came = streamed(Stage.DOWNLOAD, self._job.upload.chunks(version), {Key.BYTES: version.size})
        chunks = ahead(unpacked(self._meter.counted(came), self._job.max_bytes))
        return open_table(read_text(chunks, self._job.dataset.encoding), self._job.dataset.delimiter)

    def _open_typed(self) -> tuple[DefinedRows | InferredRows, Table]:
        """Types come from the definition, or from a pass of their own over the file."""
        table = self._open()
        if self._job.dataset.columns:
            return DefinedRows(table.header, self._job.dataset), table
        null_values = self._job.dataset.null_values
        blocks = self._meter.watched(table.blocks)
        return InferredRows(infer_fields(table.header, blocks, null_values), null_values), self._open()

    def _publish(self, processed: ProcessedDocument, rejected: RejectedDocument, fields: tuple[Field, ...]) -> Outcome:
        job, name, tally = self._job, self._job.upload.name, self._tally
        shares = self._shares.by_pair()
        definitions = {report.name: report_fingerprint(report, job.dataset) for report in job.reports}
        for (report, period), states in shares.items():
            partial = partial_name(report, period, job.record_id, job.generation)
            self._outputs.put_partial(partial, pack(states, definitions[report]))
        processed.publish(tally.records, tally.rejected)
        if tally.rejected:
            rejected.publish()
        else:
            self._outputs.withdraw(REJECTED, rejected_name(name))
        return Outcome(
            rows=tally.rows,
            records=tally.records,
            rejected=tally.rejected,
            first_error=tally.first,
            processed=f"{PROCESSED}/{processed_name(name)}",
            rejected_file=f"{REJECTED}/{rejected_name(name)}" if tally.rejected else None,
            shares=tuple(pair(report, period) for report, period in shares),
            fields=fields,
            first_rejects=tally.first_rejects,
            reasons=tally.reasons,
        )
