"""`datasets.toml` into definitions, or into the list of all that is wrong with it."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterable
from decimal import Decimal
from pathlib import Path

from shared.definitions.catalog import Definitions
from shared.definitions.datasets import read_dataset
from shared.definitions.errors import DefinitionsError, DefinitionsNotFoundError, Mistake
from shared.definitions.reports import read_report
from shared.definitions.table import Table, shown

# Names become parts of URLs and of blob paths, and partition keys.
_NAME = re.compile(r"[A-Za-z0-9_-]{1,64}")
_TOML_PLACE = re.compile(
    r"(?P<what>.*) \(at (?:line (?P<line>\d+), column (?P<column>\d+)|end of document)\)", re.DOTALL
)


def load(path: Path) -> Definitions:
    """The definitions in a file. Raises DefinitionsError, or DefinitionsNotFoundError where there is no such file."""
    source = str(path)
    try:
        text = path.read_bytes().decode("utf-8-sig")
    except FileNotFoundError:
        remedy = "no such file; create it, or unset DATASETS_FILE to have all columns inferred"
        raise DefinitionsNotFoundError(source, [Mistake("", "", remedy)]) from None
    except OSError as error:
        raise DefinitionsError(source, [Mistake("", "", f"cannot be read: {error.strerror}")]) from None
    except UnicodeDecodeError as error:
        line = error.object.count(b"\n", 0, error.start) + 1
        raise DefinitionsError(source, [Mistake("", "", f"line {line}: not UTF-8; save the file as UTF-8")]) from None
    return parse(text, source)


def parse(text: str, source: str) -> Definitions:
    """The definitions in a text. Raises DefinitionsError, which lists every mistake under the name of the source."""
    mistakes: list[Mistake] = []
    definitions = _read(Table(_parse_toml(text, source), mistakes))
    if mistakes:
        raise DefinitionsError(source, mistakes)
    return definitions


def _parse_toml(text: str, source: str) -> dict[str, object]:
    try:
        # Decimal keeps the digits of a number as they are written; as a float, 0.1 would not be one tenth.
        return tomllib.loads(text, parse_float=Decimal)
    except (ValueError, ArithmeticError) as error:
        message = (
            _place_first(str(error), text) if isinstance(error, tomllib.TOMLDecodeError) else "a number is too long"
        )
    except RecursionError:
        message = "lists or tables are nested too deeply"
    raise DefinitionsError(source, [Mistake("", "", message)])


def _place_first(message: str, text: str) -> str:
    found = _TOML_PLACE.fullmatch(message)
    if not found:
        return message
    lines = text.rstrip("\n").split("\n")
    line, column = found["line"] or len(lines), found["column"] or len(lines[-1]) + 1
    return f"line {line}, column {column}: not valid TOML: {found['what']}"


def _read(root: Table) -> Definitions:
    root.expect_only(("datasets", "reports"), kind="table")
    datasets_table, reports_table = root.table("datasets"), root.table("reports")
    datasets = {name: read_dataset(name, table) for name, table in _named(datasets_table)}
    columns = {name: read.columns for name, read in datasets.items()}
    if datasets_table:  # what is not even a table is known by name all the same
        columns = dict.fromkeys(datasets_table.values) | columns
    reports = []
    for name, table in _named(reports_table):
        report = read_report(name, table, columns)
        reports.append(report)
        if name in columns and report.dataset in columns and name != report.dataset:
            table.mistake(
                "", f'is also the name of a dataset that it is not over; rename it, or set dataset = "{name}"'
            )
    return Definitions(tuple(read.dataset for read in datasets.values()), tuple(reports))


def _named(table: Table | None) -> Iterable[tuple[str, Table]]:
    for name, entry in table.tables() if table else ():
        if not _NAME.fullmatch(name):
            entry.mistake("", f"{shown(name)} is no name for URLs; use 1 to 64 letters, digits, - and _")
        yield name, entry
