"""A file opened as a table: its header read, its rows still to come."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import chain

from shared.ingest.blocks import read_blocks
from shared.ingest.header import Header, read_header
from shared.ingest.rows import Block

SAMPLE = 256 * 1024  # bytes of the start in which header and delimiter must show


@dataclass(frozen=True, slots=True)
class Table:
    """The header, and the blocks of rows that follow it, which can be read once."""

    header: Header
    blocks: Iterator[Block]


def open_table(pieces: Iterable[bytes], delimiter: str) -> Table:
    """The table that the text holds. Raises RejectedFile where it is none; more may be raised with its blocks."""
    pieces = iter(pieces)
    start = b""
    header = None
    while header is None:
        more = _at_least(SAMPLE, pieces)
        start += more
        header = read_header(start, delimiter, final=len(more) < SAMPLE)
    return Table(header, read_blocks(header, chain([start[header.end :]], pieces)))


def _at_least(size: int, pieces: Iterator[bytes]) -> bytes:
    """Some more text; less than `size` only at the end."""
    text = b""
    while len(text) < size and (piece := next(pieces, None)) is not None:
        text += piece
    return text
