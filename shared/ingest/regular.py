"""The fast reading of rows: polars parses what a pattern has proved to be regular.

polars reads anything, and what is damaged it reads wrongly: it pads short rows, takes quotes apart its own way, cuts
characters off. So it is given nothing but records of which a regular expression, run over the bytes once, has shown
that each field is plain or properly quoted and that each record is as wide as the header.
"""

from __future__ import annotations

import re

import polars as pl

from shared.ingest.header import Header
from shared.ingest.rows import LINE, column
from shared.ingest.text import as_string

BYTE_ORDER_MARK = "\ufeff"
MAX_WIDTH = 300  # columns; the automaton of a wider record is too big to be fast, and soon too big to be made


class RegularRows:
    """Reads rows of one file, in texts that have nothing but regular ones."""

    def __init__(self, header: Header) -> None:
        self._delimiter = header.delimiter
        self._names = [column(index) for index in range(len(header.names))]
        self._schema = {column(index): pl.String for index in range(header.width)}
        self._is_narrow = header.width <= MAX_WIDTH
        in_one_line, record = _record_pattern(header, r'[^"\r\n]'), _record_pattern(header, '[^"]')
        self._single_lines = rf"^(?:{in_one_line}\r?\n)*(?:{in_one_line})?$"
        self._any_lines = rf"^(?:{record}\r?\n)*(?:{record})?$"
        self._line = rf"^{in_one_line}\r?$"

    def read(self, text: bytes, line: int) -> tuple[pl.DataFrame, int] | None:
        """The rows of a text that begins on this physical line, and the line behind it.

        None where not all rows are regular.
        """
        # Without LF every CR is a line end, of a record or inside of quotes: for polars they become LF, and back again.
        cr_only = b"\n" not in text and b"\r" in text
        if cr_only:
            text = text.replace(b"\r", b"\n")
        if self._is_regular(text, self._single_lines):
            frame = self._parse(text)
            numbers = pl.int_range(line, line + frame.height, dtype=pl.Int64, eager=True)
            return frame.insert_column(0, numbers.alias(LINE)), line + frame.height
        if not self._is_regular(text, self._any_lines):
            return None
        frame = self._parse(text)
        covered = frame.select(1 + pl.sum_horizontal(pl.all().str.count_matches(r"\r\n|\n|\r"))).to_series()
        behind = line + covered.cast(pl.Int64).cum_sum()
        if cr_only:
            frame = frame.select(pl.all().str.replace_all("\n", "\r", literal=True))
        return frame.insert_column(0, behind.shift(1, fill_value=line).alias(LINE)), int(behind[-1])

    def _is_regular(self, text: bytes, pattern: str) -> bool:
        if text.startswith(BYTE_ORDER_MARK.encode()) or not self._is_narrow:  # here a BOM is data; polars would drop it
            return False
        return bool(as_string(text).str.contains(pattern).item())

    def regular_lines(self, lines: pl.Series) -> pl.Series:
        """Which of these lines (without their LF) are a regular record each, whatever stands before them."""
        if not self._is_narrow:
            return lines.is_null()
        return lines.str.contains(self._line) & ~lines.str.starts_with(BYTE_ORDER_MARK)

    def parse_lines(self, lines: pl.Series) -> pl.DataFrame:
        """The columns of lines that are regular."""
        return self._parse(lines.str.join("\n").cast(pl.Binary).item())

    def _parse(self, text: bytes) -> pl.DataFrame:
        """The columns of a text that is known to be regular. polars does not read an empty one."""
        frame = pl.read_csv(
            text,
            has_header=False,
            schema=self._schema,
            separator=self._delimiter,
            quote_char='"',
            empty_string_is_null=False,
        )
        return frame.select(self._names) if frame.width > len(self._names) else frame


def _record_pattern(header: Header, inside: str) -> str:
    """One record, with these characters `inside` of quotes. CR outside is left to the exact reading, but for CRLF."""
    delimiter = re.escape(header.delimiter)
    plain, quoted = rf'[^"{delimiter}\r\n]', rf'"(?:{inside}|"")*"'
    if header.width == 1:
        return rf"(?:{plain}+|{quoted})"  # an empty line is no record
    field = rf"(?:{plain}*|{quoted})"
    dropped = header.width - len(header.names)  # columns without a name are empty, or the row has too many fields
    return rf"{field}(?:{delimiter}{field}){{{len(header.names) - 1}}}" + delimiter * dropped
