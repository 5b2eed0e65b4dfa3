"""The exact reading of CSV records (RFC 4180, any one-character delimiter), one record at a time.

What it does not accept it names: nothing is guessed, no character is lost. Line ends are LF, CRLF or CR.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache

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
    """Text that is not a record. `raw` is its first line, as it stands; reading goes on behind it."""

    raw: str
    end: int
    lines: int = 1


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


def _read_quoted(text: str, start: int, delimiter: str, *, final: bool) -> Record | Malformed | None:
    fields: list[str] = []
    lines = 1
    at = start
    while True:
        if text.startswith('"', at):
            quoted = QUOTED.match(text, at)
            if quoted is None:
                if final:
                    raise Unterminated
                return None
            field = quoted.group(1)
            lines += len(LINE_END.findall(field))
            fields.append(field.replace('""', '"'))
            at = quoted.end()
        else:
            plain = _plain(delimiter).match(text, at)
            assert plain is not None  # matches the empty string too
            fields.append(plain.group())
            at = plain.end()
        if text.startswith(delimiter, at):
            at += len(delimiter)
            continue
        line_end = _line_end(text, at, final=final)
        if line_end is None:
            return None
        if line_end[0] != at:  # text after a closing quote
            first = _line_end(text, start, final=True)
            assert first is not None
            return Malformed(text[start : first[0]], first[1])
        return Record(fields, line_end[1], lines)
