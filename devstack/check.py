"""`python -m devstack check FILE`: a dry run of one file. The app's own ingest code, with files in place of blobs."""

from __future__ import annotations

import argparse
import os
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from devstack.errors import StackError
from devstack.ports import Ports
from devstack.settings import local_settings
from shared import clock
from shared.configuration import ROOT, definitions_in
from shared.definitions.errors import DatasetClashError, DefinitionsError
from shared.ingest.outcome import Outcome
from shared.ingest.process import Job, process
from shared.ingest.upload import Draft, Version
from shared.names import PARTIALS, UPLOADS, file_id
from shared.settings import Settings, SettingsError

CHUNK = 8 * 1024 * 1024
PROCESSED, REJECTED, USAGE = 0, 1, 2
PLACES = 10  # periods that the summary shows


@dataclass(frozen=True, slots=True)
class FileUpload:
    """A file on disk, under the name it would be uploaded as."""

    path: Path
    name: str

    def version(self) -> Version:
        """The file as it is; its ETag is made of its time and size."""
        stat = self.path.stat()
        return Version(f'"{stat.st_mtime_ns:x}-{stat.st_size:x}"', stat.st_size)

    def chunks(self, version: Version) -> Iterator[bytes]:  # noqa: ARG002 - nobody else writes it
        """Its bytes."""
        with self.path.open("rb") as file:
            while data := file.read(CHUNK):
                yield data


@dataclass(slots=True)
class FileDraft:
    """A document that appears in the folder when it is complete; nowhere without a folder."""

    path: Path | None
    _parts: list[bytes] = field(default_factory=list)

    def write(self, data: bytes) -> None:
        """Append."""
        if self.path:
            self._parts.append(data)

    def publish(self, head: bytes) -> None:
        """Write the file."""
        if self.path:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            self.path.write_bytes(head + b"".join(self._parts))


@dataclass(frozen=True, slots=True)
class FileOutputs:
    """Outputs in folders named like the containers, below `folder`; None keeps nothing."""

    folder: Path | None

    def draft(self, container: str, name: str, content_type: str, head_size: int = 0) -> Draft:  # noqa: ARG002
        """A new document."""
        return FileDraft(self.folder and self.folder / container / name)

    def withdraw(self, container: str, name: str) -> None:
        """Remove what an earlier run left."""
        if self.folder:
            (self.folder / container / name).unlink(missing_ok=True)

    def put_partial(self, name: str, data: bytes) -> None:
        """Keep a partial."""
        if self.folder:
            path = self.folder / PARTIALS / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(data)


def run(arguments: list[str]) -> int:
    """Check one file and print what would become of it. Gives the exit status."""
    parser = argparse.ArgumentParser(
        prog="python -m devstack check",
        description="What the app would make of a file: accepted and rejected rows, with reasons. Nothing is uploaded.",
        epilog="Exit status: 0 processed, 1 rejected, 2 wrong usage.",
    )
    parser.add_argument("file", type=Path, metavar="FILE", help="the CSV file")
    parser.add_argument("--as", dest="name", metavar="NAME", help="the name it would be uploaded under (default: FILE)")
    parser.add_argument("--out", type=Path, metavar="DIR", help="write processed, rejected and partials below DIR")
    parser.add_argument("--datasets", type=Path, metavar="TOML", help="the definitions (default: DATASETS_FILE)")
    options = parser.parse_args(arguments)
    mistake = _unreadable(options.file)
    name = options.name or _upload_name(options.file)
    if options.name and (name.startswith("/") or ".." in name.split("/")):
        mistake = f"{name} is no name for an upload. Give one like sales/2026-11-20.csv."
    if mistake:
        print(mistake, file=sys.stderr)
        return USAGE
    try:
        settings = Settings.from_environment({**local_settings(ROOT, Ports.from_environment()), **os.environ})
    except (StackError, SettingsError) as error:
        print(error, file=sys.stderr)
        return USAGE
    datasets = str(options.datasets.resolve()) if options.datasets else settings.datasets_file
    return _check(FileUpload(options.file, name), options.out, datasets, settings.max_file_bytes)


def _unreadable(file: Path) -> str | None:
    """Why a file cannot be read; None where it can."""
    try:
        file.open("rb").close()
    except OSError as error:
        return f"{file} cannot be read: {error.strerror}."
    return None


def _upload_name(file: Path) -> str:
    """Folders below the current one are part of the name; any others are not the upload's."""
    return file.name if file.is_absolute() or ".." in file.parts else file.as_posix()


def _check(upload: FileUpload, out: Path | None, datasets: str | None, max_bytes: int) -> int:
    try:
        definitions = definitions_in(datasets)
        dataset = definitions.dataset_of(upload.name)
    except (DefinitionsError, DatasetClashError) as error:
        print(error, file=sys.stderr)
        return REJECTED if isinstance(error, DatasetClashError) else USAGE
    job = Job(
        upload=upload,
        version=upload.version(),
        dataset=dataset,
        reports=definitions.reports_of(dataset),
        record_id=file_id(upload.name),
        generation=clock.now_ms(),
        processed_at=clock.now(),
        max_bytes=max_bytes,
    )
    start = time.perf_counter()
    try:
        outcome = process(job, FileOutputs(out))
    except OSError as error:
        print(f"{error.filename} cannot be used: {error.strerror}.", file=sys.stderr)
        return USAGE
    seconds = time.perf_counter() - start
    defined = f"defined by files = {dataset.files!r}" if dataset.files else "no definition, types inferred"
    print(f"{UPLOADS}/{upload.name}: dataset '{dataset.name}' ({defined})")
    _print(outcome, seconds)
    return REJECTED if outcome.refused else PROCESSED


def _print(outcome: Outcome, seconds: float) -> None:
    verdict = "REJECTED" if outcome.refused else "processed"
    counts = f"{outcome.rows:,} rows, {outcome.records:,} records, {outcome.rejected:,} rejected"
    print(f"{verdict}: {counts}, in {seconds:.2f} s")
    if outcome.fields:
        print("columns:", ", ".join(f"{f.name} {f.type}" for f in outcome.fields))
    for code, count in sorted(outcome.codes.items()):
        print(f"  {count:>8,}  {code}")
    if error := outcome.first_error:
        line = f"line {error.line}: " if error.line else ""
        where = f"column {error.column}: " if error.column else ""
        print(f"{'why' if outcome.refused else 'first'}: {error.code}: {line}{where}{error.message}")
    if outcome.shares:
        print(f"counts in: {', '.join(outcome.shares[:PLACES])}{' …' if len(outcome.shares) > PLACES else ''}")
