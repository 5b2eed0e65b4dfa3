"""`python -m devstack infer FILE`: a section of `datasets.toml` that takes the file it was made from wholly.

`tests/fixtures/infer` has files and, under the same names, the sections that are made from them.
"""

import csv
import datetime as dt
import io
import string
import tempfile
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from devstack import infer_columns, infer_survey
from devstack.check import run as check
from devstack.files import FileOutputs, FileUpload
from devstack.infer import infer, run
from devstack.infer_names import dataset_name, files_pattern
from devstack.infer_toml import section
from shared.definitions.globs import matches
from shared.definitions.model import Column, Dataset, Metric, Report
from shared.definitions.parse import parse
from shared.ingest.outcome import Outcome
from shared.ingest.process import Job, process

FIXTURES = Path(__file__).parents[1] / "fixtures" / "infer"
FILES = sorted(FIXTURES.glob("*.csv"))


def outcome_of(file: Path, upload: str, text: str) -> Outcome:
    """What the app makes of a file that is defined by `text`."""
    definitions = parse(text, "inferred")
    dataset = definitions.dataset_of(upload)
    assert dataset.files
    source = FileUpload(file, upload)
    reports = definitions.reports_of(dataset)
    return process(Job(source, source.version(), dataset, reports, 1, 1 << 40), FileOutputs(None))


def columns_of(folder: Path, text: str) -> dict[str, Column]:
    """The columns that are made of a text."""
    file = folder / "x.csv"
    file.write_text(text, newline="")
    return {column.name: column for column in parse(infer(file, "x.csv"), "").datasets[0].columns}


@pytest.fixture
def small_blocks(monkeypatch):
    """Have a file of a megabyte come in several blocks."""
    monkeypatch.setattr(infer_survey, "BLOCK", 1 << 16)


def table(**columns: list[object]) -> str:
    buffer = io.StringIO()
    csv.writer(buffer).writerows([list(columns), *zip(*columns.values(), strict=True)])
    return buffer.getvalue()


# --- What is made of files -------------------------------------------------------------------------------------------


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
def test_the_section_of_a_file_is_as_expected(file):
    assert infer(file, f"shop/{file.name}") == file.with_suffix(".toml").read_text()


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
def test_feeding_it_back_accepts_the_file(file):
    upload = f"shop/{file.name}"
    codes = set(outcome_of(file, upload, infer(file, upload)).codes)
    assert codes <= {"too_few_fields", "too_many_fields", "text_after_quote"}


def test_check_takes_the_section_as_it_is_printed(tmp_path, capsys, monkeypatch):
    monkeypatch.chdir(tmp_path)
    Path("shop").mkdir()
    Path("shop/orders.csv").write_bytes((FIXTURES / "orders.csv").read_bytes())
    assert run(["shop/orders.csv"]) == 0
    Path("inferred.toml").write_text(capsys.readouterr().out)
    assert check(["shop/orders.csv", "--datasets", "inferred.toml"]) == 0
    assert "40 rows, 40 accepted, 0 rejected" in capsys.readouterr().out


WIDE = "99999999999999999999999999.125"  # with three digits after the point, one more than decimals have


@pytest.mark.parametrize(
    ("one", "others", "kind"),
    [
        ("x", "1", "string"),
        ("1.5", "1", "float"),
        ("1.50", "1", "decimal"),
        ("0.5", "0.125", "float"),
        ("1e5", "0.25", "float"),
        (WIDE, "0.125", "string"),
        (WIDE[1:], "0.125", "decimal"),
        ("2026-02-30", "2026-02-28", "string"),
        ("13/01/2026", "01/01/2026", "date"),
    ],
)
@pytest.mark.parametrize("last", [False, True], ids=["first row", "last row"])
@pytest.mark.usefixtures("small_blocks")
def test_every_block_has_a_say_in_the_type(tmp_path, one, others, kind, last):
    rows = [others] * 100_000
    rows.insert(len(rows) if last else 0, one)
    assert columns_of(tmp_path, "\n".join(["a", *rows]))["a"].type == kind


