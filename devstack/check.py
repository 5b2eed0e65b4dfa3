"""`python -m devstack check FILE`: a dry run of one file. The app's own ingest code, with files in place of blobs."""

from __future__ import annotations

import argparse
import io
import os
import sys
import time
from dataclasses import replace
from pathlib import Path

from devstack.check_summary import Checked, shown, summary
from devstack.errors import StackError
from devstack.files import FileOutputs, FileUpload, why_unreadable
from devstack.ports import Ports
from devstack.progress import Progress, WatchedOutputs, WatchedUpload
from devstack.settings import local_settings
from shared import clock
from shared.configuration import ROOT, definitions_in
from shared.definitions.catalog import Definitions
from shared.definitions.errors import DatasetClashError, DefinitionsError
from shared.definitions.model import Dataset
from shared.errors import BlobChanged, Problem
from shared.ingest.outcome import Outcome
from shared.ingest.process import Job, process, withdraw_documents
from shared.settings import Settings, SettingsError

PROCESSED, REJECTED, NOT_CHECKED = 0, 1, 2
INTERRUPTED = 130  # what shells give for Ctrl-C


def run(arguments: list[str]) -> int:
    """Check one file and print what would become of it. Gives the exit status."""
    options = _parser().parse_args(arguments)
    try:
        upload = FileUpload(options.file, _upload_name(options.file, options.name))
        settings = Settings.from_environment({**local_settings(ROOT, Ports()), **os.environ})
        definitions = definitions_in(str(options.datasets.resolve()) if options.datasets else settings.datasets_file)
        checked = _check(upload, definitions, options.out, settings.max_file_bytes)
    except (StackError, SettingsError, DefinitionsError, BlobChanged) as error:
        return _not_checked(str(error))
    except OSError as error:
        return _not_checked(f"{error.filename} cannot be used: {error.strerror}.")
    except KeyboardInterrupt:
        print("Stopped.", file=sys.stderr)
        return INTERRUPTED
    if fault := _print(summary(checked)):
        return _not_checked(f"The summary cannot be printed: {fault.strerror}.")
    return REJECTED if checked.outcome.refused else PROCESSED


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m devstack check",
        description="What the app would make of a file: accepted and rejected rows, with reasons. Nothing is uploaded.",
        epilog="Exit status: 0 processed, 1 rejected, 2 not checked: wrong usage, or a file that cannot be read.",
    )
    parser.add_argument("file", type=Path, metavar="FILE", help="the CSV file")
    parser.add_argument("--as", dest="name", metavar="NAME", help="the name it would be uploaded under (default: FILE)")
    parser.add_argument("--out", type=Path, metavar="DIR", help="write processed, rejected and partials below DIR")
    parser.add_argument("--datasets", type=Path, metavar="TOML", help="the definitions (default: DATASETS_FILE)")
    return parser


def _upload_name(file: Path, wanted: str | None) -> str:
    """The name of the upload. Folders below the current one are part of it; any others are not the upload's."""
    if problem := why_unreadable(file):
        raise StackError(problem)
    name = wanted
    if name is None:
        name = file.name if file.is_absolute() or ".." in file.parts else file.as_posix()
    try:
        name.encode()
    except UnicodeEncodeError:
        raise StackError(f"{shown(name)} is not UTF-8, as names of uploads are. Give it another with --as.") from None
    if not name or name.startswith("/") or ".." in name.split("/"):
        raise StackError(f"'{shown(name)}' is no name for an upload. Give one like sales/2026-11-20.csv.")
    return name


def _check(upload: FileUpload, definitions: Definitions, out: Path | None, max_bytes: int) -> Checked:
    """The file through the app's ingest. Where that fails or is stopped, nothing half-written is left."""
    version = upload.version()
    if version is None:
        raise StackError(f"{upload.path} is not there any more.")
    start = time.perf_counter()
    with FileOutputs(out) as outputs:
        try:
            dataset = definitions.dataset_of(upload.name)
        except DatasetClashError as clash:  # the app's answer, too: see shared/ingest/service.py
            dataset = Dataset(clash.name)
            outcome = Outcome(first_error=Problem("dataset_clash", str(clash)), refused=True)
            withdraw_documents(outputs, upload.name)
        else:
            job = Job(upload, version, dataset, definitions.reports_of(dataset), clock.now_ms(), max_bytes)
            outcome = _watched(job, outputs)
            outputs.remove_partials(job.record_id, but=job.generation)
    return Checked(upload.name, dataset, outcome, version.size, time.perf_counter() - start, out)


def _watched(job: Job, outputs: FileOutputs) -> Outcome:
    """The job, with a progress bar for whoever sits at the terminal."""
    passes = 1 if job.dataset.columns else 2  # types that are not defined are found in a pass of their own
    progress = Progress(job.version.size * passes, sys.stderr)
    try:
        return process(replace(job, upload=WatchedUpload(job.upload, progress)), WatchedOutputs(outputs, progress))
    finally:
        progress.close()


def _print(text: str) -> OSError | None:
    """Print whatever the terminal's encoding. A reader that has seen enough (`| head`) is no accident."""
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(errors="backslashreplace")
    try:
        print(text, flush=True)
    except OSError as error:
        return None if isinstance(error, BrokenPipeError) else error
    return None


def _not_checked(why: str) -> int:
    print(why, file=sys.stderr)
    return NOT_CHECKED
