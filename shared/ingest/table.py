"""A file opened as a table: its header read, its rows still to come."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import chain

from shared.ingest.blocks import next_piece, read_blocks
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
    seen, size, header = b"", 0, None
    kept: list[bytes] = []
    while header is None:
        size += SAMPLE
        while len(seen) < size and (piece := next_piece(pieces, seen, 1)) is not None:
            seen += piece
            kept.append(piece)
        header = read_header(seen[:size], delimiter, final=len(seen) < size)  # whatever the size of pieces
    return Table(header, read_blocks(header, chain(_behind(header.end, kept), pieces)))


def _behind(end: int, pieces: Iterable[bytes]) -> Iterator[bytes]:
    """The pieces without their first `end` bytes."""
    for piece in pieces:
        if end < len(piece):
            yield piece[end:]
        end = max(0, end - len(piece))
