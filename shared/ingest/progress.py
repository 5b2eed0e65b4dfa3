"""How far the work on a large file has come, told every few seconds. A small file is done before anything is told."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from time import monotonic
from typing import Any

EVERY = 2.0  # seconds


@dataclass(frozen=True, slots=True)
class Progress:
    """How far the work has come: bytes of the upload that are done, rows that have been checked."""

    bytes: int
    rows: int

    def to_document(self) -> dict[str, int]:
        return {"bytes": self.bytes, "rows": self.rows}

    @classmethod
    def from_document(cls, document: Mapping[str, Any] | None) -> Progress | None:
        """The inverse of `to_document`; None where there is none."""
        return cls(int(document["bytes"]), int(document["rows"])) if document else None


class Meter:
    """Measures the work on one file, and tells it now and then."""

    def __init__(self, tell: Callable[[Progress], None], passes: int) -> None:
        """`passes`: how often the file is read. Each of them is that part of the work."""
        self._tell = tell
        self._passes = passes
        self._read = 0
        self._due = monotonic() + EVERY

    def counted(self, chunks: Iterable[bytes]) -> Iterator[bytes]:
        """The bytes of a pass, each chunk counted when the next one is wanted."""
        for chunk in chunks:
            yield chunk
            self._read += len(chunk)

    def watched[T](self, items: Iterable[T]) -> Iterator[T]:
        """The items of a pass that has no rows to count yet."""
        for item in items:
            yield item
            self.reached(0)

    def reached(self, rows: int) -> None:
        """So many rows are done. What telling it raises is raised."""
        if (now := monotonic()) >= self._due:
            self._due = now + EVERY
            self._tell(Progress(self._read // self._passes, rows))
