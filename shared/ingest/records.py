"""The exact reading of CSV records (RFC 4180, any one-character delimiter), one record at a time, from UTF-8.

What it does not accept it names: nothing is guessed, no character is lost. Line ends are LF, CRLF or CR.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache

MAX_RECORD = 16 * 1024 * 1024  # bytes; a longer record is a quote that was never closed
LINE_END = re.compile(rb"\r\n|\n|\r")
QUOTED = re.compile(rb'"((?:[^"]+|"")*+)"')


@dataclass(frozen=True, slots=True)
class Record:
    """One record: its fields, the offset behind its line end, the physical lines it covers."""

    fields: list[str]
    end: int
    lines: int


@dataclass(frozen=True, slots=True)
class Malformed:
    """A record with text after a closing quote. `raw` is all of it, or its first line where its end cannot be told."""

    raw: str
    end: int
    lines: int


class Unterminated(Exception):  # noqa: N818
    """A quote is open at the end of the file."""


def read_record(data: bytes, start: int, delimiter: str, *, final: bool) -> Record | Malformed | None:
    """The record that begins at `start`; None where `data` may stop short of its end and is not `final`.

    A blank line is a record without fields. Raises Unterminated when a quoted field never ends.

    >>> read_record(b'1,"a ""b"", c"\\n2', 0, ",", final=True)
    Record(fields=['1', 'a "b", c'], end=15, lines=1)
    """
    line_end = _line_end(data, start, final=final)
    if line_end is None:
        return None
    line = data[start : line_end[0]]
    if b'"' not in line:
        return Record(line.decode().split(delimiter) if line else [], line_end[1], 1)
    return _read_quoted(data, start, delimiter.encode(), final=final)


def count_lines(data: bytes, start: int = 0, end: int | None = None) -> int:
    """How many physical lines end between two offsets: at LF, CRLF and CR alike."""
    ends = data.count(b"\n", start, end)
    if data.find(b"\r", start, end) >= 0:
        ends += data.count(b"\r", start, end) - data.count(b"\r\n", start, end)
    return ends


def _line_end(data: bytes, start: int, *, final: bool) -> tuple[int, int] | None:
    """Where the line ends and the next begins. A CR that ends the data may be half of a CRLF."""
    found = LINE_END.search(data, start)
    if found is None:
        return (len(data), len(data)) if final else None
    if found.end() == len(data) and found.group() == b"\r" and not final:
        return None
    return found.span()


@cache
def _plain(delimiter: bytes) -> re.Pattern[bytes]:
    return re.compile(rb"[^" + re.escape(delimiter) + rb"\r\n]*")


@dataclass(frozen=True, slots=True)
class _Field:
    """A field and the offset behind it. `stray`: text follows its closing quote.

    `swallowed`: and that quote rather opens another field, because this one was never closed and ran over line ends.
    """

    value: bytes
    end: int
    stray: bool = False
    swallowed: bool = False


def _read_quoted(data: bytes, start: int, delimiter: bytes, *, final: bool) -> Record | Malformed | None:
    fields: list[str] = []
    malformed = False
    at = start
    while True:
        field = _read_field(data, at, delimiter)
        if field is None and not final:
            return None
        if field is None and not malformed:
            raise Unterminated
        if field is None or field.swallowed:
            return _malformed(data, start, start)
        malformed |= field.stray
        fields.append(field.value.decode())
        at = field.end
        if data.startswith(delimiter, at):
            at += 1
            continue
        line_end = _line_end(data, at, final=final)
        if line_end is None:
            return None
        if malformed:
            return _malformed(data, start, at)
        return Record(fields, line_end[1], 1 + count_lines(data, start, at))


def _read_field(data: bytes, start: int, delimiter: bytes) -> _Field | None:
    """The field that begins at `start`; None where it is quoted and does not end in `data`."""
    plain = _plain(delimiter)
    if not data.startswith(b'"', start):
        end = _end(plain, data, start)
        return _Field(data[start:end], end)
    quoted = QUOTED.match(data, start)
    if quoted is None:
        return None
    value, after = quoted.group(1), quoted.end()
    end = _end(plain, data, after)
    if end == after:
        return _Field(value.replace(b'""', b'"'), end)
    opens_another = value.endswith((delimiter, b"\n", b"\r")) and LINE_END.search(value) is not None
    return _Field(value, end, stray=True, swallowed=opens_another)


def _end(pattern: re.Pattern[bytes], data: bytes, start: int) -> int:
    match = pattern.match(data, start)
    return match.end() if match else start


def _malformed(data: bytes, start: int, at: int) -> Malformed:
    """What stands from `start` to the end of the line that `at` is on."""
    line_end = _line_end(data, at, final=True)
    assert line_end is not None  # final: the end of the data is one
    return Malformed(data[start : line_end[0]].decode(), line_end[1], 1 + count_lines(data, start, line_end[0]))
