"""Compressed uploads: gzip and zstd, unpacked as they come, in memory that neither the file nor its content decides.

What a file is shows in its first bytes, not in its name.
"""

from __future__ import annotations

import zlib
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from itertools import chain
from typing import Protocol

from shared.errors import RejectedFile
from shared.ingest.upload import BLOCK

STEP = 1024 * 1024  # bytes that one call may unpack; how many a stored byte stands for is the file's choice
SLICE = 256 * 1024  # stored bytes given to one call: zlib copies what it leaves over
# What RFC 8878 wants every reader to have. The levels 1 to 19 of zstd keep to it; beyond it a file would decide how
# much memory it takes, up to 2 GiB.
ZSTD_WINDOW_LOG = 23

GZIP_MAGIC = b"\x1f\x8b"
ZSTD_MAGIC = b"\x28\xb5\x2f\xfd"
ZSTD_SKIPPABLE = tuple(bytes([number, 0x2A, 0x4D, 0x18]) for number in range(0x50, 0x60))
MAGIC_SIZE = 4


def unpacked(chunks: Iterable[bytes], limit: int) -> Iterator[bytes]:
    """The bytes that a file stands for: its own where it is not compressed, else what it unpacks to, at most `limit`.

    Raises RejectedFile: `compression` where it is damaged or cut off, `too_large` beyond the limit. The pieces that
    came before are then no more than a part of the file.
    """
    packing, chunks = _recognised(iter(chunks))
    if packing is None:
        yield from chunks
    else:
        yield from _joined(_Unpacking(packing, limit).parts(chunks))


class _Decompressor(Protocol):
    """One member of a gzip file or one frame of a zstd file."""

    @property
    def eof(self) -> bool:
        """Whether it ends with what was given."""

    @property
    def needs_input(self) -> bool:
        """Whether there is nothing to unpack before more is given."""

    @property
    def unused_data(self) -> bytes:
        """What was given beyond its end."""

    def decompress(self, data: bytes, max_length: int) -> bytes:
        """Unpack some more, `max_length` at most; what is then left of `data` is kept for the next call."""


@dataclass(frozen=True, slots=True)
class _Packing:
    """A compressed format: how to start reading a member, what that raises, the bytes that may pad the end."""

    name: str
    start: Callable[[], _Decompressor]
    error: type[Exception]
    padding: bytes


class _Inflater:
    """zlib's decompressor, keeping by itself what it has not consumed."""

    def __init__(self) -> None:
        self._inner = zlib.decompressobj(wbits=16 + zlib.MAX_WBITS)  # 16: with gzip's header, length and CRC

    @property
    def eof(self) -> bool:
        return self._inner.eof

    @property
    def needs_input(self) -> bool:
        return not self._inner.unconsumed_tail

    @property
    def unused_data(self) -> bytes:
        return self._inner.unused_data

    def decompress(self, data: bytes, max_length: int) -> bytes:
        return self._inner.decompress(self._inner.unconsumed_tail + data, max_length)


def _zstd() -> _Packing:
    from backports import zstd  # noqa: PLC0415 - few uploads need it; `compression.zstd` from Python 3.14 on

    options = {zstd.DecompressionParameter.window_log_max.value: ZSTD_WINDOW_LOG}
    return _Packing("zstd", lambda: zstd.ZstdDecompressor(options=options), zstd.ZstdError, b"")


def _recognised(chunks: Iterator[bytes]) -> tuple[_Packing | None, Iterator[bytes]]:
    """How the file is packed, and all of its chunks."""
    start = b""
    while len(start) < MAGIC_SIZE and (chunk := next(chunks, None)) is not None:
        start += chunk
    whole = chain([start], chunks)
    if start.startswith(GZIP_MAGIC):
        return _Packing("gzip", _Inflater, zlib.error, b"\x00"), whole
    if start.startswith((ZSTD_MAGIC, *ZSTD_SKIPPABLE)):
        return _zstd(), whole
    return None, whole


