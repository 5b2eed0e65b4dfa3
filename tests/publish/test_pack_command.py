"""`python -m devstack pack`: what it prints about a package."""

from __future__ import annotations

import subprocess
from pathlib import Path
from zipfile import ZIP_DEFLATED, ZipFile

import pytest

from devstack import pack


@pytest.fixture
def clone(tmp_path: Path) -> Path:
    """A repository that knows `known.py`."""
    (tmp_path / "known.py").write_text("")
    for command in (["init", "--quiet"], ["add", "known.py"]):
        subprocess.run(["git", *command], cwd=tmp_path, check=True)
    return tmp_path


def test_it_writes_the_package_and_prints_its_size(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert pack.run(["--out", str(tmp_path / "app.zip")]) == 0
    size = (tmp_path / "app.zip").stat().st_size / 1024
    assert f"app.zip: {len(ZipFile(tmp_path / 'app.zip').namelist())} files, {size:,.0f} KB" in capsys.readouterr().out


def test_it_prints_the_ten_largest_files_first_the_largest(tmp_path: Path) -> None:
    with ZipFile(tmp_path / "app.zip", "w", ZIP_DEFLATED) as package:
        for number in range(12):
            package.writestr(f"{number}.txt", bytes(range(256)) * 4 * number)
    lines = pack.summary(tmp_path / "app.zip").splitlines()[-10:]
    assert [line.split()[-1] for line in lines] == [f"{number}.txt" for number in range(11, 1, -1)]


def test_it_names_what_git_does_not_know(clone: Path) -> None:
    assert pack.not_in_git(clone, ["known.py", "note.txt"]) == ["note.txt"]


def test_without_a_repository_it_names_nothing(tmp_path: Path) -> None:
    assert pack.not_in_git(tmp_path, ["note.txt"]) == []


def test_a_place_that_cannot_be_written_is_one_line(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "file").touch()
    assert pack.run(["--out", str(tmp_path / "file" / "app.zip")]) == 2
    assert "Not packed: " in capsys.readouterr().err
