"""The benchmarks measure what they say: the generated orders, and what each side makes of them."""

import csv
import json
import sys

import pytest

from benchmarks.figures import FIGURES, Bench, Measured, check, load
from benchmarks.measure import BenchmarkError, Run, pairs, run
from benchmarks.orders import DAMAGE, write_orders
from benchmarks.report import machine, write
from benchmarks.workspace import Workspace, count_records

ROWS = 1_000
DAMAGED_EVERY = 100


@pytest.fixture(scope="module")
def workspace(tmp_path_factory):
    return Workspace(tmp_path_factory.mktemp("bench"))


@pytest.fixture(scope="module")
def orders(workspace):
    return workspace.orders(ROWS)


@pytest.fixture(scope="module")
def damaged(workspace):
    return workspace.orders(ROWS, DAMAGED_EVERY)


# The generator


def test_it_makes_so_many_rows_of_nine_columns(orders):
    with orders.file.open(encoding="utf-8", newline="") as file:
        rows = list(csv.reader(file, strict=True))
    assert len(rows) == 1 + ROWS
    assert {len(row) for row in rows} == {9}


def test_a_row_is_as_long_as_the_figures_are_for(orders):
    assert orders.file.stat().st_size / ROWS == pytest.approx(94, rel=0.03)


def test_it_makes_the_same_bytes_again(orders, tmp_path):
    write_orders(tmp_path / "again.csv", ROWS)
    assert (tmp_path / "again.csv").read_bytes() == orders.file.read_bytes()


def test_a_longer_file_repeats_a_block_of_rows(orders, tmp_path, monkeypatch):
    monkeypatch.setattr("benchmarks.orders.BLOCK", ROWS // 4)
    write_orders(tmp_path / "long.csv", ROWS + 3)
    header, *lines = (tmp_path / "long.csv").read_text().splitlines()
    block = lines[: ROWS // 4]
    assert [header, *lines] == [header, *block * 4, *block[:3]]


def test_of_so_many_rows_one_is_damaged_each_in_the_next_way(orders, damaged):
    good = orders.file.read_text().splitlines(keepends=True)[1:]
    lines = damaged.file.read_text().splitlines(keepends=True)[1:]
    differing = [at for at, pair in enumerate(zip(good, lines, strict=True)) if pair[0] != pair[1]]
    assert differing == list(range(DAMAGED_EVERY // 2, ROWS, DAMAGED_EVERY))
    assert [lines[at] for at in differing] == [
        DAMAGE[turn % len(DAMAGE)](good[at]) for turn, at in enumerate(differing)
    ]


def test_no_way_of_damage_leaves_a_row_as_it_was(orders):
    lines = orders.file.read_text().splitlines(keepends=True)[1:]
    assert [damage.__name__ for damage in DAMAGE if any(damage(line) == line for line in lines)] == []


# The sides


@pytest.mark.parametrize("script", ["textbook", "polars_sink", "pandas_to_json", "duckdb_copy"])
def test_a_loader_writes_every_order(workspace, orders, script):
    assert load(workspace, orders, script).seconds > 0  # it raises where the records are not those of the file


def test_the_app_accepts_every_order(workspace, orders):
    assert check(workspace, orders).peak_mb > 0


def test_the_app_rejects_the_damaged_orders_and_no_others(workspace, damaged):
    assert check(workspace, damaged).peak_mb > 0


# Measuring


def test_records_are_counted_over_the_ends_of_chunks(tmp_path, monkeypatch):
    (tmp_path / "x.json").write_text('{"order_id":1}\n' * 50)
    monkeypatch.setattr("benchmarks.workspace.CHUNK", 7)
    assert count_records(tmp_path / "x.json") == 50


def test_a_side_that_fails_stops_the_benchmark_and_says_why():
    with pytest.raises(BenchmarkError, match="exit status 3:\nno luck"):
        run([sys.executable, "-c", "print('no luck'); raise SystemExit(3)"])


PEAKS = """
import sys
from benchmarks.measure import run
print(*(run([sys.executable, "-c", code]).peak_mb for code in ("bytearray(200 * 2**20)", "")))
"""


def test_peak_memory_is_that_of_one_run_alone():
    """Measured from a small process, as benchmarks are: what a child has before it begins is its parent's."""
    large, small = map(float, run([sys.executable, "-c", PEAKS]).output.split())
    assert large > 200 > small


def test_sides_run_in_turn_after_one_run_of_each_that_does_not_count():
    ran = []

    def side(name):
        return lambda: ran.append(name) or Run(len(ran), 1, 1, name)

    taken = pairs(side("a"), side("b"), 2)
    assert "".join(ran) == "ababab"
    assert [pair.ratio for pair in taken] == [3 / 4, 5 / 6]


@pytest.mark.parametrize(("value", "verdict"), [(9.9, "**not met**"), (10.0, "met")])
def test_results_say_what_was_asked_and_whether_it_was_met(workspace, tmp_path, value, verdict):
    textbook = next(figure for figure in FIGURES if figure.key == "textbook")
    measured = Measured(value, {"textbook": [Run(20, 19, 1000, "")], "app": [Run(2, 3, 200, "")]})
    write(tmp_path, Bench(workspace, ROWS, 1), machine(), [(textbook, measured)])
    assert f"| ≥ 10× | {value:.2f}× | {verdict} | textbook 20.00 / 19.00 / 1000, app 2.00 / 3.00 / 200 |" in (
        tmp_path / "ingest.md"
    ).read_text(encoding="utf-8")
    (found,) = json.loads((tmp_path / "ingest.json").read_text(encoding="utf-8"))["figures"]
    assert (found["asked"], found["measured"], found["met"]) == ("≥ 10×", value, value >= 10)
