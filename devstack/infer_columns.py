"""What a column's values have in common, block by block, in memory that does not grow with the file."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace

import polars as pl

from devstack.infer_types import Typed, TypeSurvey
from shared.definitions.model import Column

NULL_TEXTS = (
    "NA", "N/A", "n/a", "na", "#N/A", "NaN", "nan", "NULL", "Null", "null", "NONE", "None", "none", "nil",
    "-", "--", "?", ".",
)  # fmt: skip
MOST_VALUES = 20  # of a column with `one_of`
LONGEST_VALUE = 40  # characters of them
ROWS_PER_VALUE = 5  # at least, on the average: fewer show no set that is complete
FEWEST_IDS = 10  # rows that `unique` is said of
MOST_IDS = 2_000_000  # rows whose values are compared
ID_WORDS = ("id", "uuid", "guid", "key")


@dataclass(frozen=True, slots=True)
class Finding:
    """A column as it should be defined, and a word to people about it."""

    column: Column
    typed: Typed
    notes: tuple[str, ...] = ()


class ColumnSurvey:
    """One column of a file, as far as it was read."""

    def __init__(self, name: str) -> None:
        self.name = name
        self._types = TypeSurvey()
        self._rows = 0
        self._empty = 0
        self._null_texts: Counter[str] = Counter()
        self._values: set[str] | None = set()  # None: too many
        self._hashes: list[pl.Series] | None = [] if looks_like_an_id(name) else None  # None: not all differ

    def add(self, texts: pl.Series) -> None:
        """See the column in some more rows."""
        self._rows += len(texts)
        given = texts.filter(texts != "")
        self._empty += len(texts) - len(given)
        is_null_text = given.is_in(NULL_TEXTS)
        if is_null_text.any():
            self._null_texts.update(dict(given.filter(is_null_text).value_counts().iter_rows()))
            given = given.filter(~is_null_text)
        self._types.add(given)
        self._note_values(given)
        self._note_hashes(given)

    def needed_null_values(self) -> tuple[str, ...]:
        """The texts that must stand for no value, because all others in the column have a type."""
        return tuple(sorted(self._null_texts)) if self._types.result().column.type != "string" else ()

    def finding(self, null_values: Collection[str]) -> Finding:
        """The column's definition, where these texts stand for no value."""
        typed = self._types.result()
        nulls = {text: count for text, count in sorted(self._null_texts.items()) if text in null_values}
        complete = self._rows > 0 and not self._empty and not nulls
        column = replace(typed.column, name=self.name, required=complete, one_of=self._one_of(typed, null_values))
        notes = [typed.note] if typed.note else []
        if self._rows and self._empty + sum(nulls.values()) == self._rows:
            notes.append("has no value in any row")
        elif typed.column.type == "string":
            notes += [f"{count:,} × {text} is read as no value here, too" for text, count in nulls.items()]
        return Finding(column, typed, tuple(notes))

    def is_key(self, finding: Finding) -> bool:
        """Whether all rows have a value that no other row has, in a column that is called like an id."""
        if self._hashes is None or not finding.column.required or self._null_texts:
            return False
        if finding.column.type not in ("string", "integer") or not FEWEST_IDS <= self._rows <= MOST_IDS:
            return False
        return not pl.concat(self._hashes).is_duplicated().any()

    def _note_values(self, given: pl.Series) -> None:
        if self._values is None:
            return
        self._values.update(given.unique().to_list())
        if len(self._values) > MOST_VALUES or any(len(value) > LONGEST_VALUE for value in self._values):
            self._values = None

    def _note_hashes(self, given: pl.Series) -> None:
        """Hashes instead of values: where two of them are the same, `unique` is just not said."""
        if self._hashes is None:
            return
        self._hashes.append(given.hash())
        if self._rows > MOST_IDS or self._hashes[-1].is_duplicated().any():
            self._hashes = None

    def _one_of(self, typed: Typed, null_values: Collection[str]) -> tuple[str, ...] | None:
        if typed.column.type != "string" or self._values is None:
            return None
        values = self._values | {text for text in self._null_texts if text not in null_values}
        given = self._rows - self._empty - sum(self._null_texts[text] for text in null_values)
        few = 2 <= len(values) <= MOST_VALUES and given >= ROWS_PER_VALUE * len(values)
        return tuple(sorted(values)) if few else None


def find_columns(surveys: Sequence[ColumnSurvey]) -> tuple[tuple[str, ...], list[Finding]]:
    """The null values of the file, and its columns. One column at most is its key: others only refer to keys."""
    null_values = ("", *dict.fromkeys(text for survey in surveys for text in survey.needed_null_values()))
    findings = [survey.finding(null_values) for survey in surveys]
    for index, (survey, finding) in enumerate(zip(surveys, findings, strict=True)):
        if survey.is_key(finding):
            findings[index] = replace(finding, column=replace(finding.column, unique=True))
            break
    return null_values, findings


def looks_like_an_id(name: str) -> bool:
    """Whether the name's last word is one for ids.

    >>> [looks_like_an_id(name) for name in ("order_id", "customerID", "Id", "paid", "Order Key")]
    [True, True, True, False, True]
    """
    words = re.findall(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+", name)
    return bool(words) and words[-1].lower() in ID_WORDS
