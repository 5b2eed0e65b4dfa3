"""What is wrong with `datasets.toml`, and with a file name that it leaves in doubt."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Mistake:
    """One thing to put right. Table and key are empty where the whole file, or the whole table, is meant."""

    table: str
    key: str
    message: str

    def __str__(self) -> str:
        table = f"[{self.table}]" if self.table else ""
        place = " ".join(part for part in (table, self.key) if part)
        return f"{place}: {self.message}" if place else self.message


class DefinitionsError(Exception):
    """The definitions cannot be used. Its text lists every mistake, a line each."""

    def __init__(self, source: str, mistakes: Sequence[Mistake]) -> None:
        self.source = source
        self.mistakes = tuple(mistakes)
        super().__init__(source, self.mistakes)

    def __str__(self) -> str:
        count = "1 mistake" if len(self.mistakes) == 1 else f"{len(self.mistakes)} mistakes"
        return "\n".join([f"{self.source}: {count}", *map(str, self.mistakes)])


class DefinitionsNotFoundError(DefinitionsError):
    """There is no such file. Whether that is a mistake depends on who named it: the caller decides."""


class DatasetClashError(Exception):
    """A file of no definition lies in a folder named like a defined dataset or report, and would mix with it."""

    def __init__(self, file_name: str, name: str, message: str) -> None:
        self.file_name = file_name
        self.name = name
        super().__init__(message)
