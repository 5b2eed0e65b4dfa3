"""Uploads and outputs in memory, and short ways to run a file through the app's own ingest code."""

import csv
import io
import json
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from unittest.mock import patch

import polars as pl
import pytest

from shared.definitions.model import Column, Dataset, Report
from shared.errors import Problem, RejectedFile
from shared.ingest import text as text_module
from shared.ingest.checks import Checked, DefinedRows
from shared.ingest.header import Header
from shared.ingest.outcome import Outcome
from shared.ingest.process import Job, process
from shared.ingest.rows import Block, Reject
from shared.ingest.table import open_table
from shared.ingest.text import read_text
from shared.ingest.upload import Draft, Version

FIXTURES = Path(__file__).parents[2] / "fixtures" / "csv"


@dataclass(frozen=True)
class MemoryUpload:
    """An upload whose bytes come in chunks of a given size."""

    name: str
    data: bytes
    chunk: int = 1 << 20

    def version(self) -> Version:
        return Version('"etag"', len(self.data))

    def chunks(self, version: Version) -> Iterator[bytes]:  # noqa: ARG002 - there is one version
        for start in range(0, len(self.data), self.chunk):
            yield self.data[start : start + self.chunk]


@dataclass
class MemoryOutputs:
    """What has been published, by `container/name`, and the partials by name."""

    documents: dict[str, bytes] = field(default_factory=dict)
    partials: dict[str, bytes] = field(default_factory=dict)

    def draft(self, container: str, name: str, content_type: str, head_size: int = 0) -> Draft:  # noqa: ARG002 - not kept
        return MemoryDraft(self, f"{container}/{name}")

    def withdraw(self, container: str, name: str) -> None:
        self.documents.pop(f"{container}/{name}", None)

    def put_partial(self, name: str, data: bytes) -> None:
        self.partials[name] = data


@dataclass
class MemoryDraft:
    outputs: MemoryOutputs
    place: str
    written: bytes = b""

    def write(self, data: bytes) -> None:
        self.written += data

    def publish(self, head: bytes) -> None:
        self.outputs.documents[self.place] = head + self.written


@dataclass(frozen=True)
class Processed:
    """What became of a file, and what it left behind."""

    outcome: Outcome
    outputs: MemoryOutputs

    @property
    def document(self) -> dict[str, Any]:
        """The processed document."""
        assert self.outcome.processed
        document: dict[str, Any] = json.loads(self.outputs.documents[self.outcome.processed])
        return document

    @property
    def records(self) -> list[dict[str, Any]]:
        records: list[dict[str, Any]] = self.document["records"]
        return records

    @property
    def rejected_text(self) -> str:
        assert self.outcome.rejected_file
        return self.outputs.documents[self.outcome.rejected_file].decode("utf-8-sig")

    @property
    def rejects(self) -> list[list[str]]:
        """The rows of the rejected file, without its header."""
        return list(csv.reader(io.StringIO(self.rejected_text, newline="")))[1:]

    @property
    def error(self) -> Problem:
        assert self.outcome.first_error
        return self.outcome.first_error


def small_pieces() -> AbstractContextManager[object]:
    """Sniff at the least that tells what a file is, so that a small file comes in several pieces too."""
    return patch.object(text_module, "SNIFFED", 16)


type Process = Callable[..., Processed]


@pytest.fixture
def fixture_file() -> Callable[[str], bytes]:
    """The bytes of a file of `tests/fixtures/csv`."""
    return lambda name: (FIXTURES / name).read_bytes()


@pytest.fixture
def process_file() -> Process:
    """Process bytes (or text) as an upload. Without columns, types are inferred."""

    def run(
        data: bytes | str,
        *columns: Column,
        name: str = "a/b.csv",
        chunk: int = 1 << 20,
        max_bytes: int = 1 << 30,
        outputs: MemoryOutputs | None = None,
        reports: tuple[Report, ...] = (),
        **settings: Any,
    ) -> Processed:
        upload = MemoryUpload(name, data.encode() if isinstance(data, str) else data, chunk)
        outputs = MemoryOutputs() if outputs is None else outputs
        job = Job(
            upload=upload,
            version=upload.version(),
            dataset=Dataset("sales", columns=columns, **settings),
            reports=reports,
            generation=1,
            processed_at="2026-11-20T13:00:00.000Z",
            max_bytes=max_bytes,
        )
        with small_pieces():
            outcome = process(job, outputs)
        assert outcome.rows == outcome.records + outcome.rejected
        return Processed(outcome, outputs)

    return run


@pytest.fixture
def outputs() -> MemoryOutputs:
    return MemoryOutputs()


def in_whole_characters(data: bytes, size: int) -> Iterator[bytes]:
    """Pieces of UTF-8 of about this size, as `read_text` gives them."""
    return read_text([data[at : at + size] for at in range(0, len(data), size)], "utf-8")


@dataclass(frozen=True)
class Rows:
    """All rows of a text, whichever block they came in."""

    header: Header
    lines: list[int]
    fields: list[tuple[str, ...]]
    rejects: list[Reject]


@pytest.fixture
def read_rows() -> Callable[..., Rows]:
    """Read a text, whole or in pieces of a given size."""

    def read(text: str, piece: int | None = None, delimiter: str = ",") -> Rows:
        data = text.encode()
        size = piece or max(len(data), 1)
        with small_pieces():
            table = open_table(in_whole_characters(data, size), delimiter)
        rows: list[tuple[int, ...]] = []
        rejects: list[Reject] = []
        for block in table.blocks:
            rows += block.frame.rows()
            rejects += block.rejects
        return Rows(table.header, [row[0] for row in rows], [row[1:] for row in rows], rejects)  # type: ignore[misc]

    return read


@pytest.fixture
def check_values() -> Callable[..., list[object]]:
    """The typed value of each text in a column, or the code for which its row is rejected."""

    def check(column: Column, *texts: str, **settings: Any) -> list[object]:
        dataset = Dataset("sales", columns=(column,), **settings)
        checked = check_block([[text] for text in texts], (column.name,), dataset)
        codes = {line: code for table in checked.rejects.failed for line, code in table.select("line", "code").rows()}
        values = iter(checked.records.to_series().to_list())
        return [codes[line] if line in codes else next(values) for line in range(2, len(texts) + 2)]

    return check


def check_block(rows: list[list[str]], names: tuple[str, ...], dataset: Dataset) -> Checked:
    header = Header(names, len(names), ",", 0, 1, 2)
    frame = pl.DataFrame(
        {"line": range(2, len(rows) + 2)} | {f"c{i}": [row[i] for row in rows] for i in range(len(names))},
        schema={"line": pl.Int64} | {f"c{i}": pl.String for i in range(len(names))},
    )
    return DefinedRows(header, dataset).check(Block(frame))


@pytest.fixture
def refusal() -> Callable[[Callable[[], object]], Problem]:
    """Why a call rejects the file."""

    def of(call: Callable[[], object]) -> Problem:
        with pytest.raises(RejectedFile) as caught:
            call()
        return caught.value.problem

    return of
