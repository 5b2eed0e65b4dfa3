"""The exact reading of CSV records (RFC 4180, any one-character delimiter), one record at a time.

What it does not accept it names: nothing is guessed, no character is lost. Line ends are LF, CRLF or CR.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache

MAX_RECORD = 16 * 1024 * 1024  # characters; a longer record is a quote that was never closed
LINE_END = re.compile(r"\r\n|\n|\r")
QUOTED = re.compile(r'"((?:[^"]+|"")*+)"')


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


def read_record(text: str, start: int, delimiter: str, *, final: bool) -> Record | Malformed | None:
    """The record that begins at `start`; None where `text` may stop short of its end and is not `final`.

    A blank line is a record without fields. Raises Unterminated when a quoted field never ends.

    >>> read_record('1,"a ""b"", c"\\n2', 0, ",", final=True)
    Record(fields=['1', 'a "b", c'], end=15, lines=1)
    """
    line_end = _line_end(text, start, final=final)
    if line_end is None:
        return None
    line = text[start : line_end[0]]
    if '"' not in line:
        return Record(line.split(delimiter) if line else [], line_end[1], 1)
    return _read_quoted(text, start, delimiter, final=final)


def _line_end(text: str, start: int, *, final: bool) -> tuple[int, int] | None:
    """Where the line ends and the next begins. A CR that ends the text may be half of a CRLF."""
    found = LINE_END.search(text, start)
    if found is None:
        return (len(text), len(text)) if final else None
    if found.end() == len(text) and found.group() == "\r" and not final:
        return None
    return found.span()


@cache
def _plain(delimiter: str) -> re.Pattern[str]:
    return re.compile(rf"[^{re.escape(delimiter)}\r\n]*")


@dataclass(frozen=True, slots=True)
class _Field:
    """A field and the offset behind it. `stray`: text follows its closing quote.

    `swallowed`: and that quote rather opens another field, because this one was never closed and ran over line ends.
    """

    value: str
    end: int
    stray: bool = False
    swallowed: bool = False


def _read_quoted(text: str, start: int, delimiter: str, *, final: bool) -> Record | Malformed | None:
    fields: list[str] = []
    malformed = False
    at = start
    while True:
        field = _read_field(text, at, delimiter)
        if field is None and not final:
            return None
        if field is None and not malformed:
            raise Unterminated
        if field is None or field.swallowed:
            return _malformed(text, start, start)
        malformed |= field.stray
        fields.append(field.value)
        at = field.end
        if text.startswith(delimiter, at):
            at += 1
            continue
        line_end = _line_end(text, at, final=final)
        if line_end is None:
            return None
        if malformed:
            return _malformed(text, start, at)
        return Record(fields, line_end[1], _lines(text, start, at))


def _read_field(text: str, start: int, delimiter: str) -> _Field | None:
    """The field that begins at `start`; None where it is quoted and does not end in `text`."""
    plain = _plain(delimiter)
    if not text.startswith('"', start):
        end = _end(plain, text, start)
        return _Field(text[start:end], end)
    quoted = QUOTED.match(text, start)
    if quoted is None:
        return None
    value, after = quoted.group(1), quoted.end()
    end = _end(plain, text, after)
    if end == after:
        return _Field(value.replace('""', '"'), end)
    opens_another = value.endswith((delimiter, "\n", "\r")) and LINE_END.search(value) is not None
    return _Field(value, end, stray=True, swallowed=opens_another)


def _end(pattern: re.Pattern[str], text: str, start: int) -> int:
    match = pattern.match(text, start)
    return match.end() if match else start


def _malformed(text: str, start: int, at: int) -> Malformed:
    """What stands from `start` to the end of the line that `at` is on."""
    line_end = _line_end(text, at, final=True)
    assert line_end is not None  # final: the end of the text is one
    return Malformed(text[start : line_end[0]], line_end[1], _lines(text, start, line_end[0]))


def _lines(text: str, start: int, end: int) -> int:
    return 1 + len(LINE_END.findall(text, start, end))
