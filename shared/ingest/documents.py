"""The two documents made of a file, written block by block: its records as JSON, its rejects as CSV."""

from __future__ import annotations

import codecs
import csv
import io
import json
from collections.abc import Iterable

import polars as pl

from shared.ingest.outcome import Field
from shared.ingest.rows import Reject
from shared.ingest.types import written
from shared.ingest.upload import Draft

JSON = "application/json"
CSV = "text/csv; charset=utf-8"
REJECT_COLUMNS = ("_line", "_column", "_code", "_message")


class ProcessedDocument:
    """`{"source": …, "records": […]}`. The head holds the counts, so it is made last and published first."""

    def __init__(self, draft: Draft, fields: tuple[Field, ...]) -> None:
        self._draft = draft
        self._fields = fields
        self._separator = b"\n"

    def write(self, records: pl.DataFrame) -> None:
        """Append records, a line each."""
        if records.is_empty():
            return
        shown = records.select(written(f.type, pl.col(f.key), records.schema[f.key]) for f in self._fields)
        shown.columns = [field.name for field in self._fields]
        buffer = io.BytesIO()
        shown.write_ndjson(buffer)
        # JSON escapes line ends inside of strings, so every one left is the end of an object.
        self._draft.write(self._separator + buffer.getvalue().removesuffix(b"\n").replace(b"\n", b",\n"))
        self._separator = b",\n"

    def publish(self, head: dict[str, object]) -> None:
        """Finish the document. `head`: what stands before `records`, in this order."""
        self._draft.write(b"\n]}\n")
        text = json.dumps(head | {"records": []}, ensure_ascii=False)
        self._draft.publish(text.removesuffix("]}").encode())


class RejectedDocument:
    """The rejected rows as they were, preceded by where and why: mended and stripped of that, a file to upload.

    It is UTF-8, and says so where its dataset declares another `encoding`: a byte order mark wins.
    """

    def __init__(self, draft: Draft, names: tuple[str, ...], delimiter: str, encoding: str) -> None:
        self._draft = draft
        self._names = names
        self._delimiter = delimiter
        self._mark = b"" if encoding in ("utf-8", "ascii") else codecs.BOM_UTF8

    def write(self, rejects: Iterable[Reject]) -> None:
        """Append rejects, a row each."""
        data = self._csv(
            (r.problem.line, r.problem.column or "", r.problem.code, r.problem.message, *r.fields) for r in rejects
        )
        if data:
            self._draft.write(data)

    def publish(self) -> None:
        """Finish the document."""
        self._draft.publish(self._mark + self._csv([(*REJECT_COLUMNS, *self._names)]))

    def _csv(self, rows: Iterable[Iterable[object]]) -> bytes:
        buffer = io.StringIO()
        csv.writer(buffer, delimiter=self._delimiter, lineterminator="\n").writerows(rows)
        return buffer.getvalue().encode()
