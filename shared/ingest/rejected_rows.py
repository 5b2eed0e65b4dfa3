"""The rejected rows of a file, read page by page out of the document that `RejectedDocument` wrote."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Protocol

from shared.errors import NotFound, NotPossible
from shared.ingest.file_record import FileRecord
from shared.ingest.records import MAX_RECORD, Record, Unterminated, read_record
from shared.names import REJECTED
from shared.stores.stored import Stored

WINDOW = 256 * 1024  # bytes that are read at a time
LARGEST_PAGE = 1024 * 1024  # bytes of rows after which a page ends, however many are wanted
REASON = 4  # columns before the file's own: `_line`, `_column`, `_code`, `_message`
MARK = "\ufeff".encode()


class Document(Protocol):
    """One version of the document in storage."""

    @property
    def etag(self) -> str: ...
    @property
    def size(self) -> int: ...

    def read(self, start: int, count: int) -> bytes:
        """So many bytes of this version, fewer at its end. Raises BlobChanged where it is not there any more."""


class Records(Protocol):
    """The file records, of whichever dataset."""

    def find(self, record_id: str) -> Stored[FileRecord] | None: ...


class Documents[D: Document](Protocol):
    """What ingest has written."""

    def document(self, container: str, name: str) -> D | None: ...


@dataclass(frozen=True, slots=True)
class Rejected:
    """The documents of rejected rows, by the ids of the files' records."""

    records: Records
    documents: Documents[Document]

    def of(self, record_id: str) -> tuple[FileRecord, Document | None]:
        """The record of a file, and its document of rejected rows, if there are any. Raises NotFound."""
        found = self.records.find(record_id)
        if found is None:
            raise NotFound(f"There is no file '{record_id}'. GET /api/files lists those there are.")
        name = (found.value.rejected_file or "").removeprefix(f"{REJECTED}/")
        document = self.documents.document(REJECTED, name) if name else None
        if name and document is None:
            raise changed(found.value.name)
        return found.value, document


def changed(name: str) -> NotPossible:
    """What to say where the rows that were asked for have been replaced, or taken away."""
    return NotPossible(f"The rejected rows of '{name}' have been written again. Begin at the start, without a cursor.")


@dataclass(frozen=True, slots=True)
class RejectedRow:
    """A row as it was, and what is wrong with it. `rest`: what belongs to no column, or all of a row that is no CSV."""

    line: int
    column: str | None
    code: str
    message: str
    fields: dict[str, str]
    rest: tuple[str, ...]

    def shown(self) -> dict[str, Any]:
        """The row as the API shows it."""
        document = {"line": self.line, "column": self.column, "code": self.code, "message": self.message}
        return document | {"fields": self.fields} | ({"rest": list(self.rest)} if self.rest else {})


@dataclass(frozen=True, slots=True)
class RejectedRows:
    """A page of rows, and the offset at which the next one begins: None on the last."""

    value: list[RejectedRow]
    following: int | None


def read_rejected(document: Document, top: int, start: int | None = None) -> RejectedRows:
    """At most `top` rows from an offset on that an earlier page gave. In memory is one page, whatever the size.

    Raises BlobChanged where the document is replaced meanwhile, NotPossible where no row begins at `start`.
    """
    head = _Window(document, 0)
    names, delimiter, first = _read_header(head)
    if start is not None and not first <= start < document.size:
        raise _not_ours()
    window = head if start is None else _Window(document, start)
    begin = end = first if start is None else start
    rows: list[RejectedRow] = []
    for record in window.records(begin, delimiter):
        rows.append(_row(record.fields, names))
        end = record.end
        if len(rows) == top or end - begin > LARGEST_PAGE:
            break
    return RejectedRows(rows, end if end < document.size else None)


class _Window:
    """What has been read of a document. Offsets are the document's."""

    def __init__(self, document: Document, start: int) -> None:
        self._document = document
        self._start = start
        self.data = document.read(start, WINDOW)

    def records(self, at: int, delimiter: str) -> Iterator[Record]:
        """The records from an offset on; their ends are offsets, too."""
        while at < self._document.size:
            record = self._record(at - self._start, delimiter)
            at = self._start + record.end
            yield Record(record.fields, at, record.lines)

    def _record(self, at: int, delimiter: str) -> Record:
        while True:
            read_to = self._start + len(self.data)
            try:
                record = read_record(self.data, at, delimiter, final=read_to == self._document.size)
            except (Unterminated, UnicodeDecodeError):
                raise _not_ours() from None
            if isinstance(record, Record):
                return record
            if record is not None or len(self.data) - at > 3 * MAX_RECORD:  # quotes may double what was in a record
                raise _not_ours()
            more = self._document.read(read_to, max(WINDOW, len(self.data) - at))
            self.data = self.data[at:] + more
            self._start += at
            at = 0


def _read_header(window: _Window) -> tuple[list[str], str, int]:
    """The names of the file's columns, the delimiter, and the offset of the first row."""
    start = len(MARK) if window.data.startswith(MARK) else 0
    title = b'"_line"' if window.data.startswith(b'"', start) else b"_line"
    delimiter = window.data[start + len(title) : start + len(title) + 1].decode("ascii", "replace")
    header = next(window.records(start, delimiter), None) if delimiter else None
    if header is None or not window.data.startswith(title, start) or len(header.fields) < REASON:
        raise _not_ours()
    return header.fields[REASON:], delimiter, header.end


def _row(fields: list[str], names: list[str]) -> RejectedRow:
    if len(fields) < REASON or not fields[0].isdecimal():
        raise _not_ours()
    line, column, code, message, *values = fields
    known = 0 if code == "text_after_quote" else len(names)
    named = dict(zip(names[:known], values, strict=False))
    return RejectedRow(int(line), column or None, code, message, named, tuple(values[known:]))


def _not_ours() -> NotPossible:
    return NotPossible(
        "Here the document of rejected rows is not as the app writes it, or no row begins. "
        "Begin at the start, without a cursor; if that fails too, reprocess the file."
    )
