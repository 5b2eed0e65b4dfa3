"""`make bench-api`: the figures of the reports API, each with what is asked of it."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable
from pathlib import Path

from benchmarks import api_host, report
from benchmarks.api_figures import QUICK, ApiBench, Found, Sizes, large, period
from benchmarks.figures import Line, Measured
from benchmarks.measure import ROOT, BenchmarkError
from devstack.errors import StackError

RESULTS = ROOT / "benchmarks" / "results"
HEAD = """\
| figure | asked | measured | | each side: median s, of CPU |
|---|---|---|---|---|
"""
GROUPS: dict[str, Callable[[ApiBench], Found]] = {"period": period, "large": large, "host": api_host.host}


def main(arguments: list[str]) -> int:
    """Measure and print; a whole measurement is written down. Exit status 0 all met, 1 not all, 2 nothing measured."""
    options = _parser().parse_args(arguments)
    bench = ApiBench(QUICK if options.quick else Sizes())
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


def write(folder: Path, bench: ApiBench, facts: report.Facts, results: report.Results) -> None:
    """`api.md` and `api.json`."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "api.md").write_text(_markdown(bench, facts, results), encoding="utf-8")
    report.write_json(folder / "api.json", {"machine": facts, "calls": bench.profile}, results)


def _markdown(bench: ApiBench, facts: report.Facts, results: report.Results) -> str:
    sizes = bench.sizes
    return f"""\
# The API, measured

Made by `make bench-api`. The handler of `GET /reports/{{report}}/{{period}}` is called in this process, over the wire
to the Cosmos DB emulator; what its stores take is measured and taken off. Through the local host: {sizes.connections}
connections that stay open, {sizes.seconds:g} s for each route in turn, {sizes.loads} times, and a host of its own for
the constant; hosts, emulators and the client share the machine. Ratios are medians over pairs, one right after the
other.

{report.shown(facts)}

{HEAD}{"".join(report.line(*one) for one in results)}
{_profile(bench)}"""


def _profile(bench: ApiBench) -> str:
    """What a request asks of its stores."""
    rows = "".join(f"| {what} | {calls} |\n" for what, calls in bench.profile.items())
    return f"## Calls\n\n| | calls, and ms in all of one kind |\n|---|---|\n{rows}"


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="make bench-api ARGS=…",
        description=__doc__,
        epilog="Results are written only for all figures in full size; otherwise they are printed.",
    )
    parser.add_argument("--only", nargs="+", metavar="GROUP", choices=list(GROUPS), help="some of: %(choices)s")
    parser.add_argument("--quick", action="store_true", help="little of everything: does it work?")
    return parser


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
