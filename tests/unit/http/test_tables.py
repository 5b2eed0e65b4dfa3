"""Rows as JSON, CSV or NDJSON: which of them, and how they are written."""

import csv
import io
from collections.abc import Callable
from typing import Any

import pytest

from shared.api.contract.reports import BOM, FORMAT
from shared.api.operation import Operation
from shared.api.tables import format_of, to_csv
from shared.errors import NotAcceptable

type Calls = Callable[..., Any]

ROWS = Operation("rows", "GET", "x", "…", (), (FORMAT, BOM))
BROWSER = "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"


@pytest.mark.parametrize(
    ("accept", "form"),
    [
        ("", "json"),
        ("*/*", "json"),
        (BROWSER, "json"),
        ("text/csv", "csv"),
        ("TEXT/CSV; charset=utf-8", "csv"),
        ("text/*", "csv"),
        ("application/*", "json"),
        ("application/x-ndjson, application/json;q=0.5", "ndjson"),
        ("application/json;q=0.5, text/csv;q=0.7", "csv"),
        ("*/*, application/json;q=0", "csv"),
        ("text/csv;q=0, text/*, */*;q=0.1", "json"),
    ],
)
def test_the_form_is_the_one_that_accept_likes_best(call_of: Calls, accept: str, form: str) -> None:
    assert format_of(call_of(ROWS, headers={"Accept": accept})) == form


@pytest.mark.parametrize("accept", ["text/html", "application/json;q=0", "image/*", "text/csv;q=x", ";;;"])
def test_where_nothing_is_acceptable_the_caller_is_told_what_there_is(call_of: Calls, accept: str) -> None:
    with pytest.raises(NotAcceptable, match="application/json, text/csv, application/x-ndjson"):
        format_of(call_of(ROWS, headers={"Accept": accept}))


def test_the_parameter_wins_over_the_header(call_of: Calls) -> None:
    assert format_of(call_of(ROWS, headers={"Accept": "text/html"}, format="csv")) == "csv"


@pytest.mark.parametrize("text", ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", "\n=1", '=HYPERLINK("http://x")'])
def test_a_text_that_a_spreadsheet_would_run_is_made_harmless(text: str) -> None:
    ((cell,),) = list(csv.reader(io.StringIO(to_csv(["a"], [{"a": text}], frozenset("a")).decode(), newline="")))[1:]
    assert cell == f"'{text}"


@pytest.mark.parametrize("text", ["a=1", " =1", "1-1", "a@b", "'x"])
def test_other_texts_stay_as_they_are(text: str) -> None:
    assert to_csv(["a"], [{"a": text}], frozenset("a")).decode() == f"a\r\n{text}\r\n"


@pytest.mark.parametrize("value", [-1, -1.5, "-1.50"])
def test_numbers_are_left_alone_also_those_that_json_shows_as_text(value: Any) -> None:
    assert to_csv(["a"], [{"a": value}], frozenset()).decode() == f"a\r\n{value}\r\n"


def test_csv_is_that_of_rfc_4180() -> None:
    row = {"a": 'said "so", twice\nover', "b": None, "c": True, "größe": "日本"}
    assert to_csv(["a", "b", "c", "größe", "none"], [row], frozenset("a")).decode() == (
        'a,b,c,größe,none\r\n"said ""so"", twice\nover",,true,日本,\r\n'
    )


def test_without_rows_there_is_a_header(call_of: Calls) -> None:
    assert to_csv(["a", "=b"], [], frozenset()) == b"a,'=b\r\n"
