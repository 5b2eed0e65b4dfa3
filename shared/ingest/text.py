"""From the bytes of a file to UTF-8, one chunk at a time, refusing what is not text.

Nothing is ever replaced: a byte that does not belong to the encoding rejects the file (never U+FFFD). Everything after
this works on UTF-8, in which delimiters, quotes and line ends are single bytes that occur in no other character.
"""

from __future__ import annotations

import codecs
from collections.abc import Iterable, Iterator

import polars as pl

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
    (b"\x1f\x8b", "compressed twice (inside with gzip)"),  # the outer packing is gone by now
    (b"\x28\xb5\x2f\xfd", "compressed twice (inside with zstd)"),
    (b"SQLite format 3\x00", "an SQLite database"),
    (b"\x89PNG", "a picture"),
)
MARKUP = (b"<!doctype", b"<html", b"<?xml")


class Unreadable(Exception):  # noqa: N818
    """The text ends here in what is none. Whoever knows the line makes it the refusal of the file."""

    def __init__(self, code: str, what: str) -> None:
        super().__init__(what)
        self._code = code
        self._what = what  # follows the line in the message

    def at(self, line: int) -> RejectedFile:
        """The refusal, for the physical line that it stands on."""
        return RejectedFile.because(self._code, f"Line {line} {self._what}", line=line)


def read_text(chunks: Iterable[bytes], encoding: str) -> Iterator[bytes]:
    """The text of a file as UTF-8, in pieces of whole characters that follow its chunks.

    A byte order mark wins over `encoding` and is left out. Raises RejectedFile: `empty_file`, `not_csv`, `encoding`;
    or, after all that is good, Unreadable.
    """
    chunks = iter(chunks)
    start = _at_least(SNIFFED, chunks)
    if not start:
        raise RejectedFile.because("empty_file", "The file is empty. Upload one with at least a header line.")
    mark, encoding = _byte_order_mark(start, encoding)
    if len(start) == mark:
        raise RejectedFile.because("empty_file", "The file has only a byte order mark. Upload one with a header line.")
    _refuse_without_byte_order(encoding)
    _refuse_other_formats(start[mark : mark + SNIFFED])
    decode = _Utf8() if encoding == "utf-8" else _Decoder(encoding)
    for data, final in _marking_the_last(start[mark:] if mark else start, chunks):
        try:
            text, mistake = decode(data, final=final), None
        except UnicodeError as error:
            text, mistake = _good(error, encoding), _undecodable(error, encoding)
        if (at := text.find(b"\0")) >= 0:
            text = text[:at]
            mistake = Unreadable("not_csv", "contains a NUL byte: this is not text. Export the file as CSV.")
        if text:
            yield text
        if mistake:
            raise mistake


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


def _refuse_without_byte_order(encoding: str) -> None:
    if encoding in ("utf-16", "utf-32"):  # and no mark: Python would take the byte order of this machine
        raise RejectedFile.because(
            "encoding",
            f"The file has no byte order mark, so {encoding} does not say how to read it. "
            f'Declare "{encoding}-le" or "{encoding}-be" in datasets.toml.',
            line=1,
        )


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


def _good(error: UnicodeError, encoding: str) -> bytes:
    """What stands before the first mistake, as UTF-8."""
    if isinstance(error, UnicodeDecodeError):
        return error.object[: error.start].decode(encoding, errors="ignore").encode(errors="ignore")
    return error.object[: error.start].encode() if isinstance(error, UnicodeEncodeError) else b""


def _undecodable(error: UnicodeError, encoding: str) -> Unreadable:
    what = str(error)
    if isinstance(error, UnicodeDecodeError):
        what = f"byte 0x{error.object[error.start]:02x} ({error.reason})"
    remedy = "Save the file as UTF-8, or declare its encoding in datasets.toml."
    return Unreadable("encoding", f"is not valid {encoding}: {what}. {remedy}")