@pytest.mark.parametrize(
    ("days", "period"), [(1, "hour"), (30, "day"), (800, "month"), (40_000, "year"), (1_200_000, "all")]
)
def test_the_period_of_the_report_follows_from_the_time_that_the_file_spans(tmp_path, days, period):
    first = dt.datetime(1, 1, 2, tzinfo=dt.UTC)
    texts = [first.isoformat(), (first + dt.timedelta(days)).isoformat()]
    (tmp_path / "x.csv").write_text(table(at=texts))
    (report,) = parse(infer(tmp_path / "x.csv", "x.csv"), "").reports
    assert report.period == period


@pytest.mark.usefixtures("small_blocks")
def test_every_block_has_a_say_in_the_period(tmp_path):
    (tmp_path / "x.csv").write_text("\n".join(["at", "1900-01-01", *["2026-01-01"] * 100_000]))
    (report,) = parse(infer(tmp_path / "x.csv", "x.csv"), "").reports
    assert report.period == "year"


def test_no_two_fields_of_the_report_have_one_name(tmp_path):
    (tmp_path / "x.csv").write_text(table(count=list("xyz") * 5, a=[1] * 15, a_sum=["x"] * 15))
    (report,) = parse(infer(tmp_path / "x.csv", "x.csv"), "").reports
    assert (report.group_by, [metric.name for metric in report.metrics]) == (("count",), ["count_", "a_sum", "a_mean"])


def test_an_unusual_delimiter_is_none_where_rows_do_not_have_it(tmp_path):
    assert list(columns_of(tmp_path, "m^2\n12\n34\n")) == ["m^2"]


def test_the_report_is_over_the_first_time_that_no_row_lacks(tmp_path):
    (tmp_path / "x.csv").write_text(table(paid=["", "2026-01-01"], ordered=["2026-01-01"] * 2))
    (report,) = parse(infer(tmp_path / "x.csv", "x.csv"), "").reports
    assert report.time == "ordered"


def test_a_few_values_that_come_again_and_again_are_one_of(tmp_path):
    few, enough = columns_of(tmp_path, table(a=list("xyz") * 4 + ["x"])), columns_of(tmp_path, table(a=list("xyz") * 5))
    assert (few["a"].one_of, enough["a"].one_of) == (None, ("x", "y", "z"))


def test_more_than_twenty_values_or_a_single_one_are_no_set(tmp_path):
    many, one = string.ascii_lowercase[:21], "a"
    assert columns_of(tmp_path, table(a=list(many) * 9))["a"].one_of is None
    assert columns_of(tmp_path, table(a=list(one) * 9))["a"].one_of is None


def test_only_the_first_key_of_a_file_is_unique(tmp_path):
    columns = columns_of(tmp_path, table(name=list("abcdefghij"), user_id=range(10), file_key=range(10)))
    assert [column.unique for column in columns.values()] == [False, True, False]


@pytest.mark.parametrize("ids", [[*range(9), 8], [*range(9), ""], range(9)], ids=["repeated", "missing", "few rows"])
def test_an_id_that_may_come_again_is_not_unique(tmp_path, ids):
    assert not columns_of(tmp_path, table(id=ids, a=ids))["id"].unique


@pytest.mark.usefixtures("small_blocks")
def test_an_id_that_comes_again_in_another_block_is_not_unique(tmp_path):
    text = "id\n" + "".join(f"{i}\n" for i in range(100_000))
    assert columns_of(tmp_path, text)["id"].unique
    assert not columns_of(tmp_path, text + "0\n")["id"].unique


def test_no_more_ids_are_compared_than_memory_is_set_aside_for(tmp_path, monkeypatch):
    monkeypatch.setattr(infer_columns, "MOST_IDS", 20)
    assert columns_of(tmp_path, table(id=range(20)))["id"].unique
    assert not columns_of(tmp_path, table(id=range(21)))["id"].unique


