"""What became of a file: the answer of processing, and what its record keeps."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass

from shared.definitions.model import ColumnType
from shared.errors import Problem


@dataclass(frozen=True, slots=True)
class Field:
    """A column of the records: its name, its type, and what it is called in frames."""

    name: str
    type: ColumnType
    key: str


@dataclass(frozen=True, slots=True)
class Reason:
    """Why rows were rejected: how many for one code in one column, and what is wrong with the first of them."""

    count: int
    first: Problem


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of a file. Always `rows == records + rejected`. `shares`: the (report, period) pairs it counts in."""

    rows: int = 0
    records: int = 0
    rejected: int = 0
    first_error: Problem | None = None
    refused: bool = False  # the file as a whole
    processed: str | None = None  # blob names of the two documents, where there are any
    rejected_file: str | None = None
    shares: tuple[str, ...] = ()
    fields: tuple[Field, ...] = ()
    first_rejects: tuple[Problem, ...] = ()  # a few, in the order of their rows
    reasons: tuple[Reason, ...] = ()  # one for each (code, column), in the order of their first rows

    @property
    def codes(self) -> Counter[str]:
        """How many rows were rejected by code, whichever column it was."""
        codes: Counter[str] = Counter()
        for reason in self.reasons:
            codes[reason.first.code] += reason.count
        return codes
