"""Periods as words and as texts: ranges of them, and the coarser period that one is in."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Mapping
from dataclasses import dataclass

from shared.definitions.model import NO_PERIOD, PERIOD_PATTERN
from shared.definitions.table import alternatives
from shared.errors import Mistake

ALL = "all"
LENGTHS: Mapping[str, int] = {"hour": 13, "day": 10, "month": 7, "year": 4}  # of `2026-11-20T13` and its beginnings
WORDS = (*LENGTHS, ALL)
EXAMPLE = "2026-11-20T13"


@dataclass(frozen=True, slots=True)
class Range:
    """The periods from `first` on that come before `beyond`."""

    first: str
    beyond: str

    def holds(self, period: str) -> bool:
        """Whether a period is one of them."""
        return self.first <= period < self.beyond


EVERY = Range("", "~")  # behind every letter
TIMES = Range("", ":")  # behind every digit: without `all` and `none`


def is_period(text: str) -> bool:
    """Whether a report can have such a period."""
    return text in (ALL, NO_PERIOD) or re.fullmatch(PERIOD_PATTERN, text) is not None


def coarser(word: str) -> tuple[str, ...]:
    """A kind of period, and all that are made of it."""
    return WORDS[WORDS.index(word) :]


def coarse(period: str, word: str) -> str:
    """The period of a kind that another one is in. Rows without a time are in a period of their own, and in `all`."""
    if word == ALL:
        return ALL
    return period if period == NO_PERIOD else period[: LENGTHS[word]]


def read_range(word: str, first: str | None, last: str | None, mistakes: list[Mistake]) -> Range:
    """The periods from one to another: both count, and a short one stands for all that begin like it."""
    given = {"from": first, "to": last}
    for parameter, text in given.items():
        if text is not None and (mistake := _mistake(word, text)):
            mistakes.append(Mistake(parameter, mistake))
    if first is not None and last is not None and first > f"{last}~":
        mistakes.append(Mistake("to", f"is {last!r}, which is before {first!r}"))
    if first is None and last is None:
        return EVERY
    return Range(first or TIMES.first, f"{last}~" if last else TIMES.beyond)


def _mistake(word: str, text: str) -> str | None:
    if word == ALL:
        return "makes no sense here: this report has no periods, only 'all'"
    kinds = [kind for kind in coarser(word) if kind != ALL]
    if len(text) not in {LENGTHS[kind] for kind in kinds} or not _is_time(text):
        examples = alternatives([f"'{EXAMPLE[: LENGTHS[kind]]}'" for kind in kinds])
        return f"is {text!r}: it must be a period of this report or a longer one, such as {examples}"
    return None


def _is_time(text: str) -> bool:
    try:
        dt.datetime.fromisoformat(text + "0001-01-01T00"[len(text) :])
    except ValueError:
        return False
    return True