def test_a_value_that_keeps_a_column_from_its_type_is_named(tmp_path):
    (tmp_path / "x.csv").write_text(table(a=[*range(99), "4,7", *range(99)]))
    assert "# type integer, were it not for values such as '4,7'\n" in infer(tmp_path / "x.csv", "x.csv")


# --- The law: whatever is in a file, the section made from it accepts it --------------------------------------------

NAMES = st.text(min_size=1, max_size=8).filter(lambda name: name.strip() and "\0" not in name)
MOMENTS = st.datetimes(*(dt.datetime(year, 1, 1) for year in (1900, 2100)))  # noqa: DTZ001 - written without offset
FORMATS = [
    "%d/%m/%Y",
    "%m/%d/%Y",
    "%d.%m.%y",
    "%Y-%m-%d",
    "%Y%m%d",
    "%d %b %Y",
    "%m/%d/%Y %I:%M %p",
    "%Y-%m-%d %H:%M:%S",
]
DIGITS = st.text("0123456789", min_size=1, max_size=22)
TEXTS = st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]), max_size=6)
VALUES = (
    st.integers().map(str),
    st.integers(0, 30).map(str),
    st.floats(allow_nan=False, allow_infinity=False).map(repr),
    st.decimals(allow_nan=False, allow_infinity=False, places=2).map(str),
    st.builds("{}.{}".format, DIGITS, DIGITS),
    st.sampled_from(["true", "False", "yes", "NO"]),
    st.sampled_from(["a", "A", "ä", " a", "a,b", "1", "-", "NA"]),
    MOMENTS.map(dt.datetime.isoformat),
    *(MOMENTS.map(lambda moment, layout=layout: moment.strftime(layout)) for layout in FORMATS),
    TEXTS,
)


@st.composite
def tables(draw):
    """A header and rows. Most columns hold one kind of value, some with gaps, some with a value of another kind."""
    names = draw(st.lists(NAMES, min_size=1, max_size=4, unique=True))
    height = draw(st.sampled_from([0, 1, 3, 12, 40]))
    columns = []
    for _ in names:
        kinds = [draw(st.sampled_from(VALUES))] * 8
        kinds += draw(
            st.sampled_from([[], [], [st.sampled_from(["", "NA", "-", "null"])], [draw(st.sampled_from(VALUES))]])
        )
        pool = [draw(draw(st.sampled_from(kinds))) for _ in range(draw(st.integers(1, 12)))]
        columns.append(draw(st.lists(st.sampled_from(pool), min_size=height, max_size=height)))
    return names, list(zip(*columns, strict=True))


@settings(max_examples=150, deadline=None, derandomize=True)
@given(
    tables(), st.sampled_from(",;\t|"), st.sampled_from(["utf-8", "utf-16"]), st.sampled_from(["x.csv", "a/[b]/x.csv"])
)
def test_the_section_accepts_the_file_it_was_made_from(data, delimiter, encoding, upload):
    names, rows = data
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "x.csv"
        with file.open("w", newline="", encoding=encoding) as out:
            csv.writer(out, delimiter=delimiter, quoting=csv.QUOTE_ALL).writerows([names, *rows])
        text = infer(file, upload, delimiter=delimiter)
        outcome = outcome_of(file, upload, text)
    assert not outcome.refused, outcome.first_error
    assert (outcome.codes, outcome.records) == ({}, len(rows))


# --- Names and TOML --------------------------------------------------------------------------------------------------


@settings(max_examples=200, deadline=None, derandomize=True)
@given(NAMES, st.lists(TEXTS, min_size=1), TEXTS.filter(lambda name: name and name not in ("period", "rows")))
def test_any_name_and_value_reads_back_as_it_was_written(name, values, metric):
    column = Column(name, "string", required=True, one_of=tuple(values))
    dataset = Dataset("sales", "sales/**", delimiter="|", null_values=("", *values), columns=(column,))
    report = Report("r", "sales", metrics=(Metric(metric, "max", name),))
    text = section(dataset, report, about=[name], notes={"delimiter": [name]}, column_notes={name: [name]})
    definitions = parse(text, "written")
    assert (definitions.datasets, definitions.reports) == ((dataset,), (report,))


