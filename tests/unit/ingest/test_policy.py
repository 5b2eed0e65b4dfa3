"""What becomes of files as people send them: one folder of `tests/fixtures/csv` for each part of the policy.

A folder has the files, `expected.json` with what must become of each, and, where files need one, a `datasets.toml`.
Expected is either `records` and `rejects` (line, column, code), with `columns` where types matter, or `refused`
(line, column, code) for the file as a whole. `says` are parts of the first message.
"""

import csv
import dataclasses
import functools
import io
import json
import re
from pathlib import Path
from unittest.mock import patch

import pytest

from shared.definitions.catalog import Definitions
from shared.definitions.model import Dataset
from shared.definitions.parse import load
from shared.ingest import text

FIXTURES = Path(__file__).parents[2] / "fixtures" / "csv"
EXPECTED = {
    f"{page.parent.name}/{name}": case
    for page in sorted(FIXTURES.glob("*/expected.json"))
    for name, case in json.loads(page.read_text()).items()
}
READ = {name: case for name, case in EXPECTED.items() if "refused" not in case}
REFUSED = {name: case for name, case in EXPECTED.items() if "refused" in case}
CHUNKS = (1, 7, 1 << 20)
SNIFFED = 16  # bytes, so that small files come in several pieces too; signatures are no longer

GUIDE = Path(__file__).parents[3] / "docs" / "csv.md"
# These depend on names, sizes and reports, and have tests where those are.
ELSEWHERE = {"compression", "too_large", "too_many_periods", "unsupported_extension", "name_too_long", "dataset_clash"}


@functools.cache
def definitions(folder):
    path = FIXTURES / folder / "datasets.toml"
    return load(path) if path.exists() else Definitions()


@pytest.fixture
def process_fixture(process_file):
    """Process a file of the fixtures under its dataset's definition."""

    def run(name, chunk=1 << 20):
        file = f"{name}.csv"
        dataset = definitions(Path(name).parent.name).dataset_of(file)
        fields = {field.name for field in dataclasses.fields(Dataset)} - {"name", "columns"}
        settings = {field: getattr(dataset, field) for field in fields}
        with patch.object(text, "SNIFFED", SNIFFED):
            return process_file((FIXTURES / file).read_bytes(), *dataset.columns, name=file, chunk=chunk, **settings)

    return run


def rejects(result):
    """Line, column and code of each row in the rejected file, which has the delimiter of its source."""
    if not result.outcome.rejected:
        return []
    document = result.rejected_text
    rows = list(csv.reader(io.StringIO(document, newline=""), delimiter=document[len("_line")]))[1:]
    return [[int(line), column or None, code] for line, column, code, *_ in rows]


@pytest.mark.parametrize("chunk", CHUNKS)
@pytest.mark.parametrize("name", READ)
def test_a_file_is_read(process_fixture, name, chunk):
    expected, result = EXPECTED[name], process_fixture(name, chunk)
    assert result.outcome.refused is False, result.error
    assert result.records == expected["records"]
    assert rejects(result) == expected.get("rejects", [])
    if "columns" in expected:
        assert result.document["columns"] == expected["columns"]


@pytest.mark.parametrize("name", ["line_ends/crlf_of_bad_rows", "line_ends/mixed", "line_ends/multi_line_records"])
def test_lines_are_counted_alike_wherever_the_file_is_cut(process_fixture, name):
    size = (FIXTURES / f"{name}.csv").stat().st_size
    for chunk in range(1, size):
        assert rejects(process_fixture(name, chunk)) == EXPECTED[name]["rejects"], f"cut after {chunk}"


@pytest.mark.parametrize("chunk", CHUNKS)
@pytest.mark.parametrize("name", REFUSED)
def test_a_file_is_refused_and_leaves_nothing(process_fixture, name, chunk):
    result = process_fixture(name, chunk)
    assert result.outcome.refused
    assert [result.error.line, result.error.column, result.error.code] == REFUSED[name]["refused"]
    assert not result.outputs.documents
    assert not result.outputs.partials


@pytest.mark.parametrize("name", [name for name, case in EXPECTED.items() if "says" in case])
def test_the_first_error_says_what_is_wrong_and_what_to_do(process_fixture, name):
    message = process_fixture(name).error.message
    assert [part for part in EXPECTED[name]["says"] if part not in message] == [], message


@pytest.mark.parametrize("name", [name for name, case in READ.items() if case.get("rejects")])
def test_the_first_error_of_a_file_is_its_first_reject(process_fixture, name):
    error = process_fixture(name).error
    assert [error.line, error.column, error.code] == READ[name]["rejects"][0]


def test_every_code_in_the_guide_has_a_file_and_no_file_has_another():
    tables = GUIDE.read_text().partition("## Codes of rows")[2].partition("## How it is read")[0]
    documented = {
        code for row in re.findall(r"^\| (`.*?) \|", tables, re.MULTILINE) for code in re.findall(r"`(\w+)`", row)
    }
    rejected = {code for case in READ.values() for _, _, code in case.get("rejects", [])}
    assert rejected | {case["refused"][2] for case in REFUSED.values()} == documented - ELSEWHERE


def test_every_file_is_expected_to_become_something():
    folders = {FIXTURES / Path(name).parent for name in EXPECTED}
    assert {f"{file.parent.name}/{file.stem}" for folder in folders for file in folder.glob("*.csv")} == set(EXPECTED)


def test_rejected_rows_keep_their_fields_under_where_and_why(process_fixture):
    result = process_fixture("quotes/text_after_closing")
    assert result.rejected_text.splitlines()[0] == "_line,_column,_code,_message,a,b"
    assert [row[4:] for row in result.rejects] == [['"x"y,1'], ['1,"x"y"z"'], ['"p""q"r,1']]


def test_a_thousand_columns_are_read_like_two(process_fixture):
    result = process_fixture("large/thousand_columns")
    assert result.records == [{f"n{index}": f"x{index}" for index in range(1000)}]
    assert rejects(result) == [[3, None, "too_few_fields"]]


@pytest.mark.parametrize("chunk", [1000, 1 << 20])
def test_a_field_of_a_thousand_lines_is_kept_whole_and_its_lines_are_counted(process_fixture, chunk):
    result = process_fixture("large/long_field", chunk)
    assert result.records == [{"a": "x", "b": ("0123456789" * 9 + 'é"\n') * 1000}]
    assert rejects(result) == [[1003, None, "too_few_fields"]]
