"""`python -m devstack check FILE`: what the app would make of a file, without a server."""

import errno
import io
import json
import os
import re
import shutil
import signal
import subprocess
import sys
import time
from contextlib import suppress
from pathlib import Path

import pytest

from devstack import files, progress
from devstack.check import run
from shared.errors import BlobChanged

ROOT = Path(__file__).parents[2]

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


def command(*arguments, **environment):
    """The command in a process of its own."""
    return subprocess.run(
        command_line(*arguments), env=surroundings(**environment), capture_output=True, text=True, check=False
    )


def command_line(*arguments):
    return [sys.executable, "-m", "devstack", "check", *map(str, arguments), "--datasets", "datasets.toml"]


def surroundings(**environment):
    return {**os.environ, "PYTHONPATH": str(ROOT), **environment}


def written(folder: Path):
    return sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file())


SUMMARY = """\
uploads/sales/good.csv: dataset 'sales' (defined by files = 'sales/**')
processed: 3 rows, 2 accepted, 1 rejected

rejected rows:
  rows  code  column  first   what is wrong there
     1  type  id      line 3  'x' is not a whole number of at most 64 bits.

columns, as defined:
  id   integer
  day  date

counts in reports:
  by_day  2026-11-20, 2026-11-21

... s, ... rows/s, ... MB/s
"""


def test_a_file_that_would_be_processed_is_summed_up(folder, capsys, looks_like):
    assert check("sales/good.csv") == 0
    looks_like(capsys.readouterr().out, SUMMARY)


def test_a_file_that_would_be_rejected_says_why_and_exits_1(folder, capsys):
    assert check("sales/bad.csv") == 1
    output = capsys.readouterr().out
    assert "REJECTED: the file as a whole; none of its 3 rows counts\n" in output
    assert "why: too_many_rejects, line 3, column id: 2 of 3 rows are bad" in output


def test_a_file_rejected_before_its_rows_are_read_has_none_to_count(folder, capsys):
    (folder / "sales/bad.csv").write_text("id,dai\n1,2026-11-20\n")
    assert check("sales/bad.csv") == 1
    output = capsys.readouterr().out
    verdict, why = output.splitlines()[1:3]
    assert verdict == "REJECTED: the file as a whole"
    assert "MB/s" not in output
    assert why.startswith("why: missing_column, line 1, column day: The header lacks 'day'")


def test_reasons_are_counted_by_code_and_column_the_most_frequent_first(folder, capsys):
    (folder / "sales/good.csv").write_text("id,day\n1,x\na,\n2,y\n3\n" + "4,\n" * 9)
    check("sales/good.csv")
    (table,) = [part for part in capsys.readouterr().out.split("\n\n") if part.startswith("rejected rows:")]
    assert [line.split("  ")[1:] for line in squeezed(table)[2:]] == [
        ["2", "type", "day", "line 2", "'x' is not a date like 2026-11-20."],
        ["1", "type", "id", "line 3", "'a' is not a whole number of at most 64 bits."],
        [
            "1",
            "too_few_fields",
            "line 5",
            "The row has 1 fields, the header 2. Write an empty field for each missing value.",
        ],
    ]


def squeezed(text):
    """The lines, with no more than two blanks between columns."""
    return [re.sub(" {2,}", "  ", line) for line in text.splitlines()]


def test_lists_are_cut_where_they_get_long(folder, capsys):
    names = [f"c{number}" for number in range(150)]
    (folder / "wide.csv").write_text(",".join(names) + "\n" + ",".join("1" * 150) + "\n")
    assert check("wide.csv") == 0
    output = capsys.readouterr().out
    assert "  c99  integer\n  and 50 more columns\n" in output


def test_text_of_the_file_cannot_command_the_terminal(folder, capsys):
    (folder / "sales/good.csv").write_text("id,day\n1,\n\x1b[2Jx,\n2,\n3,\n")
    check("sales/good.csv")
    output = capsys.readouterr().out
    assert "\x1b" not in output
    assert "\\x1b[2Jx" in output


def test_text_that_the_terminal_cannot_show_is_escaped(folder):
    (folder / "sales/good.csv").write_text("id,day\n1,\nä,\n2,\n3,\n", encoding="utf-8")
    done = command("sales/good.csv", PYTHONIOENCODING="ascii")
    assert (done.returncode, done.stderr) == (0, "")
    assert "'\\xe4' is not a whole number" in done.stdout


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


@pytest.mark.parametrize("name", ["../x.csv", "/x.csv", "a/../../x.csv", ""])
def test_a_name_that_leads_out_of_the_folder_is_refused(folder, capsys, name):
    assert check("sales/good.csv", "--as", name, "--out", "out") == 2
    assert "no name for an upload" in capsys.readouterr().err


@pytest.mark.parametrize("name", ["a b #%+*?[].csv", "ü 😀.csv", "two\nlines.csv", "-n.csv", "x'\".csv"])
def test_a_name_may_have_any_characters(folder, capsys, name):
    (folder / name).write_text("a\n1\n")
    assert run(["--datasets", "datasets.toml", "--out", "out", "--", name]) == 0
    assert (folder / "out/processed" / name).with_suffix(".json").is_file()
    assert capsys.readouterr().out.count("\n\n") == 4  # sections; no name breaks a line


