"""A progress bar for files that take a while. On a terminal only, on one line, and gone at the end."""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import TextIO

from shared.ingest.upload import Draft, Outputs, Upload, Version
from shared.names import PROCESSED

PATIENCE = 1.0  # seconds before the bar shows: most files are done by then
PAUSE = 0.1  # seconds between two drawings
BAR = 30  # the widest it gets
USUAL_WIDTH = 80  # of a terminal that does not say


class Progress:
    """How far a file is read. Readers and writers may be in threads of their own."""

    def __init__(self, total: int, stream: TextIO, now: Callable[[], float] = time.monotonic) -> None:
        """`total`: the bytes to read, over all passes."""
        self._total = total
        self._stream = stream if stream.isatty() and os.environ.get("TERM") != "dumb" else None
        self._now = now
        self._start = now()
        self._due = self._start + PATIENCE
        self._read = 0
        self._records = 0
        self._drawn = 0  # columns of the line that the bar stands on
        self._lock = threading.Lock()

    def add(self, *, read: int = 0, records: int = 0) -> None:
        """Count bytes read and records written, and show them now and then."""
        with self._lock:
            self._read += read
            self._records += records
            now = self._now()
            if self._stream and now >= self._due:
                self._due = now + PAUSE
                self._draw(self._stream, self._line(now - self._start, _width(self._stream)))

    def close(self) -> None:
        """Take the bar away, for good."""
        with self._lock:
            if self._stream and self._drawn:
                self._draw(self._stream, "")
                self._stream.write("\r")
                self._stream.flush()
            self._stream = None

    @property
    def visible(self) -> bool:
        """Whether anybody sees it: counting records costs a little."""
        return self._stream is not None

    def _draw(self, stream: TextIO, line: str) -> None:
        # Over the line that is there, without clearing it first: that would flicker.
        stream.write("\r" + line.ljust(self._drawn))
        stream.flush()
        self._drawn = len(line)

    def _line(self, seconds: float, width: int) -> str:
        """As much as fits, the most important first. The last column stays free: some terminals wrap there."""
        share = min(self._read / max(self._total, 1), 1.0)
        parts = [f"{share:4.0%}"]
        if share:
            parts += [f"{_clock(seconds / share - seconds)} left", f"{self._read / seconds / 1e6:,.0f} MB/s"]
        if self._records:
            parts.append(f"{self._records:,} records")
        while len(parts) > 1 and len("  ".join(parts)) >= width:
            parts.pop()
        room = min(width - len("  ".join(parts)) - len("  []") - 1, BAR)
        if room >= BAR // 3:
            parts.insert(1, f"[{'#' * int(share * room):-<{room}}]")
        return "  ".join(parts)[: width - 1]


@dataclass(frozen=True, slots=True)
class WatchedUpload:
    """An upload that tells how far it is read."""

    upload: Upload
    progress: Progress

    @property
    def name(self) -> str:
        """The upload's."""
        return self.upload.name

    def version(self) -> Version | None:
        """The upload's."""
        return self.upload.version()

    def chunks(self, version: Version) -> Iterator[bytes]:
        """The upload's, each counted when the next one is wanted."""
        for chunk in self.upload.chunks(version):
            yield chunk
            self.progress.add(read=len(chunk))


@dataclass(frozen=True, slots=True)
class WatchedOutputs:
    """Outputs that tell how many records they got."""

    outputs: Outputs
    progress: Progress

    def draft(self, container: str, name: str, content_type: str, head_size: int = 0) -> Draft:
        """A new document; that of the records is watched."""
        draft = self.outputs.draft(container, name, content_type, head_size)
        return _WatchedDraft(draft, self.progress) if container == PROCESSED and self.progress.visible else draft

    def withdraw(self, container: str, name: str) -> None:
        """Passed on."""
        self.outputs.withdraw(container, name)

    def put_partial(self, name: str, data: bytes) -> None:
        """Passed on."""
        self.outputs.put_partial(name, data)


@dataclass(frozen=True, slots=True)
class _WatchedDraft:
    draft: Draft
    progress: Progress

    def write(self, data: bytes) -> None:
        self.draft.write(data)
        self.progress.add(records=data.count(b"\n{"))  # a line each

    def publish(self, head: bytes) -> None:
        self.draft.publish(head)


def _width(stream: TextIO) -> int:
    """Asked each time: windows are resized."""
    try:
        return os.get_terminal_size(stream.fileno()).columns or USUAL_WIDTH
    except OSError:
        return USUAL_WIDTH


def _clock(seconds: float) -> str:
    minutes, second = divmod(round(seconds), 60)
    hours, minute = divmod(minutes, 60)
    return f"{hours}:{minute:02}:{second:02}" if hours else f"{minute}:{second:02}"
