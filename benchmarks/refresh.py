"""`make bench-refresh`: the figures of refresh and of many files at once, each with what is asked of it."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable
from pathlib import Path

from benchmarks import report, uploads
from benchmarks.figures import Line, Measured
from benchmarks.measure import ROOT, BenchmarkError
from benchmarks.refresh_figures import QUICK, Found, RefreshBench, Sizes, changes, large, partials
from devstack.errors import StackError

RESULTS = ROOT / "benchmarks" / "results"
HEAD = """\
| figure | asked | measured | | each side: median s, of CPU |
|---|---|---|---|---|
"""
GROUPS: dict[str, Callable[[RefreshBench], Found]] = {
    "changes": changes,
    "partials": partials,
    "large": large,
    "uploads": uploads.at_once,
}


def main(arguments: list[str]) -> int:
    """Measure and print; a whole measurement is written down. Exit status 0 all met, 1 not all, 2 nothing measured."""
    options = _parser().parse_args(arguments)
    bench = RefreshBench(QUICK if options.quick else Sizes())
    facts = report.machine(compared=())
    results: list[tuple[Line, Measured]] = []
    try:
        print(HEAD, end="")
        for group in options.only or GROUPS:
            for found in GROUPS[group](bench):
                results.append(found)
                print(report.line(*found), end="", flush=True)
    except (BenchmarkError, StackError) as error:
        print(error, file=sys.stderr)
        return 2
    print(_profile(bench))
    if not options.quick and not options.only:
        write(RESULTS, bench, facts, results)
    return 0 if all(line.asked.met_by(measured.value) for line, measured in results) else 1


def write(folder: Path, bench: RefreshBench, facts: report.Facts, results: report.Results) -> None:
    """`refresh.md` and `refresh.json`."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "refresh.md").write_text(_markdown(bench, facts, results), encoding="utf-8")
    report.write_json(folder / "refresh.json", {"machine": facts, "calls": bench.profile}, results)


def _markdown(bench: RefreshBench, facts: report.Facts, results: report.Results) -> str:
    return f"""\
# Refresh, measured

Made by `make bench-refresh`. The app's own code in one process, over the wire to Azurite and the Cosmos DB emulator,
which share the machine with it and are not counted in its CPU time; every side of a ratio has emulators of its own, and
the sides run in turn. Only `refresh` is timed, and after each run the report must be right. For files uploaded at once
there is a whole local stack, with the app's functions or with the one in `textbook_app`.

{report.shown(facts)}

{HEAD}{"".join(report.line(*one) for one in results)}
{_profile(bench)}"""


def _profile(bench: RefreshBench) -> str:
    """What a refresh asks of its stores."""
    rows = "".join(f"| {what} | {calls} |\n" for what, calls in bench.profile.items())
    return f"## Calls\n\n| | calls, and ms in all of one kind (side by side ones added up) |\n|---|---|\n{rows}"


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="make bench-refresh ARGS=…",
        description=__doc__,
        epilog="Results are written only for all figures in full size; otherwise they are printed.",
    )
    parser.add_argument("--only", nargs="+", metavar="GROUP", choices=list(GROUPS), help="some of: %(choices)s")
    parser.add_argument("--quick", action="store_true", help="little of everything: does it work?")
    return parser


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