def test_a_name_that_is_no_text_needs_another(folder, capsys):
    file = os.fsdecode(b"caf\xe9.csv")
    (folder / file).write_text("a\n1\n")
    assert check(file) == 2
    assert "caf\\udce9.csv is not UTF-8" in capsys.readouterr().err
    assert check(file, "--as", "café.csv") == 0


@pytest.mark.parametrize("file", ["nothing.csv", "sales", "-", "/dev/null", "pipe", "good.csv/x.csv"])
def test_a_file_that_cannot_be_read_is_one_line(folder, capsys, file):
    os.mkfifo("pipe")
    assert check(file) == 2
    assert len(capsys.readouterr().err.splitlines()) == 1


def test_a_file_that_one_may_not_read_is_one_line(folder, capsys, monkeypatch):
    def refuse(path, *_, **__):  # permissions do not bind root, as whom tests may run
        raise PermissionError(errno.EACCES, os.strerror(errno.EACCES), str(path))

    monkeypatch.setattr(Path, "open", refuse)
    assert check("sales/good.csv") == 2
    assert capsys.readouterr().err == "sales/good.csv cannot be read: Permission denied.\n"


@pytest.mark.parametrize("out", ["datasets.toml", "/dev/full"])
def test_a_folder_that_cannot_be_written_is_one_line(folder, capsys, out):
    assert check("sales/good.csv", "--out", out) == 2
    error = capsys.readouterr().err
    assert error.startswith(out)
    assert error.endswith("cannot be used: Not a directory.\n")


def test_a_full_disk_names_the_file_and_leaves_nothing(folder, capsys, monkeypatch):
    class Full(io.BufferedWriter):
        def write(self, _):
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(Path, "open", full_where_written(Path.open, Full))
    assert check("sales/good.csv", "--out", "out") == 2
    assert capsys.readouterr().err == "out/processed/sales/good.json cannot be used: No space left on device.\n"
    assert written(folder / "out") == []


def full_where_written(opening, full):
    def opened(path, mode="r", *arguments, **options):
        file = opening(path, mode, *arguments, **options)
        return full(file.detach()) if mode == "wb" else file

    return opened


# What happens meanwhile


@pytest.fixture
def while_writing(monkeypatch):
    """Do something each time that records have been written to the draft of the processed document."""

    def arrange(action):
        write = files.FileDraft.write

        def write_and_act(self, data):
            write(self, data)
            action()

        monkeypatch.setattr(files.FileDraft, "write", write_and_act)

    return arrange


@pytest.mark.parametrize(
    ("action", "what"),
    [
        (lambda file: file.unlink(), "was deleted"),
        (lambda file: file.open("a").close() or os.utime(file), "changed"),
        (lambda file: file.write_text("id,day\n7,\n"), "changed"),
        (lambda file: file.with_name("bad.csv").rename(file), "changed"),
        (lambda file: twin(file).rename(file), "changed"),
    ],
    ids=["deleted", "touched", "written", "replaced", "replaced by one of the same size and time"],
)
def test_a_file_that_changes_while_it_is_read_is_noticed(folder, monkeypatch, action, what):
    monkeypatch.setattr(files, "BLOCK", 10)
    upload = files.FileUpload(folder / "sales/good.csv", "good.csv")
    chunks = upload.chunks(upload.version())
    assert next(chunks) == b"id,day\n1,2"
    action(upload.path)
    with pytest.raises(BlobChanged, match=f"good.csv {what} while it was read"):
        next(chunks)


def twin(file):
    other = file.with_name("twin.csv")
    shutil.copy2(file, other)
    return other


def test_a_file_that_changes_after_its_last_bytes_were_read_is_noticed(folder):
    upload = files.FileUpload(folder / "sales/good.csv", "good.csv")
    chunks = upload.chunks(upload.version())
    next(chunks)
    upload.path.write_text("id,day\n7,\n")
    with pytest.raises(BlobChanged):
        next(chunks)


def test_a_file_that_changes_is_not_checked(folder, capsys, monkeypatch):
    chunks = files.FileUpload.chunks

    def late(self, version):
        self.path.write_text("id,day\n7,\n")
        return chunks(self, version)

    monkeypatch.setattr(files.FileUpload, "chunks", late)
    assert check("sales/good.csv", "--out", "out") == 2
    message = "sales/good.csv changed while it was read. Check it again when nothing writes to it.\n"
    assert capsys.readouterr().err == message


def test_nothing_is_visible_while_it_is_written(folder, while_writing):
    seen = []
    while_writing(lambda: seen.append(written(folder / "out")))
    check("sales/good.csv", "--out", "out")
    assert seen[0] == ["processed/sales/.good.json.part"]


@pytest.mark.parametrize("accident", [RuntimeError, KeyboardInterrupt])
def test_an_accident_leaves_nothing_half_written(folder, while_writing, accident):
    def happen():
        raise accident

    while_writing(happen)
    with suppress(RuntimeError):
        check("sales/good.csv", "--out", "out")
    assert written(folder / "out") == []


