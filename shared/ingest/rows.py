"""What reading makes of a file: blocks of rows, all columns as text, and what is no row at all."""

from __future__ import annotations

from dataclasses import dataclass, field

import polars as pl

from shared.errors import Problem

LINE = "line"  # name of the column with line numbers; the others are c0, c1, … so that no header can clash


@dataclass(frozen=True, slots=True)
class Reject:
    """A row that was refused: its fields as they were, and why."""

    fields: tuple[str, ...]
    problem: Problem


@dataclass(frozen=True, slots=True)
class Block:
    """Some consecutive rows. `frame`: `line`, then every column as text. `rejects`: those that have no such shape."""

    frame: pl.DataFrame
    rejects: list[Reject] = field(default_factory=list)


def column(index: int) -> str:
    """The name that the column at `index` has in frames."""
    return f"c{index}"
