"""The type of a column: what the app's own conversion takes every value of, and what keeps it as it is written."""

from __future__ import annotations

import datetime as dt
import re
from dataclasses import dataclass
from functools import cache

import polars as pl

from shared.definitions.model import Column, ColumnType
from shared.ingest.types import convert

# Narrower than what the app reads: numbers with leading zeros or a plus sign are rather codes; types would change them.
INTEGER = r"^(0|-?[1-9][0-9]*)$"
NUMBER = r"^-?((0|[1-9][0-9]*)(\.[0-9]+)?|\.[0-9]+)([eE][+-]?[0-9]+)?$"
TRUTH = r"(?i)^(true|false|yes|no)$"  # 1 and 0 are numbers
COMPACT_DATE = r"^(19|20)[0-9]{6}$"
DATE = r"^[0-9]{4}-[0-9]{2}-[0-9]{2}$"
DATETIME = r"^[0-9]{4}-[0-9]{2}-[0-9]{2}[T ]"
COMMA_NUMBER = r"^-?[0-9][0-9.]*,[0-9]+$"

FLOAT_DIGITS = 17  # significant ones; a binary64 is written with no more
MONEY_DIGITS = 2  # after the point: with so many, numbers are decimals also where some have fewer
MOST_SCALE = 18  # that datasets.toml allows

DATE_FORMATS = (
    "%Y/%m/%d", "%d.%m.%Y", "%d/%m/%Y", "%m/%d/%Y", "%d-%m-%Y", "%m-%d-%Y",
    "%d.%m.%y", "%d/%m/%y", "%m/%d/%y",
    "%d %b %Y", "%d %B %Y", "%d-%b-%Y", "%d-%b-%y", "%b %d, %Y", "%B %d, %Y",
)  # fmt: skip
DIRECTIVES = {
    **dict.fromkeys("dmHIMS", "[0-9]{1,2}"),
    "Y": "[0-9]{4}", "y": "[0-9]{2}", "f": "[0-9]{1,6}", "b": "[A-Za-z]{3}", "B": "[A-Za-z]+", "p": "[AaPp][Mm]",
}  # fmt: skip
TIME_FORMATS = ("%H:%M:%S", "%H:%M", "%H:%M:%S.%f", "%I:%M:%S %p", "%I:%M %p")
SAMPLE = 40  # values that tell what type is meant
MOST_STRAYS = 2  # of them
SHOWN = 50  # characters of a value in a note

type Span = tuple[int, int]  # the first and the last day, as ordinals


@dataclass(frozen=True, slots=True)
class Candidate:
    """A type that a column may have. `shape`: what its values must also look like, to Python's `re` as to polars."""

    column: Column
    shape: str


@dataclass(frozen=True, slots=True)
class Typed:
    """The type that was found, as a column without checks; of a time the first and last day; a word to people."""

    column: Column
    span: Span | None = None
    note: str | None = None


def _candidate(kind: ColumnType, shape: str) -> Candidate:
    return Candidate(Column("", kind), shape)


def _formatted(kind: ColumnType, layout: str) -> Candidate:
    shape = re.sub("%(.)|([.])", lambda found: DIRECTIVES[found[1]] if found[1] else r"\.", layout)
    return Candidate(Column("", kind, format=layout), f"^{shape}$")


INTEGERS, NUMBERS = _candidate("integer", INTEGER), _candidate("float", NUMBER)
CANDIDATES = (
    Candidate(Column("", "date", format="%Y%m%d"), COMPACT_DATE),
    INTEGERS,
    NUMBERS,
    _candidate("boolean", TRUTH),
    _candidate("date", DATE),
    _candidate("datetime", DATETIME),
    *(_formatted("date", date) for date in DATE_FORMATS),
    *(_formatted("datetime", f"{date} {time}") for date in ("%Y-%m-%d", *DATE_FORMATS) for time in TIME_FORMATS),
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
        sample = values.head(SAMPLE).to_list()
        self._left = tuple(candidate for candidate in CANDIDATES if _strays(candidate, sample[:1]) == 0)
        if len(sample) >= SAMPLE // 2:
            likely = (candidate for candidate in CANDIDATES if _strays(candidate, sample) <= MOST_STRAYS)
            self._likely = next(likely, None)

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
        text = pl.col("value")
        before = text.str.extract(r"^-?([0-9]*)").str.len_bytes()
        after = text.str.extract(r"\.([0-9]+)").str.len_bytes().fill_null(0)
        digits = text.str.extract(r"^-?[0.]*([0-9.]*)").str.replace(".", "", literal=True).str.len_bytes()
        row = values.to_frame("value").select(
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
        if not 0 < self.most_after <= MOST_SCALE:
            return False
        widest = pl.Series(["9" * (self.before or 1) + "." + "9" * self.most_after])
        decimal = Candidate(Column("", "decimal", scale=self.most_after), NUMBER)
        return not _typed(decimal, widest).has_nulls()


def _typed(candidate: Candidate, values: pl.Series) -> pl.Series:
    """The values as the app converts them; null for those that it refuses, or that are not written as they should."""
    return values.to_frame("value").select(_conversion(candidate)).to_series()


@cache
def _conversion(candidate: Candidate) -> pl.Expr:
    """Made once: for a table of a thousand columns, making expressions would take longer than using them."""
    text = pl.col("value")
    return convert(candidate.column, pl.when(text.str.contains(candidate.shape)).then(text), "UTC")


def _strays(candidate: Candidate, values: list[str]) -> int:
    """How many of a few values cannot be of the type. Python tells by their shape, nearly always, and at once."""
    fitting = [value for value in values if re.search(candidate.shape, value)]
    strays = len(values) - len(fitting)
    return strays + _typed(candidate, pl.Series(fitting)).null_count() if fitting else strays


def _meaning(layout: str | None) -> str:
    """Formats that read a text alike: short and long names of months are told apart by the text itself."""
    return (layout or "").replace("%B", "%b")


def _span(typed: pl.Series, before: Span | None) -> Span:
    first, last = typed.min(), typed.max()
    assert isinstance(first, dt.date)  # a datetime is one, too
    assert isinstance(last, dt.date)
    days = first.toordinal(), last.toordinal()
    return (min(days[0], before[0]), max(days[1], before[1])) if before else days
