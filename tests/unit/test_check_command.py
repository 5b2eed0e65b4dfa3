"""`python -m devstack check FILE`: what the app would make of a file, without a server."""

import json
from pathlib import Path

import pytest

from devstack.check import run

DEFINITIONS = """
[datasets.sales]
files = "sales/**"
max_rejected = 0.5
[datasets.sales.columns]
id = { type = "integer", required = true }
day = { type = "date" }
[reports.by_day]
dataset = "sales"
time = "day"
period = "day"
[reports.by_day.metrics]
orders = "count"
"""


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """A current folder with definitions and some files."""
    (tmp_path / "datasets.toml").write_text(DEFINITIONS)
    (tmp_path / "sales").mkdir()
    (tmp_path / "sales/good.csv").write_text("id,day\n1,2026-11-20\nx,2026-11-20\n2,2026-11-21\n")
    (tmp_path / "sales/bad.csv").write_text("id,day\n1,2026-11-20\nx,\ny,\n")
    monkeypatch.chdir(tmp_path)
    return tmp_path


def check(*arguments):
    return run([*map(str, arguments), "--datasets", "datasets.toml"])


def written(folder: Path):
    return sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file())


def test_a_file_that_would_be_processed_is_summed_up(folder, capsys):
    assert check("sales/good.csv") == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[0] == "uploads/sales/good.csv: dataset 'sales' (defined by files = 'sales/**')"
    assert lines[1].startswith("processed: 3 rows, 2 records, 1 rejected")
    assert lines[2] == "columns: id integer, day date"
    assert lines[3].split() == ["1", "type"]
    assert lines[4] == "first: type: line 3: column id: 'x' is not a whole number of at most 64 bits."
    assert lines[5] == "counts in: by_day/2026-11-20, by_day/2026-11-21"


def test_a_file_that_would_be_rejected_says_why_and_exits_1(folder, capsys):
    assert check("sales/bad.csv") == 1
    output = capsys.readouterr().out
    assert "REJECTED: 3 rows, 0 records, 3 rejected" in output
    assert "why: too_many_rejects: line 3: column id: 2 of 3 rows are bad" in output


def test_nothing_is_written_without_a_folder_to_write_to(folder):
    before = written(folder)
    check("sales/good.csv")
    assert written(folder) == before


def test_outputs_lie_in_folders_called_like_the_containers(folder):
    assert check("sales/good.csv", "--out", "out") == 0
    names = written(folder / "out")
    assert names[-2:] == ["processed/sales/good.json", "rejected/sales/good.csv"]
    assert [name.split("/")[:3] for name in names[:-2]] == [
        ["partials", "by_day", "2026-11-20"],
        ["partials", "by_day", "2026-11-21"],
    ]
    document = json.loads((folder / "out/processed/sales/good.json").read_text())
    assert document["records"] == [{"id": 1, "day": "2026-11-20"}, {"id": 2, "day": "2026-11-21"}]


def test_a_rejected_file_leaves_no_outputs_and_takes_away_older_ones(folder):
    check("sales/good.csv", "--as", "sales/x.csv", "--out", "out")
    check("sales/bad.csv", "--as", "sales/x.csv", "--out", "out")
    assert [name for name in written(folder / "out") if not name.startswith("partials/")] == []


def test_the_name_decides_the_dataset(folder, capsys):
    assert check("sales/bad.csv", "--as", "other/bad.csv") == 0
    assert "dataset 'other' (no definition, types inferred)" in capsys.readouterr().out


def test_folders_outside_the_current_one_are_not_part_of_the_name(folder, capsys, monkeypatch):
    monkeypatch.chdir(folder / "sales")
    for file in (Path("../sales/good.csv"), folder / "sales/good.csv"):
        assert run([str(file), "--datasets", "../datasets.toml", "--out", "out"]) == 0
        assert capsys.readouterr().out.startswith("uploads/good.csv: dataset 'default'")
    assert (folder / "sales/out/processed/good.json").is_file()


@pytest.mark.parametrize("name", ["../x.csv", "/x.csv", "a/../../x.csv"])
def test_a_name_that_leads_out_of_the_folder_is_refused(folder, capsys, name):
    assert check("sales/good.csv", "--as", name, "--out", "out") == 2
    assert "no name for an upload" in capsys.readouterr().err


@pytest.mark.parametrize("file", ["nothing.csv", "sales"])
def test_a_file_that_cannot_be_read_is_one_line(folder, capsys, file):
    assert check(file) == 2
    assert len(capsys.readouterr().err.splitlines()) == 1


def test_a_folder_that_cannot_be_written_is_one_line(folder, capsys):
    assert check("sales/good.csv", "--out", "datasets.toml") == 2
    assert len(capsys.readouterr().err.splitlines()) == 1


def test_mistakes_in_the_definitions_are_told(folder, capsys):
    (folder / "datasets.toml").write_text(DEFINITIONS + 'average = "mean(price)"\n')
    assert check("sales/good.csv") == 2
    assert "price" in capsys.readouterr().err


def test_missing_definitions_are_told(folder, capsys):
    (folder / "datasets.toml").unlink()
    assert check("sales/good.csv") == 2
    assert "datasets.toml" in capsys.readouterr().err


def test_a_file_in_a_folder_named_like_a_report_would_be_rejected(folder, capsys):
    assert check("sales/good.csv", "--as", "by_day/x.csv") == 1
    assert "by_day" in capsys.readouterr().err
