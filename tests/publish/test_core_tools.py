"""The package as Core Tools make it. Expectations: what their GitIgnoreParser, FileSystemHelpers and ZipHelper say."""

from __future__ import annotations

from pathlib import Path
from zipfile import ZipFile

import pytest

from devstack.errors import StackError
from devstack.publish.core_tools import Funcignore, published, write_zip


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """The least that can be published."""
    for name in ("host.json", "requirements.txt"):
        (tmp_path / name).write_text("{}")
    return tmp_path


def add(project: Path, *names: str) -> None:
    for name in names:
        (project / name).parent.mkdir(parents=True, exist_ok=True)
        (project / name).write_text("x")


@pytest.mark.parametrize(
    ("pattern", "path"),
    [
        ("docs", "docs/a.md"),
        ("/docs", "docs/a.md"),
        ("docs", "docs-old/a.md"),  # a beginning that ends with a word
        ("*.md", "README.md"),
        ("**/*.pyc", "a/b/c.pyc"),
        ("  docs  ", "docs"),
        ("docs/", "docs/a.md"),
    ],
)
def test_a_pattern_takes_out(pattern: str, path: str) -> None:
    assert Funcignore(pattern).denies(path)


@pytest.mark.parametrize(
    ("pattern", "path"),
    [
        ("docs", "shared/docs/a.md"),  # Git would
        ("doc", "docs/a.md"),
        (".venv*", ".venv/bin/python"),  # `*` is one character or more
        ("**/*.pyc", "c.pyc"),  # so is `**`
        ("*.md", "a/README.md"),  # and `*` stays in its folder
        ("# docs", "docs"),
        ("a.b", "axb"),
        ("docs/", "docs/.a.md"),  # for the boundary of a word must follow the slash
        ("docs\n!docs/kept", "docs/kept"),
    ],
)
def test_a_pattern_leaves_in(pattern: str, path: str) -> None:
    assert not Funcignore(pattern).denies(path)


def test_what_lies_about_is_published(project: Path) -> None:
    add(project, "note.txt", "deep/er/file.py")
    assert published(project) == ["deep/er/file.py", "host.json", "note.txt", "requirements.txt"]


def test_what_funcignore_names_stays_behind(project: Path) -> None:
    add(project, "docs/a.md", "tests/b.py", "app.py")
    (project / ".funcignore").write_text("docs\ntests\n")
    assert published(project) == ["app.py", "host.json", "requirements.txt"]


@pytest.mark.parametrize(
    "path", [".git/HEAD", "a/.vscode/settings.json", "local.settings.json", "a/LOCAL.settings.json"]
)
def test_some_things_are_never_published(project: Path, path: str) -> None:
    add(project, path)
    assert published(project) == ["host.json", "requirements.txt"]


def test_files_behind_a_link_are_published(project: Path, tmp_path_factory: pytest.TempPathFactory) -> None:
    elsewhere = tmp_path_factory.mktemp("elsewhere")
    add(elsewhere, "a.py")
    (project / "linked").symlink_to(elsewhere)
    assert "linked/a.py" in published(project)


@pytest.mark.parametrize("name", ["host.json", "requirements.txt"])
def test_without_its_files_nothing_is_published(project: Path, name: str) -> None:
    (project / name).unlink()
    with pytest.raises(StackError, match=f"{name} is missing"):
        published(project)


def test_files_are_packed_as_they_are_and_may_be_read_by_all(project: Path) -> None:
    add(project, "app.py")
    (project / "app.py").chmod(0o700)
    write_zip(project, ["app.py"], project / "out" / "app.zip")
    (entry,) = ZipFile(project / "out" / "app.zip").infolist()
    assert (entry.filename, entry.external_attr >> 16, entry.create_system) == ("app.py", 0o100666, 3)
