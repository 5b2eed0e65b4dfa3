"""Which reports do not show the newest commits of which files."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class StalePair:
    """A (report, period) that does not show the newest commit of some files of a dataset, by their ids."""

    dataset: str
    pair: str
    files: tuple[str, ...]
    since: int  # when the oldest of these commits was claimed, in ms of Unix time


def stale_pairs(records: Iterable[tuple[int, str, str, Iterable[str]]]) -> list[StalePair]:
    """The pairs out of records as (committed, dataset, id, stale), those that have waited longest first.

    A generation is a time in milliseconds, so the least that is committed is the oldest.
    """
    files: dict[tuple[str, str], list[str]] = {}
    since: dict[tuple[str, str], int] = {}
    for committed, dataset, record_id, stale in sorted(records, key=lambda record: record[0]):
        for pair in stale:
            since.setdefault((dataset, pair), committed)
            files.setdefault((dataset, pair), []).append(record_id)
    return [StalePair(dataset, pair, tuple(ids), since[dataset, pair]) for (dataset, pair), ids in files.items()]
