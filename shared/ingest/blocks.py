"""From text to blocks of rows, in order, with the physical line of each row.

A block in which every record is regular takes the fast reading (`regular`). In any other, `damaged` tells the lines
that are from those that need the exact reading (`records`). Where several apply they give the same answer.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from shared.errors import RejectedFile
from shared.ingest.damaged import read_damaged, unterminated
from shared.ingest.header import Header
from shared.ingest.records import MAX_RECORD
from shared.ingest.regular import RegularRows
from shared.ingest.rows import Block


def read_blocks(header: Header, pieces: Iterable[bytes]) -> Iterator[Block]:
    """The rows of the text `pieces` that follow the header, block by block.

    Raises RejectedFile: `unterminated_quote` where a quote is never closed, `not_csv` where a line never ends.
    """
    regular = RegularRows(header)
    rest, line = b"", header.next_line
    for piece in pieces:
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


def _read_block(header: Header, regular: RegularRows, text: bytes, line: int) -> tuple[Block | None, int, int]:
    """A block from the start of `text` (None: no line ends in it), the offset behind it and the line that follows."""
    line_end = _last_line_end(text, len(text))
    if line_end == 0:
        return None, 0, line
    for end in (line_end, _record_end(text, line_end)):
        if end and (read := regular.read(text[:end], line)):
            frame, following = read
            return Block(frame), end, following
    return read_damaged(header, regular, text, line, final=False)


def _last_line_end(text: bytes, end: int) -> int:
    """The offset behind the last line end before `end`; 0 where there is none."""
    # A CR at the very end may be half of a CRLF.
    return max(text.rfind(b"\n", 0, end), text.rfind(b"\r", 0, min(end, len(text) - 1))) + 1


def _record_end(text: bytes, end: int) -> int:
    """The last line end up to `end` that is outside of quotes, if quotes are used as they should: in pairs."""
    open_quotes = text.count(b'"', 0, end) % 2
    while open_quotes and end:
        before = _last_line_end(text, end - 1)
        open_quotes ^= text.count(b'"', before, end) % 2
        end = before
    return end


def _endless(rest: bytes, line: int) -> RejectedFile:
    if b'"' in rest:
        return unterminated(line)
    return RejectedFile.because(
        "not_csv",
        f"Line {line} has over {MAX_RECORD:,} bytes: this is not CSV. Export the file as CSV.",
        line=line,
    )
