"""`make bench-ingest`: the figures of ingest, each with what is asked of it."""

from __future__ import annotations

import argparse
import sys

from benchmarks import report
from benchmarks.figures import FIGURES, Bench
from benchmarks.measure import ROOT, BenchmarkError
from benchmarks.workspace import Workspace
from devstack.errors import StackError

ROWS, RUNS = 1_000_000, 5
QUICK_ROWS, QUICK_RUNS = 50_000, 1
RESULTS = ROOT / "benchmarks" / "results"


def main(arguments: list[str]) -> int:
    """Measure and print; a whole measurement is written down. Exit status 0 all met, 1 not all, 2 nothing measured."""
    options = _parser().parse_args(arguments)
    rows = options.rows or (QUICK_ROWS if options.quick else ROWS)
    bench = Bench(Workspace(), rows, options.runs or (QUICK_RUNS if options.quick else RUNS), options.keep)
    figures = [figure for figure in FIGURES if not options.only or figure.key in options.only]
    facts = report.machine()
    try:
        print(report.HEAD, end="")
        results = []
        for figure in figures:
            results.append((figure, figure.measure(bench)))
            print(report.line(*results[-1]), end="", flush=True)
    except (BenchmarkError, StackError) as error:
        print(error, file=sys.stderr)
        return 2
    if rows == ROWS and bench.runs >= RUNS and len(figures) == len(FIGURES):
        report.write(RESULTS, bench, facts, results)
    return 0 if all(figure.asked.met_by(measured.value) for figure, measured in results) else 1


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="make bench-ingest ARGS=…",
        description=__doc__,
        epilog="Results are written only for all figures on all rows; otherwise they are printed.",
    )
    parser.add_argument(
        "--rows", type=int, metavar="N", help=f"rows of the file ({ROWS:,}); memory also on 8 and 40 times as many"
    )
    parser.add_argument("--runs", type=int, metavar="N", help=f"runs of each side ({RUNS})")
    parser.add_argument(
        "--only", nargs="+", metavar="FIGURE", choices=[figure.key for figure in FIGURES], help="some of: %(choices)s"
    )
    parser.add_argument("--quick", action="store_true", help=f"{QUICK_ROWS:,} rows, {QUICK_RUNS} run: does it work?")
    parser.add_argument("--keep", action="store_true", help="keep the largest file")
    return parser


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