class _Unpacking:
    """One file as it is unpacked, member by member, with the counts that say where it goes wrong."""

    def __init__(self, packing: _Packing, limit: int) -> None:
        self._packing = packing
        self._limit = limit
        self._slice_at = self._read = 0  # stored bytes before the current slice, and with it
        self._unpacked = 0
        self._member_at = 0  # where the current member begins: stored bytes and unpacked bytes before it
        self._member_from = 0

    def parts(self, chunks: Iterator[bytes]) -> Iterator[bytes]:
        """What is in the file, a step at a time."""
        member: _Decompressor | None = None
        for data in _slices(chunks):
            self._slice_at, self._read = self._read, self._read + len(data)
            rest = data
            while rest:
                if member is None and not (rest := rest.lstrip(self._packing.padding)):
                    break
                member = member or self._next_member(len(rest))
                yield from self._steps(member, rest)
                rest = member.unused_data
                if member.eof:
                    member = None
        if member:
            raise self._cut_off()

    def _next_member(self, left: int) -> _Decompressor:
        self._member_at, self._member_from = self._read - left, self._unpacked
        return self._packing.start()

    def _steps(self, member: _Decompressor, data: bytes) -> Iterator[bytes]:
        """What comes out of a member for `data`. It may end before `data` does."""
        while True:
            try:
                part = member.decompress(data, STEP)
            except self._packing.error as error:
                raise self._damaged(error) from None
            self._unpacked += len(part)
            if self._unpacked > self._limit:
                raise self._too_large()
            if part:
                yield part
            if member.eof or member.needs_input:
                return
            data = b""

    def _too_large(self) -> RejectedFile:
        return RejectedFile.because(
            "too_large",
            f"The file unpacks to more bytes than MAX_FILE_BYTES ({self._limit:,}), which shows in the first "
            f"{self._read:,} bytes of its {self._packing.name} data. "
            "Split it, or raise the setting and upload it again.",
        )

    def _damaged(self, error: Exception) -> RejectedFile:
        reason = str(error).rpartition(": ")[2]
        if "too much memory" in reason:
            return RejectedFile.because(
                "compression",
                f"The zstd data needs a window of more than {2**ZSTD_WINDOW_LOG:,} bytes to be unpacked. "
                "Compress the file without --long, at level 19 at most, and upload that.",
            )
        place = f"between bytes {self._slice_at:,} and {self._read:,} of the file"
        return self._broken(f"cannot be unpacked {place}: {reason}.", "Compress the file again and upload that.")

    def _cut_off(self) -> RejectedFile:
        return self._broken(f"is cut off: the file ends in it, at byte {self._read:,}.", "Upload the whole file.")

    def _broken(self, how: str, remedy: str) -> RejectedFile:
        name = self._packing.name
        if self._member_at and self._unpacked == self._member_from:
            how = f"ends at byte {self._member_at:,}; what follows is not {name}, or only the start of it."
        return RejectedFile.because("compression", f"The {name} data {how} {remedy}")


def _slices(chunks: Iterator[bytes]) -> Iterator[bytes]:
    """The same bytes, cut alike whatever the chunks are: places in messages depend on it."""
    waiting = b""
    for chunk in chunks:
        waiting += chunk
        whole = len(waiting) - len(waiting) % SLICE
        for start in range(0, whole, SLICE):
            yield waiting[start : start + SLICE]
        waiting = waiting[whole:]
    if waiting:
        yield waiting


def _joined(parts: Iterator[bytes]) -> Iterator[bytes]:
    waiting = bytearray()  # not a list: parts can be a few bytes each, and millions
    for part in parts:
        waiting += part
        if len(waiting) >= BLOCK:
            yield _taken(waiting)
    if waiting:
        yield _taken(waiting)


def _taken(waiting: bytearray) -> bytes:
    piece = bytes(waiting)
    waiting.clear()
    return piece
