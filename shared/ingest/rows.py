"""From text to blocks of rows: all columns as strings, the physical line of each row, and what is no row at all.

A regular block (no quote, no blank line, every line as wide as the header) is read by polars. Any other goes through
`records`, which is slower and exact; where both apply they give the same answer.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

import polars as pl

from shared.errors import Problem, RejectedFile
from shared.ingest.header import Header
from shared.ingest.records import MAX_RECORD, Malformed, Record, Unterminated, read_record

LINE = "line"  # name of the column with line numbers; the others are c0, c1, … so that no header can clash


@dataclass(frozen=True, slots=True)
class Reject:
    """A row that was refused: its fields as they were, and why."""

    fields: tuple[str, ...]
    problem: Problem


@dataclass(frozen=True, slots=True)
class Block:
    """Some consecutive rows. `frame`: `line`, then every column as text. `rejects`: those that have no such shape."""

    frame: pl.DataFrame
    rejects: list[Reject] = field(default_factory=list)


def column(index: int) -> str:
    """The name that the column at `index` has in frames."""
    return f"c{index}"


def read_blocks(header: Header, pieces: Iterable[str]) -> Iterator[Block]:
    """The rows of the text `pieces` that follow the header, in order, block by block.

    Raises RejectedFile `unterminated_quote` where a quote is never closed.
    """
    rest, line = "", header.next_line
    for piece in pieces:
        text = rest + piece
        cut = _last_line_end(text)
        block, end, line = _read_block(header, text, cut, line, final=False)
        rest = text[end:]
        if len(rest) > MAX_RECORD:
            raise _unterminated(line)
        if block.frame.height or block.rejects:
            yield block
    if rest:
        block, _, _ = _read_block(header, rest, len(rest), line, final=True)
        yield block


def _last_line_end(text: str) -> int:
    # A CR at the very end may be half of a CRLF.
    return max(text.rfind("\n"), text.rfind("\r", 0, len(text) - 1)) + 1


def _read_block(header: Header, text: str, cut: int, line: int, *, final: bool) -> tuple[Block, int, int]:
    """A block from the start of `text`, the offset behind it and the line that follows it."""
    regular = _read_regular(header, text[:cut], line)
    if regular is not None:
        return Block(regular), cut, line + regular.height
    return _read_exactly(header, text, line, final=final)


def _read_regular(header: Header, text: str, line: int) -> pl.DataFrame | None:
    """The rows of a text in which every line is a record as wide as the header; None where that is not so."""
    if '"' in text or text.startswith("\ufeff"):  # polars would drop a BOM inside the data
        return None
    if "\r" in text:
        text = text.replace("\r\n", "\n")
        if "\r" in text:
            text = text.replace("\r", "\n")
    if text.startswith("\n") or "\n\n" in text:
        return None
    height = text.count("\n") + (not text.endswith("\n") and text != "")
    width = len(header.names)
    if height == 0 or text.count(header.delimiter) != height * (width - 1):
        return None
    try:
        frame = pl.read_csv(
            text.encode(),
            has_header=False,
            schema={column(index): pl.String for index in range(width)},
            separator=header.delimiter,
            quote_char=None,
            empty_string_is_null=False,
        )
    except pl.exceptions.PolarsError:  # a line that is too wide; with the count above: none of another width is left
        return None
    if frame.height != height:
        return None
    return frame.insert_column(0, pl.int_range(line, line + height, eager=True).alias(LINE))


def _read_exactly(header: Header, text: str, line: int, *, final: bool) -> tuple[Block, int, int]:
    rows: list[tuple[int, list[str]]] = []
    rejects: list[Reject] = []
    at = 0
    while at < len(text):
        try:
            record = read_record(text, at, header.delimiter, final=final)
        except Unterminated:
            raise _unterminated(line) from None
        if record is None:
            break
        if isinstance(record, Malformed):
            rejects.append(_malformed(record, line))
        elif record.fields:
            _sort_by_width(record, line, header, rows, rejects)
        at = record.end
        line += record.lines
    return Block(_frame(rows, len(header.names)), rejects), at, line


def _sort_by_width(
    record: Record, line: int, header: Header, rows: list[tuple[int, list[str]]], rejects: list[Reject]
) -> None:
    width, fields = len(header.names), record.fields
    if len(fields) >= width and not any(fields[width:]):  # longer by empty fields only: spreadsheets do that
        rows.append((line, fields[:width]))
        return
    many = len(fields) > width
    problem = Problem(
        "too_many_fields" if many else "too_few_fields",
        f"The row has {len(fields)} fields, the header {width}. "
        + ("Quote values that contain the delimiter." if many else "Write an empty field for each missing value."),
        line,
    )
    rejects.append(Reject(tuple(fields), problem))


def _malformed(record: Malformed, line: int) -> Reject:
    message = "There is text after a closing quote. Double the quotes inside a quoted value."
    return Reject((record.raw,), Problem("text_after_quote", message, line))


def _unterminated(line: int) -> RejectedFile:
    return RejectedFile.because(
        "unterminated_quote",
        f"The quote opened in the row at line {line} is never closed. Close it, or double it if it is data.",
        line=line,
    )


def _frame(rows: list[tuple[int, list[str]]], width: int) -> pl.DataFrame:
    columns = [list(values) for values in zip(*(fields for _, fields in rows), strict=True)] or [[]] * width
    data = {LINE: pl.Series(LINE, [line for line, _ in rows], pl.Int64)}
    data |= {column(i): pl.Series(column(i), values, pl.String) for i, values in enumerate(columns)}
    return pl.DataFrame(data)
