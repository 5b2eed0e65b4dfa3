"""`.funcignore` publishes what the app runs on and nothing else, as each tool that reads it understands it."""

from __future__ import annotations

import re
import subprocess
from collections.abc import Callable
from pathlib import Path

import pathspec
import pytest

from devstack.publish.core_tools import Funcignore

ROOT = Path(__file__).parents[3]
TEXT = (ROOT / ".funcignore").read_text(encoding="utf-8")
PATTERNS = [line for line in TEXT.splitlines() if line and not line.startswith("#")]

PUBLISHED = {"function_app.py", "blueprints", "shared", "web", "host.json", "requirements.txt", "datasets.toml"}
MADE_BY_TOOLS = [
    ".azure/dev/.env",
    ".coverage",
    ".devstack/azurite/blob",
    ".env",
    ".git/config",
    ".github/workflows/ci.yml",
    ".mypy_cache/3.13/x.json",
    ".pytest_cache/README.md",
    ".python_packages/lib/site-packages/polars/__init__.py",
    ".ruff_cache/CACHEDIR.TAG",
    ".venv/bin/python",
    ".vscode/settings.json",
    "__pycache__/function_app.cpython-313.pyc",
    "blueprints/__pycache__/http.cpython-313.pyc",
    "local.settings.json",
    "node_modules/azurite/package.json",
    "shared/stores/__pycache__/blobs.cpython-313.pyc",
]
# Names that an unanchored pattern would take out of the app by mistake.
DEEPER = ["blueprints/docs.py", "shared/docs/page.html", "shared/samples/x.py", "shared/infra/x.py", "shared/LICENSE"]

type Ignores = Callable[[str], bool]


def as_git_reads_it(path: str) -> bool:
    """Whether azd and VS Code leave a file out."""
    return pathspec.GitIgnoreSpec.from_lines(PATTERNS).match_file(path)


def as_core_tools_read_it(path: str) -> bool:
    """Whether `func azure functionapp publish` leaves a file out."""
    return Funcignore(TEXT).denies(path)


@pytest.fixture(params=[as_git_reads_it, as_core_tools_read_it])
def ignores(request: pytest.FixtureRequest) -> Ignores:
    reader: Ignores = request.param
    return reader


def test_the_patterns_use_only_what_both_readers_know() -> None:
    assert [pattern for pattern in PATTERNS if re.search(r"[!?\[\]\\]|/$|\s", pattern)] == []


@pytest.mark.parametrize("name", sorted(PUBLISHED))
def test_what_the_app_runs_on_is_published(ignores: Ignores, name: str) -> None:
    files = [name, *(f"{name}/{file}" for file in ("__init__.py", "deeper/module.py", "page.html") if "." not in name)]
    assert [file for file in files if ignores(file)] == []


def test_every_file_of_the_app_is_published(ignores: Ignores) -> None:
    files = [
        path.relative_to(ROOT).as_posix()
        for folder in ("blueprints", "shared", "web")
        for path in (ROOT / folder).rglob("*")
        if path.is_file() and path.suffix != ".pyc"
    ]
    assert files
    assert [file for file in files if ignores(file)] == []


@pytest.mark.parametrize("path", DEEPER)
def test_a_name_that_is_left_out_at_the_top_is_published_deeper(ignores: Ignores, path: str) -> None:
    assert not ignores(path)


def test_nothing_else_of_this_folder_is_published(ignores: Ignores) -> None:
    # What is in the repository; a note that somebody has left in the folder is no matter of the tests.
    listed = subprocess.run(["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=True).stdout
    others = [file for file in listed.splitlines() if file.split("/")[0] not in PUBLISHED]
    assert others
    assert [file for file in others if not ignores(file)] == [], "would be published: add it to .funcignore"


@pytest.mark.parametrize("path", MADE_BY_TOOLS)
def test_what_tools_leave_behind_is_not_published(ignores: Ignores, path: str) -> None:
    assert ignores(path)
