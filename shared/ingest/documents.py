"""The two documents made of a file, written block by block: its records as JSON, its rejects as CSV."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterable
from itertools import groupby

import polars as pl

from shared.ingest.header import Header
from shared.ingest.outcome import Field
from shared.ingest.rejects import Rejects
from shared.ingest.rows import LINE, Reject
from shared.ingest.upload import Outputs
from shared.names import PROCESSED, REJECTED

JSON = "application/json"
CSV = "text/csv; charset=utf-8"
MAX_COUNT = 10**18  # the room that a count is given in the head
REJECT_COLUMNS = ("_line", "_column", "_code", "_message")
SLICE = 8192  # rows that are written at a time: while that is done, they stay in the cache
ROWS = {LINE: pl.Int64(), "row": pl.String()}


class ProcessedDocument:
    """`{"source": …, "records": […]}`. The head holds the counts, so it is made last and published first.

    Its size is announced at the start, so it gets room for any counts, and blanks where they take less.
    """

    def __init__(self, outputs: Outputs, name: str, origin: dict[str, object], fields: tuple[Field, ...]) -> None:
        """`origin`: what stands before the counts, in this order."""
        self._origin = origin
        self._fields = fields
        self._head_size = len(self._head(MAX_COUNT, MAX_COUNT))
        self._draft = outputs.draft(PROCESSED, name, JSON, self._head_size)
        self._separator = b"\n"

    def write(self, shown: pl.DataFrame) -> None:
        """Append records, a line each, out of their columns in the order of the fields."""
        if shown.is_empty():
            return
        record = _record(self._fields, shown.schema)
        for rows in shown.iter_slices(SLICE):
            self._draft.write(self._separator)
            self._draft.write(rows.select(record.str.join(",\n").cast(pl.Binary)).item())
            self._separator = b",\n"

    def publish(self, records: int, rejected: int) -> None:
        """Finish the document."""
        self._draft.write(b"\n]}\n")
        self._draft.publish(self._head(records, rejected).ljust(self._head_size))

    def _head(self, records: int, rejected: int) -> bytes:
        columns = {field.name: field.type for field in self._fields}
        counts = {"record_count": records, "rejected_count": rejected}
        text = json.dumps({**self._origin, **counts, "columns": columns, "records": []}, ensure_ascii=False)
        return text.removesuffix("]}").encode()


def _record(fields: tuple[Field, ...], schema: pl.Schema) -> pl.Expr:
    """A record as a JSON object. A number that comes as a text stands in it digit by digit as it is there."""
    exact = {f.key for f in fields if f.type == "float" and schema[f.key] == pl.String}
    if not exact:
        return _object(fields)
    parts: list[pl.Expr] = []
    for exactly, run in groupby(fields, lambda f: f.key in exact):
        if exactly:
            parts += [pl.lit(json.dumps(f.name) + ":") + pl.col(f.key).fill_null("null") for f in run]
        else:
            parts.append(_object(run).str.strip_prefix("{").str.strip_suffix("}"))
    return pl.concat_str(pl.lit("{"), pl.concat_str(parts, separator=","), pl.lit("}"))


def _object(fields: Iterable[Field]) -> pl.Expr:
    return pl.struct(pl.col(f.key).alias(f.name) for f in fields).struct.json_encode()


class RejectedDocument:
    """The rejected rows as they were, preceded by where and why: mended and stripped of that, a file to upload.

    It is UTF-8, and says so where its dataset declares another `encoding`: a byte order mark wins.
    """

    def __init__(self, outputs: Outputs, name: str, header: Header, encoding: str) -> None:
        self._delimiter = header.delimiter
        mark = "" if encoding in ("utf-8", "ascii") else "\ufeff"
        self._head = f"{mark}{self._row([*REJECT_COLUMNS, *header.names])}\n".encode()
        self._draft = outputs.draft(REJECTED, name, CSV, len(self._head))

    def write(self, rejects: Rejects) -> None:
        """Append rejects, a row each, in the order of their lines."""
        if not len(rejects):
            return
        lines = [pl.DataFrame([(r.problem.line, self._reject(r)) for r in rejects.misshapen], ROWS, orient="row")]
        if rejects.failed:
            lines.append(self._rows(pl.concat(rejects.failed)))
        text = pl.concat(lines).sort(LINE)["row"].str.join("\n").item()
        self._draft.write(f"{text}\n".encode())

    def publish(self) -> None:
        """Finish the document."""
        self._draft.publish(self._head)

    def _rows(self, table: pl.DataFrame) -> pl.DataFrame:
        """Each row of a table as text."""
        columns = [self._fields(values) for values in table.with_columns(pl.col(LINE).cast(pl.String)).iter_columns()]
        return table.select(LINE, pl.concat_str(columns, separator=self._delimiter).alias("row"))

    def _fields(self, values: pl.Series) -> pl.Series:
        """Quoted where that is needed, as `csv` does it."""
        special = values.str.contains_any([self._delimiter, '"', "\n", "\r"]).arg_true()
        if special.is_empty():
            return values
        return values.scatter(special, '"' + values.gather(special).str.replace_all('"', '""', literal=True) + '"')

    def _reject(self, reject: Reject) -> str:
        why = reject.problem
        return self._row([str(why.line), why.column or "", why.code, why.message, *reject.fields])

    def _row(self, fields: list[str]) -> str:
        buffer = io.StringIO()
        csv.writer(buffer, delimiter=self._delimiter, lineterminator="").writerow(fields)
        return buffer.getvalue()
