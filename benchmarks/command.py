"""The command line of the benchmarks whose figures come in groups: measure, print, write a whole measurement down."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from benchmarks import report
from benchmarks.figures import Line, Measured
from benchmarks.measure import ROOT, BenchmarkError
from devstack.errors import StackError

RESULTS = ROOT / "benchmarks" / "results"
HEAD = """\
| figure | asked | measured | | each side: median s, of CPU |
|---|---|---|---|---|
"""

type Groups[B] = Mapping[str, Callable[[B], Iterable[tuple[Line, Measured]]]]
CALLS = "## Calls\n\n| | calls, and ms in all of one kind (side by side ones added up) |"


class Profiled(Protocol):
    """A benchmark that finds more than figures."""

    @property
    def profile(self) -> Mapping[str, str]: ...


@dataclass(frozen=True, slots=True)
class Command[B: Profiled]:
    """`make bench-{name}`. `text` says how the figures of a whole measurement were made."""

    name: str
    about: str
    text: str
    groups: Groups[B]
    bench_of: Callable[[bool], B]  # a quick one, or not
    details: str = CALLS  # what the profile is a table of

    def run(self, arguments: list[str]) -> int:
        """Exit status 0 all met, 1 not all, 2 nothing measured."""
        options = self._parser().parse_args(arguments)
        bench = self.bench_of(options.quick)
        facts = report.machine(compared=())
        results: list[tuple[Line, Measured]] = []
        try:
            print(HEAD, end="")
            for group in options.only or self.groups:
                for found in self.groups[group](bench):
                    results.append(found)
                    print(report.line(*found), end="", flush=True)
        except (BenchmarkError, StackError) as error:
            print(error, file=sys.stderr)
            return 2
        print(self._profile(bench))
        if not options.quick and not options.only:
            self.write(RESULTS, bench, facts, results)
        return 0 if all(line.asked.met_by(measured.value) for line, measured in results) else 1

    def write(self, folder: Path, bench: B, facts: report.Facts, results: report.Results) -> None:
        """`{name}.md` and `{name}.json`."""
        folder.mkdir(parents=True, exist_ok=True)
        lines = "".join(report.line(*one) for one in results)
        page = f"{self.text}\n\n{report.shown(facts)}\n\n{HEAD}{lines}\n{self._profile(bench)}"
        (folder / f"{self.name}.md").write_text(page, encoding="utf-8")
        report.write_json(folder / f"{self.name}.json", {"machine": facts, "calls": bench.profile}, results)

    def _parser(self) -> argparse.ArgumentParser:
        parser = argparse.ArgumentParser(
            prog=f"make bench-{self.name} ARGS=…",
            description=self.about,
            epilog="Results are written only for all figures in full size; otherwise they are printed.",
        )
        parser.add_argument(
            "--only", nargs="+", metavar="GROUP", choices=list(self.groups), help="some of: %(choices)s"
        )
        parser.add_argument("--quick", action="store_true", help="little of everything: does it work?")
        return parser

    def _profile(self, bench: B) -> str:
        """What was found besides figures."""
        rows = "".join(f"| {what} | {found} |\n" for what, found in bench.profile.items())
        return f"{self.details}\n|---|---|\n{rows}"
