"""Globs over upload names: `*` and `?` within a folder, `**` across folders, `[…]`, case-sensitive."""

from __future__ import annotations

import fnmatch
import re
from functools import lru_cache

# One entry per folder of the pattern; None is `**`, any number of folders.
type _Segments = tuple[re.Pattern[str] | None, ...]


def matches(pattern: str, file_name: str) -> bool:
    """Whether the whole name matches. Names are taken as they are: hidden files, spaces and `//` are like any other."""
    segments = _compile(pattern)
    reached = _pass_stars(segments, {0})
    for folder in file_name.split("/"):
        reached = _pass_stars(segments, _advance(segments, reached, folder))
    return len(segments) in reached


@lru_cache(maxsize=256)
def _compile(pattern: str) -> _Segments:
    parts = pattern.split("/")
    if parts[-1] == "**":  # what is below a folder, not the folder's own name
        parts.append("*")
    # Folder by folder, so that no `*`, `?` or `[!x]` can match a slash.
    return tuple(None if part == "**" else re.compile(fnmatch.translate(part)) for part in parts)


def _advance(segments: _Segments, positions: set[int], folder: str) -> set[int]:
    """The positions in the pattern that are reached by taking one more folder of the name."""
    reached = set()
    for position in positions:
        if position == len(segments):
            continue
        segment = segments[position]
        if segment is None:
            reached.add(position)
        elif segment.match(folder):
            reached.add(position + 1)
    return reached


def _pass_stars(segments: _Segments, positions: set[int]) -> set[int]:
    """Add the positions after each `**`, which may stand for no folder at all."""
    reached = set(positions)
    for position in range(len(segments)):
        if position in reached and segments[position] is None:
            reached.add(position + 1)
    return reached
