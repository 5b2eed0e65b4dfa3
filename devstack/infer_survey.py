"""A whole file read once, block by block, for what its definition depends on. Read as the app reads uploads."""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path

from devstack.infer_columns import ColumnSurvey
from shared.errors import Problem, RejectedFile
from shared.ingest.ahead import ahead
from shared.ingest.compression import unpacked
from shared.ingest.header import UNUSUAL
from shared.ingest.rows import Block, column
from shared.ingest.table import Table, open_table
from shared.ingest.text import read_text
from shared.ingest.upload import BLOCK

NO_LIMIT = sys.maxsize  # bytes that a file may unpack to: nothing is kept of them
GUESSED_ENCODING = "cp1252"


@dataclass(slots=True)
class Survey:
    """How a file is to be read, its columns, and the rows that are none: how many, and the first, by code."""

    columns: list[ColumnSurvey]
    delimiter: str
    encoding: str
    rows: int = 0
    rejects: Counter[str] = field(default_factory=Counter)
    firsts: dict[str, Problem] = field(default_factory=dict)

    def add(self, block: Block) -> None:
        """See some more rows."""
        self.rows += block.frame.height
        for index, survey in enumerate(self.columns):
            survey.add(block.frame[column(index)])
        for reject in block.rejects:
            self.rows += 1
            self.rejects[reject.problem.code] += 1
            self.firsts.setdefault(reject.problem.code, reject.problem)


def survey_file(path: Path, delimiter: str, encoding: str | None) -> Survey:
    """The file's survey; without an encoding it is read as UTF-8 or else as Windows-1252. Raises RejectedFile."""
    try:
        return _survey(path, delimiter, encoding or "utf-8")
    except RejectedFile as error:
        if encoding or error.code != "encoding":
            raise
        not_utf8 = error
    try:
        return _survey(path, delimiter, GUESSED_ENCODING)
    except RejectedFile as error:
        raise (not_utf8 if error.code == "encoding" else error) from None


def _survey(path: Path, delimiter: str, encoding: str) -> Survey:
    if delimiter == "auto":
        delimiter = _unusual_delimiter(path, encoding) or delimiter
    table = _open(path, delimiter, encoding)
    survey = Survey([ColumnSurvey(name) for name in table.header.names], delimiter, encoding)
    with closing(ahead(table.blocks)) as blocks:
        for block in blocks:
            survey.add(block)
    return survey


def _unusual_delimiter(path: Path, encoding: str) -> str | None:
    """One for which the app wants to be told, because it looks as if it were one."""
    try:
        _open(path, "auto", encoding)
    except RejectedFile as error:
        if error.code == "delimiter":
            return next((d for d in UNUSUAL if _makes_a_table(path, d, encoding)), None)
    return None


def _makes_a_table(path: Path, delimiter: str, encoding: str) -> bool:
    try:
        table = _open(path, delimiter, encoding)
        first = next(table.blocks, None)
    except RejectedFile:
        return False
    return len(table.header.names) > 1 and first is not None and not first.rejects


def _open(path: Path, delimiter: str, encoding: str) -> Table:
    return open_table(read_text(unpacked(_chunks(path), NO_LIMIT), encoding), delimiter)


def _chunks(path: Path) -> Iterator[bytes]:
    with path.open("rb") as file:
        while data := file.read(BLOCK):
            yield data