@settings(max_examples=200, deadline=None, derandomize=True)
@given(st.lists(st.text("ab*?[]!-.2\n ", max_size=4), max_size=3), st.text("ab*?[]!-.2ö", max_size=6))
def test_the_pattern_matches_the_upload_that_it_was_made_for(folders, stem):
    upload = "/".join([*folders, f"{stem}.csv"]).lstrip("/")
    assert matches(files_pattern(upload), upload)


@pytest.mark.parametrize(
    ("upload", "name", "pattern"),
    [
        ("sales/2026-11-20.csv", "sales", "sales/**"),
        ("shop/sales/2026/11/20.csv", "sales", "shop/sales/**"),
        ("orders.csv", "orders", "orders.csv"),
        ("orders-2026-11-20.CSV.gz", "orders", "orders-*.CSV.gz"),
        ("2026.csv", "dataset", "2026.csv"),
        ("2026/11.csv", "dataset", "2026/11.csv"),
        ("a*[1]/x.csv", "a_1", "a[*][[]1]/**"),
        ("Größe.csv", "Gr_e", "Größe.csv"),
    ],
)
def test_dataset_and_pattern_follow_from_the_upload_name(upload, name, pattern):
    assert (dataset_name(upload), files_pattern(upload)) == (name, pattern)


# --- The command -----------------------------------------------------------------------------------------------------


@pytest.fixture
def orders(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "orders.csv").write_bytes((FIXTURES / "orders.csv").read_bytes())
    return "orders.csv"


def test_names_can_be_given(orders, capsys):
    assert run([orders, "--name", "sales", "--as", "shop/1.csv"]) == 0
    assert '[datasets.sales]\nfiles = "shop/**"\n' in capsys.readouterr().out


@pytest.mark.parametrize(
    "arguments",
    [
        ["missing.csv"],
        ["."],
        ["orders.csv", "--name", "no name"],
        ["orders.csv", "--as", "../x.csv"],
        ["orders.csv", "--as", "x.xlsx"],
        ["orders.csv", "--delimiter", "ab"],
        ["orders.csv", "--encoding", "klingon"],
    ],
)
def test_wrong_usage_is_told_and_exits_2(orders, capsys, arguments):
    assert run(arguments) == 2
    output = capsys.readouterr()
    assert output.out == ""
    assert 1 <= len(output.err.splitlines()) <= 2


@pytest.mark.parametrize(
    ("data", "word"),
    [
        (b"", "empty"),
        (b"PK\x03\x04", "ZIP"),
        (b"a,b;c\n1,2;3\n", "--delimiter"),
        (b"a,\x81\n\xff,1\n", "--encoding"),
        (b'a,b\n"1,2\n', "never closed"),
        (b"a,a\n1,2\n", "more than once"),
    ],
)
def test_a_file_that_is_no_table_is_told_in_one_line_and_exits_1(tmp_path, capsys, data, word):
    (tmp_path / "x.csv").write_bytes(data)
    assert run([str(tmp_path / "x.csv")]) == 1
    output = capsys.readouterr()
    assert output.out == ""
    assert word in output.err
    assert len(output.err.splitlines()) == 1


def test_what_cannot_be_found_out_can_be_told(tmp_path, capsys):
    (tmp_path / "x.csv").write_bytes("名,b;c\n1,2;3\n".encode("shift_jis"))
    assert run([str(tmp_path / "x.csv"), "--encoding", "shift_jis", "--delimiter", ";"]) == 0
    dataset = parse(capsys.readouterr().out, "").datasets[0]
    assert (dataset.encoding, dataset.delimiter) == ("shift_jis", ";")
    assert [column.name for column in dataset.columns] == ["名,b", "c"]
