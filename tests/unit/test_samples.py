"""`samples/` is what its README says, and the oracle knows the same definitions as `datasets.toml`."""

import re
import tomllib
from pathlib import Path, PurePosixPath

import pytest

ROOT = Path(__file__).parents[2]
README = ROOT / "samples" / "README.md"
FILE_NAMES = sorted(
    path.relative_to(ROOT / "samples" / "uploads").as_posix()
    for path in (ROOT / "samples" / "uploads").rglob("*")
    if path.is_file()
)


def table(heading: str) -> list[list[str]]:
    """The cells of the README table whose first heading is this one."""
    lines = README.read_text(encoding="utf-8").splitlines()
    start = next(number for number, line in enumerate(lines) if line.startswith(f"| {heading} |"))
    rows = []
    for line in lines[start + 2 :]:
        if not line.startswith("|"):
            break
        rows.append([cell.strip() for cell in line.strip("|").split("|")])
    return rows


@pytest.fixture(scope="module")
def datasets_toml() -> dict:
    return tomllib.loads((ROOT / "datasets.toml").read_text(encoding="utf-8"))


@pytest.mark.parametrize("name", FILE_NAMES)
def test_readme_names_source_and_licence_of_every_sample(name):
    described = [row for row in table("files") if PurePosixPath(name).full_match(row[0].strip("`"))]
    assert len(described) == 1
    _, what, source, licence, changed = described[0]
    assert all([what, source, "](https://" in licence, changed])


def test_samples_are_small():
    assert sum((ROOT / "samples" / "uploads" / name).stat().st_size for name in FILE_NAMES) <= 1_500_000


def test_planted_mistakes_are_on_the_lines_that_the_readme_names(oracle):
    lines = oracle.sample(oracle.MISTAKES_FILE).content.decode().split("\n")
    for number, snippet, *_ in table("line"):
        assert snippet.strip("`") in lines[int(number) - 1], f"line {number}"


def test_readme_and_oracle_name_the_same_rejects(oracle):
    described = [(int(line), column.strip("`") or None, code.strip("`")) for line, _, _, column, code in table("line")]
    assert described == [tuple(reject) for reject in oracle.REJECTS[oracle.MISTAKES_FILE]]


def test_readme_counts_the_rows_of_the_file_with_mistakes(oracle):
    rows, records, rejected = oracle.counts(oracle.sample(oracle.MISTAKES_FILE))
    text = " ".join(README.read_text(encoding="utf-8").split())
    assert re.search(rf"{rows} rows, of which {rejected} must be rejected .* and {records} accepted", text)


def test_every_planted_mistake_is_where_a_row_starts(oracle):
    starts = {line for line, _ in oracle.rows(oracle.sample(oracle.MISTAKES_FILE))}
    assert {reject.line for reject in oracle.REJECTS[oracle.MISTAKES_FILE]} <= starts


def as_written(metrics: dict) -> dict:
    """The oracle's metrics as `datasets.toml` spells them."""
    return {name: f"{function}({column})" if column else function for name, (function, column) in metrics.items()}


def test_oracle_and_datasets_toml_have_the_same_reports(oracle, datasets_toml):
    written = {
        name: (report["dataset"], report["time"], tuple(report["group_by"]), report["metrics"])
        for name, report in datasets_toml["reports"].items()
    }
    expected = {
        name: (report.dataset, report.time, report.group_by, as_written(report.metrics))
        for name, report in oracle.REPORTS.items()
    }
    assert written == expected


def test_oracle_and_datasets_toml_have_the_same_column_types(oracle, datasets_toml):
    for name, dataset in datasets_toml["datasets"].items():
        types = {column: c["type"] for column, c in dataset["columns"].items() if c["type"] != "string"}
        assert types == oracle.DATASETS[name].types


def test_every_record_counts_in_exactly_one_period(oracle):
    for name, definition in oracle.REPORTS.items():
        uploads = [upload for upload in oracle.samples() if oracle.dataset_of(upload) == definition.dataset]
        counted = sum(oracle.report(name, period, uploads)["rows"] for period in oracle.periods(name, uploads))
        assert counted == sum(oracle.counts(upload).records for upload in uploads)


def test_oracle_adds_up_a_month_as_done_by_hand(oracle):
    january = oracle.report("weather_by_month", "2012-01")
    assert january["groups"][1] == {
        "location": "Seattle",
        "days": 31,
        "rain": "173.3",
        "wettest_day": "27.7",
        "warmest": 12.8,
        "coldest": -3.3,
        "mean_temp_max": pytest.approx(218.7 / 31),
    }
