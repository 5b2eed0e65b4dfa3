"""docs/costs.md: its figures are those of its own formulas."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

COSTS = Path(__file__).parents[3] / "docs" / "costs.md"


def block(language: str) -> str:
    found = re.search(rf"```{language}\n(.*?)```", COSTS.read_text(encoding="utf-8"), flags=re.DOTALL)
    assert found
    return found[1]


def test_the_figures_are_what_the_formulas_give() -> None:
    run = subprocess.run([sys.executable, "-c", block("python")], capture_output=True, text=True, check=True)
    assert run.stdout == block("text")
