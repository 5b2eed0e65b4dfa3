"""What is in the package: everything that the app needs, and nothing without a reason."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

import pytest

from devstack.publish.installation import Installation
from devstack.publish.requirements import RUNTIME, direct, installed, needed_by, pins
from tests.publish.sources import imports, modules, named, reached

# Every published file begins with one of these.
REASONS = {
    "function_app.py": "what the host indexes",
    "host.json": "what the host obeys",
    "requirements.txt": "what the remote build installs",
    "datasets.toml": "the definitions",
    "blueprints/": "triggers and routes",
    "shared/": "the work",
    "web/": "pages that the app serves",
}
# Direct requirements that no line of the app imports.
NOT_IMPORTED = {"tzdata": "zoneinfo reads it where the system has no time zones"}

FIND = """
import json, sys, importlib.util
def is_there(name):
    try:
        return importlib.util.find_spec(name) is not None
    except ModuleNotFoundError:
        return False
print(json.dumps([name for name in sys.stdin.read().split() if is_there(name)]))
"""


@pytest.fixture(scope="module")
def outside(app: Path) -> set[str]:
    """The modules that the app imports and neither contains nor finds in the standard library."""
    own = {name.split(".")[0] for name in modules(app)}
    named = {name for file in modules(app).values() for name in imports(file)}
    return {name for name in named if name.split(".")[0] not in own}


def found(installation: Installation, names: set[str]) -> set[str]:
    done = subprocess.run(
        installation.python(FIND), input="\n".join(names), capture_output=True, text=True, check=True, env={}
    )
    return set(json.loads(done.stdout))


def owners(installation: Installation, names: set[str]) -> set[str]:
    """The distributions that bring these modules."""
    brought = {
        str(file.with_suffix("")).removesuffix("/__init__").replace("/", "."): name
        for name, distribution in installed(installation.packages).items()
        for file in distribution.files or ()
        if file.suffix == ".py"
    }
    return {brought[name] for name in names if name in brought}


def top_level(installation: Installation) -> set[str]:
    """Every top-level module of the app's packages."""
    files = [str(file) for one in installed(installation.packages).values() for file in one.files or ()]
    names = {file.split("/")[0].removesuffix(".py") for file in files if file.endswith(".py")}
    return {name for name in names if name.isidentifier()}


def test_every_published_file_has_a_reason(names: list[str]) -> None:
    assert [name for name in names if not name.startswith(tuple(REASONS))] == []


def test_folders_of_code_hold_nothing_but_code(names: list[str]) -> None:
    assert [name for name in names if name.startswith(("blueprints/", "shared/")) and not name.endswith(".py")] == []


def test_every_published_module_is_used_by_the_app(app: Path) -> None:
    assert set(modules(app)) - reached(app, "function_app") == set()


def test_requirements_install_what_they_pin_and_nothing_else(installation: Installation) -> None:
    versions = {name: one.version for name, one in installed(installation.packages).items()}
    assert versions == pins(RUNTIME)


def test_every_pin_is_needed_by_what_the_app_asks_for(installation: Installation) -> None:
    assert set(needed_by(direct(RUNTIME), installed(installation.packages))) == set(pins(RUNTIME))


def test_everything_that_the_app_imports_is_installed(app: Path, installation: Installation) -> None:
    own = {name.split(".")[0] for name in modules(app)}
    wanted = {name for file in modules(app).values() for name in named(file) if name.split(".")[0] not in own}
    assert wanted - found(installation, wanted) == set()


def test_what_the_app_asks_for_is_what_it_imports(installation: Installation, outside: set[str]) -> None:
    assert owners(installation, outside) | set(NOT_IMPORTED) == set(direct(RUNTIME))


def test_the_host_brings_nothing_that_the_app_must_bring_itself(installation: Installation, tmp_path: Path) -> None:
    assert found(Installation(tmp_path, installation.platform), top_level(installation)) == set()
