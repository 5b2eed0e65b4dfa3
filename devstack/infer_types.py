"""The type of a column: what the app's own conversion takes every value of, and what keeps it as it is written."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Sequence
from dataclasses import dataclass

import polars as pl

from shared.definitions.model import Column, ColumnType
from shared.ingest.types import DECIMAL_DIGITS, convert

# Narrower than what the app reads: numbers with leading zeros or a plus sign are rather codes; types would change them.
INTEGER = r"^(0|-?[1-9][0-9]*)$"
NUMBER = r"^-?((0|[1-9][0-9]*)(\.[0-9]+)?|\.[0-9]+)([eE][+-]?[0-9]+)?$"
TRUTH = r"(?i)^(true|false|yes|no)$"  # 1 and 0 are numbers
COMPACT_DATE = r"^(19|20)[0-9]{6}$"
ANY = ""
COMMA_NUMBER = r"^-?[0-9][0-9.]*,[0-9]+$"

FLOAT_DIGITS = 17  # significant ones; a binary64 is written with no more
MONEY_DIGITS = 2  # after the point: with so many, numbers are decimals also where some have fewer
MOST_SCALE = 18  # that datasets.toml allows

DATE_FORMATS = (
    "%Y/%m/%d", "%d.%m.%Y", "%d/%m/%Y", "%m/%d/%Y", "%d-%m-%Y", "%m-%d-%Y",
    "%d.%m.%y", "%d/%m/%y", "%m/%d/%y",
    "%d %b %Y", "%d %B %Y", "%d-%b-%Y", "%d-%b-%y", "%b %d, %Y", "%B %d, %Y",
)  # fmt: skip
TIME_FORMATS = ("%H:%M:%S", "%H:%M", "%H:%M:%S.%f", "%I:%M:%S %p", "%I:%M %p")
SAMPLE = 100  # values that tell what type is meant
MOST_STRAYS = 5  # of them
SHOWN = 50  # characters of a value in a note
LIKE_A_TIME = re.compile(r"\w{1,9}[./ -]\w{1,9},?[./ -]\w{2,4}(?: .{1,20})?")

type Span = tuple[int, int]  # the first and the last day, as ordinals


@dataclass(frozen=True, slots=True)
class Candidate:
    """A type that a column may have. `shape`: what its values must also look like."""

    column: Column
    shape: str = ANY


@dataclass(frozen=True, slots=True)
class Typed:
    """The type that was found, as a column without checks; of a time the first and last day; a word to people."""

    column: Column
    span: Span | None = None
    note: str | None = None


def _candidate(kind: ColumnType, shape: str = ANY, layout: str | None = None) -> Candidate:
    return Candidate(Column("", kind, format=layout), shape)


INTEGERS, NUMBERS = _candidate("integer", INTEGER), _candidate("float", NUMBER)
PLAIN = (
    _candidate("date", COMPACT_DATE, "%Y%m%d"),
    INTEGERS,
    NUMBERS,
    _candidate("boolean", TRUTH),
    _candidate("date"),
    _candidate("datetime"),
)
FORMATTED = (
    *(_candidate("date", layout=date) for date in DATE_FORMATS),
    *(_candidate("datetime", layout=f"{d} {t}") for d in ("%Y-%m-%d", *DATE_FORMATS) for t in TIME_FORMATS),
)


class TypeSurvey:
    """What all values of a column that were seen so far can be."""

    def __init__(self) -> None:
        self._left: tuple[Candidate, ...] | None = None
        self._digits = Digits()
        self._spans: dict[Candidate, Span] = {}
        self._comma_numbers = True
        self._likely: Candidate | None = None  # what most of the first values are
        self._stray: str | None = None  # the first value that is not

    def add(self, values: pl.Series) -> None:
        """See some more values; none of them is null."""
        if values.is_empty():
            return
        if self._left is None:
            self._begin(values)
        kept = {c: typed for c in self._left or () if not (typed := _typed(c, values)).has_nulls()}
        self._left = tuple(kept)
        if NUMBERS in kept:
            self._digits = self._digits.with_those_of(values)
        for candidate, typed in kept.items():
            if candidate.column.type in ("date", "datetime"):
                self._spans[candidate] = _span(typed, self._spans.get(candidate))
        if self._likely and self._likely not in kept and self._stray is None:
            self._stray = next(iter(values.filter(_typed(self._likely, values).is_null())), None)
        self._comma_numbers = self._comma_numbers and bool(values.str.contains(COMMA_NUMBER).all())

    def _begin(self, values: pl.Series) -> None:
        first, sample = values.head(1), values.head(SAMPLE)
        candidates = (*PLAIN, *FORMATTED) if LIKE_A_TIME.fullmatch(first[0]) else PLAIN
        self._left = tuple(c for c, refused in _refused(candidates, first).items() if not refused)
        if len(sample) >= SAMPLE // 2:
            strays = _refused((*self._left, *PLAIN), sample)
            self._likely = next((c for c, refused in strays.items() if refused <= MOST_STRAYS), None)

    def result(self) -> Typed:
        """The type that keeps every value: text where there is no other, or none that is certain."""
        if self._left is None:
            return Typed(Column("", "string"))
        formats = {_meaning(c.column.format): c for c in reversed(self._left) if c.column.format}
        if len(formats) > 1:
            either = " or ".join(sorted(c.column.format or "" for c in formats.values()))
            return Typed(Column("", "string"), note=f"dates, but no value tells whether {either}: say type and format")
        if self._left and self._left[0] == NUMBERS:
            return self._digits.result()
        if self._left:
            return Typed(self._left[0].column, self._spans.get(self._left[0]))
        return Typed(Column("", "string"), note=self._why_text())

    def _why_text(self) -> str | None:
        if self._comma_numbers:
            return "numbers with a decimal comma, which no type reads"
        if self._likely and self._stray is not None:
            return f"type {self._likely.column.type}, were it not for values such as {self._stray[:SHOWN]!r}"
        return None


@dataclass(frozen=True, slots=True)
class Digits:
    """How the numbers of a column are written: what tells decimals from floats."""

    before: int = 0  # the point, at most
    fewest_after: int = MOST_SCALE + 1
    most_after: int = 0
    significant: int = 0  # at most
    exponent: bool = False  # in any

    def with_those_of(self, values: pl.Series) -> Digits:
        """The same for more values."""
        text = pl.col(values.name)
        before = text.str.extract(r"^-?([0-9]*)").str.len_bytes()
        after = text.str.extract(r"\.([0-9]+)").str.len_bytes().fill_null(0)
        digits = text.str.extract(r"^-?[0.]*([0-9.]*)").str.replace(".", "", literal=True).str.len_bytes()
        row = values.to_frame().select(
            before.max().alias("before"),
            after.min().alias("fewest"),
            after.max().alias("most"),
            digits.max().alias("significant"),
            text.str.contains("[eE]").any().alias("exponent"),
        )
        new = row.row(0, named=True)
        return Digits(
            max(self.before, new["before"]),
            min(self.fewest_after, new["fewest"]),
            max(self.most_after, new["most"]),
            max(self.significant, new["significant"]),
            self.exponent or new["exponent"],
        )

    def result(self) -> Typed:
        """A decimal where numbers are written with a fixed number of digits, like money, or a float would lose some."""
        too_long = self.significant > FLOAT_DIGITS
        fixed = self.most_after and self.most_after in (self.fewest_after, MONEY_DIGITS)
        if (fixed or too_long) and not self.exponent and self._fits_decimal():
            return Typed(Column("", "decimal", scale=self.most_after))
        if too_long:
            return Typed(Column("", "string"), note=f"numbers of {self.significant} digits: as text they keep them all")
        return Typed(Column("", "float"))

    def _fits_decimal(self) -> bool:
        """Whether the widest number that can be written with so many digits is accepted: then all are."""
        if self.most_after == 0 or self.most_after > MOST_SCALE or self.before + self.most_after > DECIMAL_DIGITS:
            return False
        widest = pl.Series("widest", ["9" * (self.before or 1) + "." + "9" * self.most_after])
        return not _typed(Candidate(Column("", "decimal", scale=self.most_after)), widest).has_nulls()


def _typed(candidate: Candidate, values: pl.Series) -> pl.Series:
    """The values as the app converts them; null for those that it refuses, or that are not written as they should."""
    return values.to_frame().select(_conversion(candidate, values.name).alias("typed")).to_series()


def _refused(candidates: Sequence[Candidate], values: pl.Series) -> dict[Candidate, int]:
    """How many values cannot be of each type: all types at once, which takes a tenth of the time of one by one."""
    distinct = tuple(dict.fromkeys(candidates))
    nulls = (_conversion(c, values.name).null_count().alias(str(i)) for i, c in enumerate(distinct))
    return dict(zip(distinct, values.to_frame().select(nulls).row(0), strict=True))


def _conversion(candidate: Candidate, name: str) -> pl.Expr:
    text = pl.col(name)
    fitting = pl.when(text.str.contains(candidate.shape)).then(text) if candidate.shape else text
    return convert(candidate.column, fitting, "UTC")


def _meaning(layout: str | None) -> str:
    """Formats that read a text alike: short and long names of months are told apart by the text itself."""
    return (layout or "").replace("%B", "%b")


def _span(typed: pl.Series, before: Span | None) -> Span:
    first, last = typed.min(), typed.max()
    assert isinstance(first, dt.date)  # a datetime is one, too
    assert isinstance(last, dt.date)
    days = first.toordinal(), last.toordinal()
    return (min(days[0], before[0]), max(days[1], before[1])) if before else days
