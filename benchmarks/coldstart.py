"""`make bench-coldstart`: from process start to the first answer, what is imported for it, and what is published."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from benchmarks import coldstart_imports, coldstart_sizes, report
from benchmarks.coldstart_host import ColdStarts, cold_starts
from benchmarks.command import RESULTS
from benchmarks.measure import BenchmarkError
from devstack.errors import StackError

TEXT = """\
# Cold start, measured

Made by `make bench-coldstart`. The package that `python -m devstack pack` makes, on what `pip install --target` makes
of requirements.txt, in the local host. As on Azure, packages have their bytecode, the app has none, and none is
written. A run is a process of its own, from its start to the whole answer to `GET /api/health`. The other side is
[`hello_app`](../hello_app/function_app.py), which has the same triggers, bindings and routes on the same packages, and
nothing behind them. Both run in turn, {runs} times; the ratio is the median over the pairs. With telemetry on both
export to Application Insights at an address where nothing listens. What Azure adds (an instance, its own host, the
mount of the package) is on neither side; nothing was deployed.
"""
IMPORTS = """\
## What indexing imports

`python -X importtime`, median of {runs} processes, which that option slows. A module's time is its own, without what it
imports.

"""
SIZES = "## What is published\n\n"


def run(arguments: list[str]) -> int:
    """Exit status 0 all met, 1 not all, 2 nothing measured."""
    options = _parser().parse_args(arguments)
    facts = report.machine(compared=())
    try:
        with cold_starts(2 if options.quick else options.runs) as bench:
            results = []
            print(report.HEAD, end="")
            for found in bench.figures():
                results.append(found)
                print(report.line(*found), end="", flush=True)
            rest = _tables(bench)
    except (BenchmarkError, StackError) as error:
        print(error, file=sys.stderr)
        return 2
    print(rest)
    if not options.quick:
        write(RESULTS, options.runs, facts, results, rest)
    return 0 if all(line.asked.met_by(measured.value) for line, measured in results) else 1


def write(folder: Path, runs: int, facts: report.Facts, results: report.Results, rest: str) -> None:
    """`coldstart.md` and `coldstart.json`."""
    folder.mkdir(parents=True, exist_ok=True)
    lines = "".join(report.line(*one) for one in results)
    page = f"{TEXT.format(runs=runs)}\n{report.shown(facts)}\n\n{report.HEAD}{lines}\n{rest}"
    (folder / "coldstart.md").write_text(page, encoding="utf-8")
    report.write_json(folder / "coldstart.json", {"machine": facts, "runs": runs}, results)


def _tables(bench: ColdStarts) -> str:
    imports = coldstart_imports.measure(bench.installation, bench.app, bench.settings, bench.runs)
    sizes = coldstart_sizes.table(bench.package, bench.installation.packages)
    return f"{IMPORTS.format(runs=bench.runs)}{imports.table()}\n{SIZES}{sizes}"


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="make bench-coldstart ARGS=…",
        description="Cold starts of the published package, beside those of an app that does nothing.",
    )
    parser.add_argument("--runs", type=int, default=15, metavar="N", help="pairs of each figure (%(default)s)")
    parser.add_argument("--quick", action="store_true", help="two pairs, nothing written: does it work?")
    return parser


if __name__ == "__main__":
    sys.exit(run(sys.argv[1:]))
