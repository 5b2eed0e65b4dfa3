"""What indexing the app imports, and how long each part of that takes."""

from __future__ import annotations

import re
import subprocess
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from statistics import median

from benchmarks.measure import BenchmarkError
from devstack.publish.installation import Installation
from devstack.publish.requirements import installed

LARGEST = 20
STANDARD = "Python's standard library"
# What the app imports later, each by the first function that needs it.
LATER = {
    "polars": "ingest, refresh, rolling reports up",
    "azure.cosmos": "what reads or writes records and reports",
    "azure.monitor.opentelemetry": "all, where telemetry is on",
}
_INDEX = "import sys; sys.path.insert(0, sys.argv[1]); import function_app"
_LINE = re.compile(r"import time:\s+(\d+) \|\s+(\d+) \| +(\S+)")


@dataclass(frozen=True, slots=True)
class Imports:
    """Milliseconds by part: of indexing, and of what comes later with all that it brings."""

    indexing: Mapping[str, float]
    modules: Mapping[str, int]
    later: Mapping[str, float]

    def table(self) -> str:
        """The largest parts of indexing, then the rest, then what comes later."""
        largest = sorted(self.indexing, key=lambda part: self.indexing[part], reverse=True)
        rows = [(part, self.modules[part], self.indexing[part]) for part in largest[:LARGEST]]
        rest = largest[LARGEST:]
        rows.append(("the rest", sum(self.modules[part] for part in rest), sum(self.indexing[part] for part in rest)))
        rows.append(("**in all**", sum(self.modules.values()), sum(self.indexing.values())))
        lines = [f"| {part} | {count} | {ms:.1f} |" for part, count, ms in rows]
        lines += [f"| later, for {LATER[name]}: {name} | | {ms:.0f} |" for name, ms in self.later.items()]
        return "\n".join(["| part | modules | ms |", "|---|---|---|", *lines, ""])


def measure(installation: Installation, app: Path, settings: Mapping[str, str], runs: int) -> Imports:
    """Medians over processes that do nothing but index the app, then import one thing that it needs later."""
    parts = _Parts(installation)
    found = [_imported(installation, app, settings) for _ in range(runs)]
    names = {name for one in found for name in one}
    own = {name: median(one.get(name, (0, 0))[0] for one in found) / 1000 for name in names}
    indexing, modules = Counter[str](), Counter[str]()
    for name, ms in own.items():
        indexing[parts.of(name)] += ms  # type: ignore[assignment]  # Counter counts what can be added
        modules[parts.of(name)] += 1
    later = {name: _later(installation, app, settings, name, runs) for name in LATER}
    return Imports(indexing, modules, later)


class _Parts:
    """Which part a module belongs to: a package of requirements.txt, a folder of the app, Python's own."""

    def __init__(self, installation: Installation) -> None:
        self._owners = {
            str(file).split(".")[0].removesuffix("/__init__").replace("/", "."): name
            for folder in (installation.packages, installation.platform)
            for name, one in installed(folder).items()
            for file in one.files or ()
            if file.suffix in (".py", ".so")
        }

    def of(self, module: str) -> str:
        if module.partition(".")[0] in ("function_app", "blueprints", "shared"):
            return "the app: " + "/".join(module.split(".")[: 2 if module.startswith("shared") else 1])
        owner = self._owners.get(module) or self._owners.get(module.partition(".")[0])
        return owner or (STANDARD if module != "azure" else "azure-core")


def _imported(
    installation: Installation, app: Path, settings: Mapping[str, str], then: str = ""
) -> dict[str, tuple[int, int]]:
    """Module → microseconds of its own, and with all that it imports."""
    command = installation.python(f"{_INDEX}{'; import ' if then else ''}{then}", "-X", "importtime")
    done = subprocess.run([*command, app], env=dict(settings), capture_output=True, text=True, check=False)
    if done.returncode:
        raise BenchmarkError(f"The app cannot be indexed:\n{done.stderr[-2000:]}")
    return {name: (int(own), int(all_)) for own, all_, name in _matches(done.stderr.splitlines())}


def _matches(lines: Iterable[str]) -> Iterable[tuple[str, str, str]]:
    for line in lines:
        if found := _LINE.match(line):
            yield found[1], found[2], found[3]


def _later(installation: Installation, app: Path, settings: Mapping[str, str], name: str, runs: int) -> float:
    return median(_imported(installation, app, settings, name)[name][1] for _ in range(runs)) / 1000
