"""Files on disk in place of blobs: an upload that is read, and outputs in folders named like the containers."""

from __future__ import annotations

import stat
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from io import BufferedWriter
from pathlib import Path
from types import TracebackType
from typing import Self

from shared.errors import BlobChanged
from shared.ingest.nowhere import Nowhere
from shared.ingest.upload import BLOCK, Draft, Version
from shared.names import PARTIALS


class FileUpload:
    """A file on disk, under the name that it would be uploaded as."""

    def __init__(self, path: Path, name: str) -> None:
        self.path = path
        self.name = name

    def version(self) -> Version | None:
        """The file as it is now. Its ETag is made of what changes when somebody writes, replaces or restores it."""
        try:
            found = self.path.stat()
        except FileNotFoundError:
            return None
        return Version(f'"{found.st_ino:x}-{found.st_mtime_ns:x}-{found.st_size:x}"', found.st_size)

    def chunks(self, version: Version) -> Iterator[bytes]:
        """The bytes of this version. Raises BlobChanged as soon as the file is another one, or gone."""
        self._require(version)
        with _named(self.path), self.path.open("rb", buffering=0) as file:
            while data := file.read(BLOCK):
                self._require(version)  # after the read: what was read before it is of this version
                yield data
            self._require(version)

    def _require(self, version: Version) -> None:
        now = self.version()
        if now != version:
            what = "was deleted" if now is None else "changed"
            raise BlobChanged(f"{self.path} {what} while it was read. Check it again when nothing writes to it.")


class FileOutputs:
    """Outputs below `folder`; without one they go nowhere. Leaving its context removes what was not published."""

    def __init__(self, folder: Path | None) -> None:
        self._folder = folder
        self._drafts: list[FileDraft] = []

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for draft in self._drafts:
            draft.discard()

    def draft(self, container: str, name: str, content_type: str, head_size: int = 0) -> Draft:
        """A new document."""
        if not self._folder:
            return Nowhere().draft(container, name, content_type, head_size)
        draft = FileDraft(self._folder / container / name, head_size)
        self._drafts.append(draft)
        return draft

    def withdraw(self, container: str, name: str) -> None:
        """Remove what an earlier run left."""
        if self._folder:
            (self._folder / container / name).unlink(missing_ok=True)

    def put_partial(self, name: str, data: bytes) -> None:
        """Keep a partial."""
        partial = self.draft(PARTIALS, name, "")
        partial.write(data)
        partial.publish(b"")

    def remove_partials(self, record_id: str, *, but: int) -> None:
        """Remove the partials of a file's earlier generations: with no file record, all that lie here would count."""
        if self._folder:
            for path in (self._folder / PARTIALS).glob(f"*/*/{record_id}.*.parquet"):
                if path.name != f"{record_id}.{but}.parquet":
                    path.unlink()


class FileDraft:
    """A file that is written under a hidden name next to its own, and gets that when it is complete."""

    def __init__(self, path: Path, head_size: int) -> None:
        self._path = path
        self._part = path.with_name(f".{path.name}.part")
        self._head_size = head_size
        self._file: BufferedWriter | None = None
        self._begun = False

    def write(self, data: bytes) -> None:
        """Append. The file is made with the first bytes, so that a document without any leaves no trace."""
        with _named(self._path):
            self._opened().write(data)

    def publish(self, head: bytes) -> None:
        """Write the head into the room that was left for it, and make the file visible."""
        if len(head) != self._head_size:
            raise ValueError(f"The head has {len(head)} bytes, {self._head_size} were announced.")
        with _named(self._path):
            with self._opened() as file:
                file.seek(0)
                file.write(head)
            self._part.replace(self._path)

    def discard(self) -> None:
        """Leave nothing behind, unless it has been published."""
        if self._file:
            with suppress(OSError):  # a full disk: what could not be written goes away here
                self._file.close()
        if self._begun:
            self._part.unlink(missing_ok=True)

    def _opened(self) -> BufferedWriter:
        if not self._file:
            self._begun = True  # before there is a file: Ctrl-C may come when it is made and not yet known here
            self._part.parent.mkdir(parents=True, exist_ok=True)
            self._file = self._part.open("wb")
            self._file.seek(self._head_size)
        return self._file


def why_unreadable(path: Path) -> str | None:
    """Why a file cannot be read, in a sentence; None where it can."""
    if str(path) == "-":
        return "Standard input cannot be checked: a file is read twice where its types are inferred. Save it to a file."
    try:
        mode = path.stat().st_mode
        if not stat.S_ISREG(mode) and not stat.S_ISDIR(mode):  # opening a pipe would wait for its writer
            return f"{path} is a pipe or a device, which cannot be read twice. Save what it gives to a file."
        path.open("rb").close()
    except OSError as error:
        return f"{path} cannot be read: {error.strerror}."
    return None


@contextmanager
def _named(path: Path) -> Iterator[None]:
    """Faults of the disk name the file, which the system does for some calls only."""
    try:
        yield
    except OSError as error:
        raise OSError(error.errno, error.strerror, str(path)) from None