def test_ctrl_c_in_the_moment_that_a_file_is_made_leaves_nothing(folder, monkeypatch):
    opening = Path.open

    def opened(path, mode="r", *arguments, **options):
        opening(path, mode, *arguments, **options).close()
        if mode == "wb":
            raise KeyboardInterrupt
        return opening(path, mode, *arguments, **options)

    monkeypatch.setattr(Path, "open", opened)
    assert check("sales/good.csv", "--out", "out") == 130
    assert written(folder / "out") == []


def test_an_accident_leaves_what_an_earlier_run_has_written(folder, while_writing):
    check("sales/good.csv", "--out", "out")
    before = written(folder / "out")
    while_writing(lambda: os.kill(os.getpid(), signal.SIGINT))
    assert check("sales/good.csv", "--out", "out") == 130
    assert written(folder / "out") == before


def test_ctrl_c_stops_quietly_and_leaves_nothing_half_written(folder):
    (folder / "sales/big.csv").write_text("id,day\n" + "1,2026-11-20\n" * 3_000_000)
    started = subprocess.Popen(
        command_line("sales/big.csv", "--out", "out"), env=surroundings(), stderr=subprocess.PIPE, text=True
    )
    while started.poll() is None and not (folder / "out/processed/sales").is_dir():
        time.sleep(0.005)
    started.send_signal(signal.SIGINT)
    assert (started.communicate()[1], started.returncode) == ("Stopped.\n", 130)
    assert written(folder / "out") == []


def test_checking_again_takes_the_place_of_what_was_written_before(folder):
    for _ in range(2):
        check("sales/good.csv", "--out", "out")
        time.sleep(0.002)  # generations are milliseconds
    assert [name.split("/")[0] for name in written(folder / "out")] == ["partials", "partials", "processed", "rejected"]


def test_a_reader_that_has_seen_enough_is_no_accident(folder):
    line = " ".join(command_line("sales/good.csv"))
    done = subprocess.run(
        ["bash", "-c", f"{line} | true; echo ${{PIPESTATUS[0]}}"],
        env=surroundings(), capture_output=True, text=True, check=True,
    )  # fmt: skip
    assert (done.stdout, done.stderr) == ("0\n", "")


def test_a_summary_that_cannot_be_printed_is_one_line(folder):
    with Path("/dev/full").open("w") as full:
        line = command_line("sales/good.csv")
        done = subprocess.run(line, env=surroundings(), stdout=full, stderr=subprocess.PIPE, text=True, check=False)
    assert (done.returncode, done.stderr) == (2, "The summary cannot be printed: No space left on device.\n")


def test_the_progress_bar_is_gone_at_the_end(folder, monkeypatch):
    (folder / "sales/big.csv").write_text("id,day\n" + "1,\n" * 300_000)
    monkeypatch.setattr(progress, "PATIENCE", 0.0)
    monkeypatch.setattr(files, "BLOCK", 100_000)
    here, there = os.openpty()
    with os.fdopen(there, "w") as terminal:
        monkeypatch.setattr(sys, "stderr", terminal)
        assert check("sales/big.csv") == 0
    drawn = everything(here).split("\r")
    assert "% " in drawn[1]
    assert (drawn[-2].strip(), drawn[-1]) == ("", "")


def everything(terminal):
    """What has been written to a terminal that is closed at the other end."""
    parts = []
    with suppress(OSError):
        while part := os.read(terminal, 10_000):
            parts.append(part)
    os.close(terminal)
    return b"".join(parts).decode()


def test_there_is_no_progress_bar_in_a_log(folder, capsys, monkeypatch):
    monkeypatch.setattr(progress, "PATIENCE", 0.0)
    check("sales/good.csv")
    assert capsys.readouterr().err == ""


# Definitions


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
    assert "why: dataset_clash: " in capsys.readouterr().out


def test_definitions_that_cannot_be_read_are_told(folder, capsys):
    assert run(["sales/good.csv", "--datasets", "sales"]) == 2
    assert len(capsys.readouterr().err.splitlines()) == 2


def test_without_definitions_all_types_are_inferred(folder, capsys, monkeypatch):
    monkeypatch.setattr("shared.configuration.ROOT", folder / "sales")  # it has no datasets.toml
    monkeypatch.setenv("DATASETS_FILE", "")
    assert run(["sales/good.csv"]) == 0
    assert "columns, types inferred:\n  id   string\n  day  date\n" in capsys.readouterr().out


def test_checking_loads_neither_the_sdks_nor_the_server(folder):
    code = "import sys; from devstack.__main__ import main; main(sys.argv[1:]); print(*sys.modules)"
    loaded = subprocess.run(
        [sys.executable, "-c", code, *command_line("sales/good.csv")[3:]],
        env=surroundings(), capture_output=True, text=True, check=True,
    ).stdout.splitlines()[-1].split()  # fmt: skip
    unwanted = {"azure", "opentelemetry", "uvicorn", "requests", "asyncio", "http", "ssl", "numpy", "pandas", "pyarrow"}
    assert unwanted & {name.partition(".")[0] for name in loaded} == set()
