"""What the store tells of report documents without their groups."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from shared.errors import Problem


@dataclass(frozen=True, slots=True)
class ListedPeriod:
    """A period of a report that has rows, by what its content and its states are known by."""

    period: str
    digest: str
    tree: str | None
    definition: str


@dataclass(frozen=True, slots=True)
class ListedDocument:
    """A report document, empty ones too, in short."""

    report: str
    dataset: str
    period: str
    rows: int
    updated_at: str
    problem: Problem | None


@dataclass(frozen=True, slots=True)
class ListedTotals:
    """A report that has one period only, `all`, and its totals."""

    report: str
    dataset: str
    totals: dict[str, Any]
