"""The benchmark of cold starts compares the app with one that has the same triggers, and says why parts are large."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any
from zipfile import ZipFile

import pytest

from benchmarks import coldstart, coldstart_sizes
from benchmarks.coldstart_host import HELLO_APP
from benchmarks.coldstart_imports import Imports
from benchmarks.figures import Line, Measured, at_most
from benchmarks.measure import ROOT, BenchmarkError, Run
from benchmarks.report import machine

BINDINGS = """
import json, function_app
functions = function_app.app.get_functions()
print(json.dumps({f.get_function_name(): json.loads(f.get_function_json())["bindings"] for f in functions}))
"""


def bindings(app: Path) -> dict[str, Any]:
    settings = json.loads((ROOT / "local.settings.json.example").read_text())["Values"]
    done = subprocess.run(
        [sys.executable, "-c", BINDINGS], cwd=app, env=os.environ | settings, capture_output=True, text=True, check=True
    )
    return json.loads(done.stdout.splitlines()[-1])


@pytest.fixture
def package(tmp_path: Path) -> Path:
    """A package with two parts."""
    with ZipFile(tmp_path / "app.zip", "w") as entries:
        entries.writestr("blueprints/a.py", b"x" * 2048)
        entries.writestr("shared/ingest/deeper/b.py", b"x" * 1024)
        entries.writestr("shared/ingest/c.py", b"x" * 3072)
    return tmp_path / "app.zip"


@pytest.fixture
def packages(tmp_path: Path) -> Path:
    """A folder with one package of 2 MB."""
    about = tmp_path / "packages" / "polars-2.dist-info"
    about.mkdir(parents=True)
    (about / "METADATA").write_text("Metadata-Version: 2.4\nName: polars\nVersion: 2\n")
    (about / "RECORD").write_text("polars.py,,\npolars-2.dist-info/METADATA,,\n")
    (tmp_path / "packages" / "polars.py").write_bytes(b"#" * 2 * 1024 * 1024)
    return tmp_path / "packages"


def test_the_other_app_has_the_same_triggers_bindings_and_routes() -> None:
    assert bindings(HELLO_APP) == bindings(ROOT)


def test_the_other_app_runs_under_the_same_host_json() -> None:
    assert json.loads((HELLO_APP / "host.json").read_text()) == json.loads((ROOT / "host.json").read_text())


def test_sizes_are_those_of_folders(package: Path) -> None:
    sizes = {name: part.unpacked for name, part in coldstart_sizes.of_package(package).items()}
    assert sizes == {"blueprints": 2048, "shared/ingest": 4096}


def test_the_largest_parts_come_first_and_with_their_reasons(package: Path, packages: Path) -> None:
    rows = [line for line in coldstart_sizes.table(package, packages).splitlines() if line.startswith("| ")]
    assert [row.split(" | ")[0].strip("| ") for row in rows] == [
        "part",
        "shared/ingest",
        "blueprints",
        "package",
        "polars",
    ]
    assert "2.0 MB | the engine's Python side |" in rows[-1]


def test_a_large_part_without_a_reason_is_an_error(package: Path, packages: Path) -> None:
    with ZipFile(package, "a") as entries:
        entries.writestr("extra/a.bin", b"x")
    with pytest.raises(BenchmarkError, match="extra is one of the largest parts"):
        coldstart_sizes.table(package, packages)


def test_what_is_imported_is_shown_with_the_slowest_first_and_in_all() -> None:
    found = Imports({"quick": 1.0, "slow": 2.5}, {"quick": 3, "slow": 4}, {"polars": 80.0})
    rows = found.table().splitlines()[2:]
    assert rows[:2] == ["| slow | 4 | 2.5 |", "| quick | 3 | 1.0 |"]
    assert "| **in all** | 7 | 3.5 |" in rows
    assert rows[-1].endswith("polars | | 80 |")


def test_results_are_written_for_people_and_for_programs(tmp_path: Path) -> None:
    found = [(Line("off", "cold start", at_most(1.15)), Measured(1.1, {"app": [Run(0.5, 0.4, 60.0, "")]}))]
    coldstart.write(tmp_path, 3, machine(compared=()), found, "## What is published\n")
    assert "| cold start | ≤ 1.15× | 1.10× | met | app 0.50 / 0.40 / 60 |" in (tmp_path / "coldstart.md").read_text()
    assert json.loads((tmp_path / "coldstart.json").read_text())["figures"][0]["met"]
