"""The upload that is read and the places that outputs go to, as plain interfaces.

Blob Storage provides them (`shared/stores/blobs.py`), and so do files (`python -m devstack check`).
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Protocol

BLOCK = 3 * 1024 * 1024  # bytes that are read, checked and written at a time: what memory is measured in


@dataclass(frozen=True, slots=True)
class Version:
    """One version of an upload: its ETag and its size in bytes."""

    etag: str
    size: int


@dataclass(frozen=True, slots=True)
class Listed:
    """An upload as a listing shows it."""

    name: str
    version: Version
    modified: dt.datetime


def same_etag(one: str, other: str) -> bool:
    """Whether two ETags are one; some sources of them leave out the quotes."""
    return one.strip('"') == other.strip('"')


class Upload(Protocol):
    """A file that somebody uploaded. Its name is the blob's."""

    @property
    def name(self) -> str:
        """The file name, such as `sales/2026-11-20.csv`."""

    def version(self) -> Version | None:
        """The version that is there now; None where there is none."""

    def chunks(self, version: Version) -> Iterator[bytes]:
        """The bytes of exactly this version, in pieces. Raises BlobChanged where it is not there any more."""


class Draft(Protocol):
    """A document that nobody sees before it is published as a whole."""

    def write(self, data: bytes) -> None:
        """Append to the draft."""

    def publish(self, head: bytes) -> None:
        """Make it visible, with `head` in front of all that was written: as many bytes as were announced.

        Raises Superseded where a later generation has published the same document.
        """


class Outputs(Protocol):
    """Where one generation of a file puts what it makes."""

    def draft(self, container: str, name: str, content_type: str, head_size: int = 0) -> Draft:
        """A new document. The bytes of its head are announced, so that files can leave room and need no copying."""

    def withdraw(self, container: str, name: str) -> None:
        """Remove the document that an earlier generation published, if there is one."""

    def put_partial(self, name: str, data: bytes) -> None:
        """Keep a partial."""
