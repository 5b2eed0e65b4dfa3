"""From the bytes of a file to text, one chunk at a time, refusing what is not text.

Nothing is ever replaced: a byte that does not belong to the encoding rejects the file (never U+FFFD).
"""

from __future__ import annotations

import codecs
from collections.abc import Iterable, Iterator

from shared.errors import RejectedFile

SNIFFED = 64  # bytes of the start that tell what a file is

# Longest first: the BOM of UTF-32 (little endian) begins with that of UTF-16.
BYTE_ORDER_MARKS = (
    (codecs.BOM_UTF32_LE, "utf-32-le"),
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)

SIGNATURES = (
    (b"PK\x03\x04", "a ZIP archive (or an Excel workbook, which is one)"),
    (b"\xd0\xcf\x11\xe0", "an old Excel workbook"),
    (b"%PDF-", "a PDF document"),
    (b"PAR1\x15", "a Parquet file"),  # with the byte that follows it: PAR1 alone could be the name of a column
    (b"\x1f\x8b", "compressed with gzip"),
    (b"\x28\xb5\x2f\xfd", "compressed with zstd"),
    (b"SQLite format 3\x00", "an SQLite database"),
    (b"\x89PNG", "a picture"),
)
MARKUP = (b"<!doctype", b"<html", b"<?xml")


def read_text(chunks: Iterable[bytes], encoding: str) -> Iterator[str]:
    """The text of a file, in pieces that follow its chunks.

    A byte order mark wins over `encoding` and is left out. Raises RejectedFile: `empty_file`, `not_csv`, `encoding`.
    """
    chunks = iter(chunks)
    start = _at_least(SNIFFED, chunks)
    if not start:
        raise RejectedFile.because("empty_file", "The file is empty. Upload one with at least a header line.")
    mark, encoding = _byte_order_mark(start, encoding)
    if len(start) == mark:
        raise RejectedFile.because("empty_file", "The file has only a byte order mark. Upload one with a header line.")
    _refuse_other_formats(start[mark:])
    lines = LineCounter()
    decoder = codecs.getincrementaldecoder(encoding)()
    for data, final in _marking_the_last(start[mark:], chunks):
        try:
            text = decoder.decode(data, final)
        except UnicodeDecodeError as error:
            raise _undecodable(error, encoding, lines) from None
        if "\x00" in text:
            at = lines.after(text[: text.index("\x00")])
            raise RejectedFile.because(
                "not_csv", f"Line {at} contains a NUL byte: this is not text. Export the file as CSV.", line=at
            )
        lines.add(text)
        if text:
            yield text


class LineCounter:
    """The physical line that a text ends on, LF, CRLF and CR alike, also where a CRLF falls between two pieces."""

    def __init__(self, line: int = 1) -> None:
        self.line = line
        self._after_cr = False

    def after(self, text: str) -> int:
        """The line on which the next character stands, once `text` is read."""
        ends = text.count("\n") + text.count("\r") - text.count("\r\n")
        return self.line + ends - (self._after_cr and text.startswith("\n"))

    def add(self, text: str) -> None:
        """Move past `text`."""
        if text:
            self.line = self.after(text)
            self._after_cr = text.endswith("\r")


def _at_least(size: int, chunks: Iterator[bytes]) -> bytes:
    start = b""
    for chunk in chunks:
        start += chunk
        if len(start) >= size:
            break
    return start


def _byte_order_mark(start: bytes, declared: str) -> tuple[int, str]:
    for mark, encoding in BYTE_ORDER_MARKS:
        if start.startswith(mark):
            return len(mark), encoding
    return 0, declared


def _refuse_other_formats(start: bytes) -> None:
    for signature, what in SIGNATURES:
        if start.startswith(signature):
            raise RejectedFile.because(
                "not_csv", f"The file is {what}, not CSV. Export it as CSV and upload that.", line=1
            )
    if start.lstrip().lower().startswith(MARKUP):
        raise RejectedFile.because(
            "not_csv", "The file is an HTML or XML page, not CSV. Download the data itself.", line=1
        )


def _marking_the_last(first: bytes, rest: Iterator[bytes]) -> Iterator[tuple[bytes, bool]]:
    current = first
    for following in rest:
        yield current, False
        current = following
    yield current, True


def _undecodable(error: UnicodeDecodeError, encoding: str, lines: LineCounter) -> RejectedFile:
    # What comes before the bad byte decodes.
    good = error.object[: error.start].decode(encoding, errors="ignore")
    at = lines.after(good)
    bad = error.object[error.start : error.start + 1].hex()
    return RejectedFile.because(
        "encoding",
        f"Line {at} is not valid {encoding}: byte 0x{bad} ({error.reason}). "
        "Save the file as UTF-8, or declare its encoding in datasets.toml.",
        line=at,
    )
