"""Tables of a Markdown document, as rows of cells by the names of their columns."""

from __future__ import annotations

import re
from pathlib import Path

ROOT = Path(__file__).parents[3]
CODE = re.compile(r"`([^`]+)`")


def table(document: str, first: str) -> list[dict[str, str]]:
    """The rows of the table whose first column has this head."""
    lines = (ROOT / "docs" / document).read_text(encoding="utf-8").splitlines()
    begin = next(number for number, line in enumerate(lines) if line.startswith(f"| {first} |"))
    head, _, *rows = (_cells(line) for line in _table(lines[begin:]))
    return [dict(zip(head, row, strict=True)) for row in rows]


def code(cell: str) -> set[str]:
    """What a cell has between backticks."""
    return set(CODE.findall(cell))


def _table(lines: list[str]) -> list[str]:
    end = next((number for number, line in enumerate(lines) if not line.startswith("|")), len(lines))
    return lines[:end]


def _cells(line: str) -> list[str]:
    return [cell.strip() for cell in line.strip().strip("|").split("|")]
