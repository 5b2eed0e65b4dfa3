"""From text to blocks of rows, in order, with the physical line of each row.

A block in which every record is regular takes the fast reading (`regular`). In any other, `damaged` tells the lines
that are from those that need the exact reading (`records`). Where several apply they give the same answer.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from shared.errors import RejectedFile
from shared.ingest.damaged import read_damaged, unterminated
from shared.ingest.header import Header
from shared.ingest.records import MAX_RECORD, count_lines
from shared.ingest.regular import RegularRows
from shared.ingest.rows import Block
from shared.ingest.text import Unreadable

NEAR = 64 * 1024  # bytes that a value with line ends may have and be cut by the end of a block for no loss of speed


def read_blocks(header: Header, pieces: Iterable[bytes]) -> Iterator[Block]:
    """The rows of the text `pieces` that follow the header, block by block.

    Raises RejectedFile: `unterminated_quote` where a quote is never closed, `not_csv` where a line never ends.
    """
    regular = RegularRows(header)
    rest, line = b"", header.next_line
    pieces = iter(pieces)
    while (piece := next_piece(pieces, rest, line)) is not None:
        text = rest + piece
        block, end, line = _read_block(header, regular, text, line)
        rest = text[end:]
        if len(rest) > MAX_RECORD:
            raise _endless(rest, line)
        if block is not None:
            yield block
    if rest:
        read = regular.read(rest, line)
        yield Block(read[0]) if read else read_damaged(header, regular, rest, line, final=True)[0]


def next_piece(pieces: Iterator[bytes], rest: bytes, line: int) -> bytes | None:
    """The next piece of text. Raises the refusal of a file whose text ends behind `rest`, which begins on `line`."""
    try:
        return next(pieces, None)
    except Unreadable as mistake:
        raise mistake.at(line + count_lines(rest)) from None


def _read_block(header: Header, regular: RegularRows, text: bytes, line: int) -> tuple[Block | None, int, int]:
    """A block from the start of `text` (None: no line ends in it), the offset behind it and the line that follows."""
    line_end = _last_line_end(text, len(text))
    if line_end == 0:
        return None, 0, line
    for end in _possible_ends(text, line_end):
        if read := regular.read(text[:end], line):
            frame, following = read
            return Block(frame), end, following
    return read_damaged(header, regular, text, line, final=False)


def _last_line_end(text: bytes, end: int) -> int:
    """The offset behind the last line end before `end`; 0 where there is none."""
    line_feed = text.rfind(b"\n", 0, end)
    # A CR at the very end may be half of a CRLF.
    return max(line_feed, text.rfind(b"\r", line_feed + 1, min(end, len(text) - 1))) + 1


def _possible_ends(text: bytes, line_end: int) -> Iterator[int]:
    """Where to end a block, the likeliest first; looking for the other takes time, and is seldom needed."""
    yield line_end
    if (record_end := _record_end(text, line_end)) not in (0, line_end):
        yield record_end


def _record_end(text: bytes, line_end: int) -> int:
    """The last line end that is outside of quotes, if these are used as they should: in pairs. 0 where none is near."""
    open_quotes = text.count(b'"', 0, line_end) % 2
    end = line_end
    while open_quotes and end > line_end - NEAR:
        before = _last_line_end(text, end - 1)
        open_quotes ^= text.count(b'"', before, end) % 2
        end = before
    return 0 if open_quotes else end


def _endless(rest: bytes, line: int) -> RejectedFile:
    if b'"' in rest:
        return unterminated(line)
    return RejectedFile.because(
        "not_csv",
        f"Line {line} has over {MAX_RECORD:,} bytes: this is not CSV. Export the file as CSV.",
        line=line,
    )
