"""`python -m devstack infer FILE`: a section of `datasets.toml` for a file, which accepts every row of it."""

from __future__ import annotations

import argparse
import sys
from dataclasses import replace
from pathlib import Path

from devstack.infer_columns import find_columns
from devstack.infer_names import dataset_name, files_pattern
from devstack.infer_report import first_report
from devstack.infer_survey import GUESSED_ENCODING, Survey, survey_file
from devstack.infer_toml import quoted, section
from shared.definitions.errors import DefinitionsError
from shared.definitions.model import Dataset
from shared.definitions.parse import parse
from shared.errors import RejectedFile
from shared.names import EXTENSIONS, is_supported

INFERRED, REJECTED, USAGE = 0, 1, 2
HINTS = {
    "delimiter": "Here it can be told with --delimiter.",
    "encoding": "Windows-1252 it is not either. Here the encoding can be told with --encoding.",
}


class UsageError(Exception):
    """What was asked for cannot be done."""


def run(arguments: list[str]) -> int:
    """Print a section of `datasets.toml` for one file. Gives the exit status."""
    options = _parser().parse_args(arguments)
    file: Path = options.file
    try:
        upload = _upload_name(file, options.upload)
        print(infer(file, upload, options.name, options.delimiter, options.encoding), end="")
    except UsageError as error:
        print(error, file=sys.stderr)
        return USAGE
    except OSError as error:
        print(f"{file} cannot be read: {error.strerror}.", file=sys.stderr)
        return USAGE
    except RejectedFile as error:
        line = f"line {error.problem.line}: " if error.problem.line else ""
        hint = "" if options.encoding and error.code == "encoding" else HINTS.get(error.code, "")
        print(f"{file}: {error.code}: {line}{error.problem.message} {hint}".rstrip(), file=sys.stderr)
        return REJECTED
    return INFERRED


def infer(
    file: Path, upload: str, name: str | None = None, delimiter: str = "auto", encoding: str | None = None
) -> str:
    """The section for a file that is uploaded under this name. Raises UsageError, RejectedFile, OSError."""
    asked = _asked_for(name or dataset_name(upload), files_pattern(upload), delimiter, encoding)
    survey = survey_file(file, asked.delimiter, encoding and asked.encoding)
    null_values, findings = find_columns(survey.columns)
    dataset = replace(
        asked,
        delimiter=survey.delimiter,
        encoding=survey.encoding,
        null_values=null_values,
        columns=tuple(finding.column for finding in findings),
    )
    notes = {}
    if survey.encoding == GUESSED_ENCODING and not encoding:
        notes["encoding"] = ["a guess: the file is not UTF-8, and every byte of it is a character of Windows-1252"]
    column_notes = {finding.column.name: finding.notes for finding in findings}
    return section(dataset, first_report(dataset, findings), _about(survey, file.name), notes, column_notes)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m devstack infer",
        description="Write a section of datasets.toml for a CSV file: a definition that accepts all of its rows, and a "
        "first report. It is a draft, made from what this one file holds.",
        epilog="Exit status: 0 written, 1 the file is no table, 2 wrong usage.",
    )
    add = parser.add_argument
    add("file", type=Path, metavar="FILE", help="the CSV file, of any size")
    add("--name", metavar="NAME", help="the dataset's name (default: after the folder or the file)")
    add("--as", dest="upload", metavar="NAME", help="the name it would be uploaded under (default: FILE)")
    add("--delimiter", default="auto", metavar="CHARACTER", help="where it cannot be found out")
    add("--encoding", metavar="CODEC", help="where it is neither UTF-8 nor Windows-1252")
    return parser


def _upload_name(file: Path, given: str | None) -> str:
    """The name that `check` gives the file, too: folders are part of it where they are below the current one."""
    if given and (given.startswith("/") or ".." in given.split("/")):
        raise UsageError(f"{given} is no name for an upload. Give one like sales/2026-11-20.csv.")
    name = given or (file.name if file.is_absolute() or ".." in file.parts else file.as_posix())
    if not given and not file.is_file():
        file.open("rb").close()  # says why it cannot be read, before its name is held against it
    if not is_supported(name):
        raise UsageError(
            f"{name!r} ends in none of {', '.join(EXTENSIONS)}, so the app would refuse it. "
            "Rename the file if it is CSV, or give the name it will have with --as."
        )
    try:
        name.encode()
    except UnicodeEncodeError:
        raise UsageError(
            f"{name!r} is not UTF-8, so nothing can be uploaded under it. Give a name with --as."
        ) from None
    return name


def _asked_for(name: str, files: str, delimiter: str, encoding: str | None) -> Dataset:
    """The dataset as far as it is given, checked as the app checks definitions."""
    given = {"files": files, "delimiter": delimiter} | ({"encoding": encoding} if encoding else {})
    lines = [f"[datasets.{quoted(name)}]", *(f"{key} = {quoted(value)}" for key, value in given.items())]
    try:
        return parse("\n".join(lines), "options").datasets[0]
    except DefinitionsError as error:
        raise UsageError(str(error)) from None


def _about(survey: Survey, file_name: str) -> list[str]:
    rows = f"Made from {file_name}, {survey.rows:,} rows"
    if not survey.rows:
        return [f"{rows}: nothing tells the types of its columns."]
    if not survey.rejects:
        return [f"{rows}: it accepts them all. Other files may hold more: widen it where they do."]
    damaged = f"{rows}: it accepts all but {survey.rejects.total():,} that are damaged."
    counts = (f"  {n:,} × {code}, first on line {survey.firsts[code].line}" for code, n in survey.rejects.most_common())
    return [damaged, *counts]
