"""The reading of rows among which some are damaged, or merely unusual.

A line that is a regular record by itself is one wherever a record has just ended, so most lines need no more than the
fast reading even here. Only where a line is no regular record does the exact reading step in, up to the next record
end that is a line end. Both together give what the exact reading alone would give.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import polars as pl

from shared.errors import Problem, RejectedFile
from shared.ingest.header import Header
from shared.ingest.records import Malformed, Record, Unterminated, read_record
from shared.ingest.regular import RegularRows
from shared.ingest.rows import LINE, Block, Reject, column
from shared.ingest.text import as_string

CR = "\r"


def read_damaged(
    header: Header, regular: RegularRows, text: bytes, line: int, *, final: bool
) -> tuple[Block, int, int]:
    """A block from the start of `text`, the offset behind its last record, and the physical line that follows it."""
    lines = as_string(text).str.split("\n").explode()
    numbers = _physical_lines(lines, line, has_cr=b"\r" in text)
    is_regular = regular.regular_lines(lines)
    is_settled = is_regular | (lines == "") | (lines == CR)  # a blank line is no record
    if not final and lines[-1]:
        is_settled[-1] = False  # it may go on
    exact = _Exact(header, text, final=final)
    exact.read(lines, numbers, ~is_settled)
    kept = len(lines) if exact.stopped is None else exact.stopped
    is_regular = is_regular.scatter(exact.lines, False).head(kept)
    frame = regular.parse_lines(lines.head(kept).filter(is_regular))
    frame = frame.insert_column(0, numbers.head(kept).filter(is_regular))
    if exact.rows:
        frame = pl.concat([frame, exact.frame()]).sort(LINE)
    if exact.stopped is None:
        return Block(frame, exact.rejects), len(text), int(numbers[-1])
    return Block(frame, exact.rejects), exact.end, exact.line


def _physical_lines(lines: pl.Series, line: int, *, has_cr: bool) -> pl.Series:
    """The physical line on which each of these begins, which are what LF separates; CR alone ends a line too."""
    numbers = pl.int_range(line, line + len(lines), dtype=pl.Int64, eager=True).alias(LINE)
    if not has_cr:
        return numbers
    single = lines.str.count_matches(CR, literal=True).cast(pl.Int64) - lines.str.ends_with(CR)
    return numbers + single.cum_sum().shift(1, fill_value=0)


@dataclass(slots=True)
class _Exact:
    """The exact reading of the lines that need it."""

    header: Header
    text: bytes
    final: bool
    rows: list[tuple[int, list[str]]] = field(default_factory=list)
    rejects: list[Reject] = field(default_factory=list)
    lines: list[int] = field(default_factory=list)  # indexes of the lines that it has read
    stopped: int | None = None  # index of the line on which a record has begun that may go on
    end: int = 0  # offset behind the last record
    line: int = 0  # physical line that follows it

    def read(self, lines: pl.Series, numbers: pl.Series, needed: pl.Series) -> None:
        """Read each line that is needed, and those that its records run on to."""
        starts = (lines.str.len_bytes().cast(pl.Int64) + 1).cum_sum().shift(1, fill_value=0)
        following = 0
        for index, start, line in zip(
            needed.arg_true().to_list(), starts.filter(needed).to_list(), numbers.filter(needed).to_list(), strict=True
        ):
            if index < following:
                continue
            if not self._read_to_line_end(start, line):
                self.stopped = index
                return
            following = index + self.text.count(b"\n", start, self.end) + (not self._at_line_end())
            self.lines.extend(range(index, following))

    def _at_line_end(self) -> bool:
        return self.text[self.end - 1 : self.end] == b"\n"

    def _read_to_line_end(self, start: int, line: int) -> bool:
        """Read records up to one that LF ends; False where the text stops short of that."""
        self.end, self.line = start, line
        while True:
            try:
                record = read_record(self.text, self.end, self.header.delimiter, final=self.final)
            except Unterminated:
                raise unterminated(self.line) from None
            if record is None:
                return False
            self._sort(record)
            self.end = record.end
            self.line += record.lines
            if self.end == len(self.text) or self._at_line_end():
                return True

    def _sort(self, record: Record | Malformed) -> None:
        """To the rows or to the rejects."""
        if isinstance(record, Malformed):
            message = "There is text after a closing quote. Double the quotes inside a quoted value."
            self.rejects.append(Reject((record.raw,), Problem("text_after_quote", message, self.line)))
            return
        width, fields = len(self.header.names), record.fields
        if not fields:  # a blank line
            return
        if len(fields) >= width and not any(fields[width:]):  # longer by empty fields only: spreadsheets do that
            self.rows.append((self.line, fields[:width]))
            return
        self.rejects.append(Reject(tuple(fields), _wrong_width(len(fields), width, self.line)))

    def frame(self) -> pl.DataFrame:
        """The rows, as frames of the fast reading have them."""
        columns = zip(*(fields for _, fields in self.rows), strict=True)
        data = [pl.Series(LINE, [line for line, _ in self.rows], pl.Int64)]
        data += [pl.Series(column(index), values, pl.String) for index, values in enumerate(columns)]
        return pl.DataFrame(data)


def _wrong_width(fields: int, width: int, line: int) -> Problem:
    widths = f"The row has {fields} fields, the header {width}."
    if fields > width:
        return Problem("too_many_fields", f"{widths} Quote values that contain the delimiter.", line)
    return Problem("too_few_fields", f"{widths} Write an empty field for each missing value.", line)


def unterminated(line: int) -> RejectedFile:
    """The refusal of a file in which a quote, opened in the row at `line`, has no end."""
    return RejectedFile.because(
        "unterminated_quote",
        f"The quote opened in the row at line {line} is never closed. Close it, or double it if it is data.",
        line=line,
    )
