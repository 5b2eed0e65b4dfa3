"""Measured figures as a table for people and as JSON."""

from __future__ import annotations

import datetime as dt
import json
import os
import platform
from collections.abc import Sequence
from importlib.metadata import version
from pathlib import Path
from statistics import median
from typing import Any

from benchmarks.figures import Bench, Bound, Line, Measured
from benchmarks.measure import ROOT, Run

HEAD = """\
| figure | asked | measured | | each side: median s, of CPU, peak MB |
|---|---|---|---|---|
"""

type Facts = dict[str, Any]
type Results = Sequence[tuple[Line, Measured]]


def machine(compared: Sequence[str] = ("duckdb", "pandas")) -> Facts:
    """What the figures were measured on, and with which versions of other packages."""
    return {
        "date": dt.datetime.now(dt.UTC).date().isoformat(),
        "cores": os.process_cpu_count(),
        "memory_gb": round(os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30, 1),
        "system": f"{platform.system()} {platform.machine()}",
        "load_before": round(os.getloadavg()[0], 2),
        "python": platform.python_version(),
        "polars": version("polars"),
        **{name: _pinned(name) for name in compared},
    }


def line(figure: Line, measured: Measured) -> str:
    """A row of the table."""
    sides = ", ".join(f"{name} {_taken(runs)}" for name, runs in measured.sides.items())
    verdict = "met" if figure.asked.met_by(measured.value) else "**not met**"
    if figure.asked.limit is None:
        verdict = ""
    return (
        f"| {figure.what} | {_asked(figure.asked)} | {_shown(measured.value, figure.asked)} | {verdict} | {sides} |\n"
    )


def write(folder: Path, bench: Bench, facts: Facts, results: Results) -> None:
    """`ingest.md` and `ingest.json`."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "ingest.md").write_text(_markdown(bench, facts, results), encoding="utf-8")
    write_json(folder / "ingest.json", {"machine": facts, "rows": bench.rows, "runs": bench.runs}, results)


def write_json(file: Path, about: dict[str, Any], results: Results) -> None:
    """What the figures are about, and the figures."""
    document = {**about, "figures": [_json(*one) for one in results]}
    file.write_text(json.dumps(document, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")


def shown(facts: Facts) -> str:
    """Facts in one line."""
    return ", ".join(f"{name.replace('_', ' ')} {value}" for name, value in facts.items())


def _pinned(package: str) -> str:
    """The version in benchmarks/requirements.txt, which is not installed where this process runs."""
    pins = (ROOT / "benchmarks" / "requirements.txt").read_text(encoding="utf-8").splitlines()
    return next(pin.partition("==")[2] for pin in pins if pin.startswith(f"{package}=="))


def _markdown(bench: Bench, facts: Facts, results: Results) -> str:
    return f"""\
# Ingest, measured

Made by `make bench-ingest`: {bench.rows:,} orders of 9 columns, from a CSV file to the processed document, the rejected
rows and the partials of two reports. Every run is a process of its own, its start included. Both sides of a ratio run
in turn, {bench.runs} times; the ratio is the median over the pairs. The other loaders check nothing, reject nothing and
keep no reports. Peak memory is the largest resident size of the process, in MB of 2^20 bytes.

{shown(facts)}

{HEAD}{"".join(line(*one) for one in results)}"""


def _asked(bound: Bound) -> str:
    if bound.limit is None:
        return ""
    return f"{'≥' if bound.at_least else '≤'} {bound.limit:g}{bound.unit}"


def _shown(value: float, bound: Bound) -> str:
    return f"{value:.0f}{bound.unit}" if value >= 100 else f"{value:.2f}{bound.unit}"


def _taken(runs: Sequence[Run]) -> str:
    seconds, cpu = median(run.seconds for run in runs), median(run.cpu_seconds for run in runs)
    if runs[0].peak_mb == 0:  # within a process that does more than this, or in many
        return f"{seconds:.3f} / {cpu:.3f}" if cpu else f"{seconds:.3f}"
    return f"{seconds:.2f} / {cpu:.2f} / {max(run.peak_mb for run in runs):.0f}"


def _json(figure: Line, measured: Measured) -> dict[str, Any]:
    return {
        "figure": figure.key,
        "asked": _asked(figure.asked),
        "measured": round(measured.value, 3),
        "met": figure.asked.met_by(measured.value),
        "runs": {
            name: [
                {
                    "seconds": round(run.seconds, 3),
                    "cpu_seconds": round(run.cpu_seconds, 3),
                    "peak_mb": round(run.peak_mb, 1),
                }
                for run in runs
            ]
            for name, runs in measured.sides.items()
        },
    }
