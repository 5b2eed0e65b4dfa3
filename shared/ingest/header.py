"""The header of a file: its delimiter and its column names."""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import dataclass

from shared.errors import RejectedFile
from shared.ingest.records import MAX_RECORD, Malformed, Unterminated, count_lines, read_record

DELIMITERS = (",", ";", "\t", "|")
UNUSUAL = ("^", "~", "\x01", "\x1f")  # never found by themselves, but not mistaken for text either
SPOKEN = {",": "comma", ";": "semicolon", "\t": "tab", "|": "pipe"}
SAMPLE = 100  # records that decide between delimiters


@dataclass(frozen=True, slots=True)
class Header:
    """Column names in file order, how fields are separated, and where the first row begins."""

    names: tuple[str, ...]
    width: int  # fields of the header; more than names where spreadsheets have left empty ones at its end
    delimiter: str
    end: int  # offset into the text behind the header
    line: int  # physical line on which the header begins
    next_line: int  # physical line that follows it


def read_header(text: bytes, delimiter: str, *, final: bool) -> Header | None:
    """The header of the file that begins with `text`. `delimiter` may be `auto`.

    None where `text` may stop short of its end and is not `final`.
    Raises RejectedFile: `empty_file`, `delimiter`, `unterminated_quote`, `empty_column_name`, `duplicate_column`.
    """
    start = len(text) - len(text.lstrip(b"\r\n"))
    if start == len(text):
        if not final and start <= MAX_RECORD:
            return None
        raise RejectedFile.because("empty_file", "The file has only line ends. Upload one with at least a header line.")
    line = 1 + count_lines(text, 0, start)
    chosen = _detect(text, start, line, final=final) if delimiter == "auto" else delimiter
    try:
        record = read_record(text, start, chosen, final=final)
    except Unterminated:
        raise _unterminated(line) from None
    if record is None and len(text) <= MAX_RECORD:
        return None
    if record is None or isinstance(record, Malformed):
        raise _unterminated(line)
    names = _trimmed(record.fields)
    _check_names(names, line)
    return Header(names, len(record.fields), chosen, record.end, line, line + record.lines)


def _unterminated(line: int) -> RejectedFile:
    return RejectedFile.because(
        "unterminated_quote",
        f"The header (line {line}) has a quote that does not close properly. Close it, or double it if it is data.",
        line=line,
    )


def _trimmed(names: list[str]) -> tuple[str, ...]:
    """Without the empty names that spreadsheets leave at the end. A row with a value there has too many fields."""
    while len(names) > 1 and not names[-1]:
        names = names[:-1]
    return tuple(names)


def _check_names(names: tuple[str, ...], line: int) -> None:
    empty = [str(position) for position, name in enumerate(names, 1) if not name]
    if empty:
        raise RejectedFile.because(
            "empty_column_name",
            f"The header (line {line}) gives no name to column {', '.join(empty)}. Name every column.",
            line=line,
        )
    duplicates = [name for name, count in Counter(names).items() if count > 1]
    if duplicates:
        raise RejectedFile.because(
            "duplicate_column",
            f"The header (line {line}) names {', '.join(map(repr, duplicates))} more than once. Rename one of them.",
            line=line,
            column=duplicates[0],
        )


def _detect(text: bytes, start: int, line: int, *, final: bool) -> str:
    """The delimiter by which the first records all have as many fields as the header; one must win clearly."""
    possible = [d for d in DELIMITERS if _widths(text, start, d, 1, final=final) > [1]]
    if not possible:
        _refuse_unusual(text, start, line, final=final)
        return ","  # one column
    if len(possible) == 1:  # as a rule
        return possible[0]
    scores = {delimiter: _score(_widths(text, start, delimiter, SAMPLE, final=final)) for delimiter in possible}
    winners = [delimiter for delimiter, score in scores.items() if score == max(scores.values())]
    if len(winners) > 1:
        raise RejectedFile.because(
            "delimiter",
            f"The file could be separated by {' or '.join(SPOKEN[w] for w in winners)}. "
            "Say which with `delimiter` in datasets.toml.",
            line=line,
        )
    return winners[0]


def _refuse_unusual(text: bytes, start: int, line: int, *, final: bool) -> None:
    """What looks like one column may be many, between which stands what is rarely used for that."""
    for delimiter in UNUSUAL:
        widths = _widths(text, start, delimiter, SAMPLE, final=final)
        if len(widths) > 1 and widths[0] > 1 and len(set(widths)) == 1:
            raise RejectedFile.because(
                "delimiter",
                f"The file looks as if {delimiter!r} separated its columns. "
                f"Say so with `delimiter = {json.dumps(delimiter)}` in datasets.toml.",
                line=line,
            )


def _score(widths: list[int]) -> float:
    """The share of records that are as wide as the first."""
    return widths.count(widths[0]) / len(widths)


def _widths(text: bytes, start: int, delimiter: str, records: int, *, final: bool) -> list[int]:
    """How many fields the first records have; 0 for one that is malformed."""
    widths: list[int] = []
    at = start
    while len(widths) < records and at < len(text):
        try:
            record = read_record(text, at, delimiter, final=final)
        except Unterminated:
            break
        if record is None:
            break
        at = record.end
        if isinstance(record, Malformed):
            widths.append(0)
        elif record.fields:
            widths.append(len(record.fields))
    return widths
