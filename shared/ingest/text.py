"""From the bytes of a file to UTF-8, one chunk at a time, refusing what is not text.

Nothing is ever replaced: a byte that does not belong to the encoding rejects the file (never U+FFFD). Everything after
this works on UTF-8, in which delimiters, quotes and line ends are single bytes that occur in no other character.
"""

from __future__ import annotations

import codecs
from collections.abc import Iterable, Iterator

import polars as pl

from shared.errors import RejectedFile
from shared.ingest.records import count_lines

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
    (b"\x1f\x8b", "compressed twice (inside with gzip)"),  # the outer packing is gone by now
    (b"\x28\xb5\x2f\xfd", "compressed twice (inside with zstd)"),
    (b"SQLite format 3\x00", "an SQLite database"),
    (b"\x89PNG", "a picture"),
)
MARKUP = (b"<!doctype", b"<html", b"<?xml")


def read_text(chunks: Iterable[bytes], encoding: str) -> Iterator[bytes]:
    """The text of a file as UTF-8, in pieces of whole characters that follow its chunks.

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
    decode = _Utf8() if encoding == "utf-8" else _Decoder(encoding)
    lines = LineCounter()
    for data, final in _marking_the_last(start[mark:] if mark else start, chunks):
        try:
            text = decode(data, final=final)
        except UnicodeError as error:
            raise _undecodable(error, encoding, lines) from None
        if b"\0" in text:
            at = lines.after(text[: text.index(b"\0")])
            raise RejectedFile.because(
                "not_csv", f"Line {at} contains a NUL byte: this is not text. Export the file as CSV.", line=at
            )
        lines.add(text)
        if text:
            yield text


class _Utf8:
    """Passes UTF-8 on without decoding it, which would take as long as parsing; a cut character waits for its rest."""

    def __init__(self) -> None:
        self._rest = b""

    def __call__(self, data: bytes, *, final: bool) -> bytes:
        data = self._rest + data if self._rest else data
        end = len(data) if final else _whole_characters(data)
        self._rest = data[end:]
        text = data[:end]  # no copy where nothing is cut off
        try:
            as_string(text)
        except pl.exceptions.ComputeError:
            text.decode()  # raises what says where
            raise
        return text


class _Decoder:
    """Any other codec of Python's. Raises UnicodeError, also for what is no character in any encoding (surrogates)."""

    def __init__(self, encoding: str) -> None:
        self._decoder = codecs.getincrementaldecoder(encoding)()

    def __call__(self, data: bytes, *, final: bool) -> bytes:
        return self._decoder.decode(data, final).encode()


def as_string(text: bytes) -> pl.Series:
    """UTF-8 as one value of a polars column. Raises ComputeError where it is none; ten times as fast as `decode`."""
    return pl.Series([text], dtype=pl.Binary).cast(pl.String)


def _whole_characters(data: bytes) -> int:
    """Where the last character that is complete ends (https://www.rfc-editor.org/rfc/rfc3629#section-3)."""
    for back, byte in enumerate(reversed(data[-4:]), 1):
        if byte & 0b1100_0000 == 0b1000_0000:  # a continuation: the character begins further ahead
            continue
        length = 4 if byte >= 0b1111_0000 else 3 if byte >= 0b1110_0000 else 2 if byte >= 0b1100_0000 else 1
        return len(data) - back if length > back else len(data)
    return len(data)


class LineCounter:
    """The physical line that a text ends on, LF, CRLF and CR alike, also where a CRLF falls between two pieces."""

    def __init__(self, line: int = 1) -> None:
        self.line = line
        self._after_cr = False

    def after(self, text: bytes) -> int:
        """The line on which the next character stands, once `text` is read."""
        return self.line + count_lines(text) - (self._after_cr and text.startswith(b"\n"))

    def add(self, text: bytes) -> None:
        """Move past `text`."""
        if text:
            self.line = self.after(text)
            self._after_cr = text.endswith(b"\r")


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


def _undecodable(error: UnicodeError, encoding: str, lines: LineCounter) -> RejectedFile:
    line, what = lines.line, str(error)
    if isinstance(error, UnicodeDecodeError):
        # What comes before the bad byte decodes.
        good = error.object[: error.start].decode(encoding, errors="ignore")
        line = lines.after(good.encode(errors="ignore"))
        what = f"byte 0x{error.object[error.start]:02x} ({error.reason})"
    return RejectedFile.because(
        "encoding",
        f"Line {line} is not valid {encoding}: {what}. "
        "Save the file as UTF-8, or declare its encoding in datasets.toml.",
        line=line,
    )
