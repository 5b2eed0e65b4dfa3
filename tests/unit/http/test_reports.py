"""GET /reports over a pipeline in memory: questions as callers ask them, and what is read to answer."""

import json
import subprocess
import sys
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import pytest

from blueprints import reports

type Get = Callable[..., Any]

HEAD = "day,region,amount"
ROUTE = {"report": "sales_by_day"}
MONDAY = {**ROUTE, "period": "2026-11-16"}
FILES = {
    "sales/a.csv": ["2026-11-16,north,5", "2026-11-16,south,-2", "2026-11-17,north,1", "2026-12-01,,7"],
    "sales/b.csv": ["2026-11-16,north,3", "2026-11-17,=cmd,4"],
}


@pytest.fixture
def get(pipeline: Any, monkeypatch: pytest.MonkeyPatch, call: Get, request_of: Get) -> Get:
    """GET with a function of the blueprint: the query as it stands in an address."""
    for name, lines in FILES.items():
        pipeline.take_in(name, HEAD, *lines)
    monkeypatch.setattr(reports, "app", lambda: SimpleNamespace(reader=pipeline.reader))

    def get(function: Any, route: dict[str, str], query: str = "", **headers: str) -> Any:
        sent = {name.replace("_", "-"): value for name, value in headers.items()}
        return call(function, request_of(route=route, query=query, headers=sent))

    return get


def rows(answer: Any) -> list[tuple[Any, ...]]:
    assert answer.status == 200, answer.text
    return [tuple(row.values()) for row in answer.body["value"]]


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("from=2026-11-17&to=2026-11", [("2026-11-17", "=cmd", 1, 4), ("2026-11-17", "north", 1, 1)]),
        ("region=south&region=", [("2026-11-16", "south", 1, -2), ("2026-12-01", None, 1, 7)]),
        ("orderby=-revenue&top=2", [("2026-11-16", "north", 2, 8), ("2026-12-01", None, 1, 7)]),
        ("orderby=region&select=region&top=2", [(None,), ("=cmd",)]),
        ("group.region=south&select=revenue,period", [(-2, "2026-11-16")]),
        ("by=month", [("2026-11", 5, 11), ("2026-12", 1, 7)]),
        ("by=region&orderby=-revenue&top=2", [("all", "north", 3, 9), ("all", None, 1, 7)]),
        ("by=month,region&region=north&region=south", [("2026-11", "north", 3, 9), ("2026-11", "south", 1, -2)]),
        ("by=all&to=2026-11", [("all", 5, 11)]),
        ("by=year&region=", [("2026", 1, 7)]),
        ("by=all&region=nowhere", []),
    ],
)
def test_a_question_over_periods_is_answered(get: Get, query: str, expected: list[tuple[Any, ...]]) -> None:
    assert rows(get(reports.report_rows, ROUTE, query)) == expected


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("orderby=revenue", [("2026-11-16", "south", 1, -2), ("2026-11-16", "north", 2, 8)]),
        ("region=south&select=revenue", [(-2,)]),
        ("by=day", [("2026-11-16", 3, 6)]),
        ("by=region&region=north", [("2026-11-16", "north", 2, 8)]),
        ("by=month", [("2026-11", 3, 6)]),
    ],
)
def test_a_question_about_one_period_is_answered(get: Get, query: str, expected: list[tuple[Any, ...]]) -> None:
    assert rows(get(reports.report_period, MONDAY, query)) == expected


@pytest.mark.parametrize("query", ["", "&orderby=-revenue", "&by=month,region", "&by=region&orderby=region"])
def test_pages_together_are_the_whole(get: Get, following: Get, query: str) -> None:
    whole = rows(get(reports.report_rows, ROUTE, f"top=100{query}"))
    found, answer = [], get(reports.report_rows, ROUTE, f"top=2{query}")
    while True:
        found += rows(answer)
        if "nextLink" not in answer.body:
            break
        answer = get(reports.report_rows, ROUTE, answer.body["nextLink"].partition("?")[2])
    assert found == whole


def test_every_mistake_is_an_error_of_its_own(get: Get) -> None:
    answer = get(reports.report_rows, ROUTE, "top=ten&regoin=x&orderby=oders&from=2026-13&bom=true")
    assert answer.status == 400
    assert [error["parameter"] for error in answer.body["errors"]] == ["top", "bom", "from", "regoin", "orderby"]


def test_a_period_takes_no_range(get: Get) -> None:
    answer = get(reports.report_period, MONDAY, "from=2026-11")
    assert (answer.status, [error["parameter"] for error in answer.body["errors"]]) == (400, ["from"])


def test_csv_opens_in_a_spreadsheet(get: Get) -> None:
    answer = get(reports.report_rows, ROUTE, "format=csv&bom=true&from=2026-11-17")
    assert answer.type == "text/csv"
    assert answer.headers["Content-Disposition"] == 'attachment; filename="sales_by_day.csv"'
    assert answer.text == (
        "\ufeffperiod,region,orders,revenue\r\n"
        "2026-11-17,'=cmd,1,4\r\n2026-11-17,north,1,1\r\n2026-12-01,,1,7\r\n"
    )  # fmt: skip


def test_negative_numbers_in_csv_are_numbers(get: Get) -> None:
    answer = get(reports.report_period, MONDAY, "region=south", Accept="text/csv")
    assert answer.text == "period,region,orders,revenue\r\n2026-11-16,south,1,-2\r\n"
    assert answer.headers["Content-Disposition"] == 'attachment; filename="sales_by_day-2026-11-16.csv"'


def test_csv_without_rows_has_a_header(get: Get) -> None:
    assert get(reports.report_rows, ROUTE, "format=csv&region=nowhere&select=region").text == "region\r\n"


@pytest.mark.parametrize("form", ["csv", "ndjson"])
def test_other_forms_have_the_next_page_in_a_header(get: Get, form: str) -> None:
    answer = get(reports.report_rows, ROUTE, f"format={form}&top=2")
    link, _, rel = answer.headers["Link"].partition("; ")
    assert rel == 'rel="next"'
    further = get(reports.report_rows, ROUTE, link.strip("<>").partition("?")[2])
    assert len(further.text.splitlines()) == 2 + (form == "csv")


def test_ndjson_is_a_row_on_each_line(get: Get) -> None:
    answer = get(reports.report_rows, ROUTE, "by=month", Accept="application/x-ndjson")
    assert answer.type == "application/x-ndjson"
    assert [json.loads(line)["revenue"] for line in answer.text.splitlines()] == [11, 7]


def test_what_nobody_can_read_is_not_sent(get: Get) -> None:
    answer = get(reports.report_rows, ROUTE, Accept="text/html")
    assert (answer.status, answer.body["code"]) == (406, "not_acceptable")


def test_polars_is_loaded_for_rolling_up_alone() -> None:
    """It would make the first answer after a cold start wait."""
    loaded = "import sys, blueprints.reports, shared.reports.read; print('polars' in sys.modules)"
    printed = subprocess.run([sys.executable, "-c", loaded], check=True, capture_output=True, text=True).stdout
    assert printed.strip() == "False"


QUESTIONS = ["", "orderby=-revenue", "region=north", "format=csv", "by=month"]


@pytest.mark.parametrize("route", [ROUTE, MONDAY])
@pytest.mark.parametrize("query", QUESTIONS)
def test_who_has_the_answer_gets_304_after_one_read(
    get: Get, pipeline: Any, monkeypatch: pytest.MonkeyPatch, route: dict[str, str], query: str
) -> None:
    function = reports.report_period if "period" in route else reports.report_rows
    tag = get(function, route, query).headers["ETag"]
    asked = _counted(pipeline, monkeypatch)
    answer = get(function, route, query, If_None_Match=tag)
    assert (answer.status, answer.text) == (304, "null")
    assert asked == (["get"] if "period" in route else ["listed"])


@pytest.mark.parametrize("route", [ROUTE, MONDAY])
@pytest.mark.parametrize("query", QUESTIONS)
def test_another_answer_is_sent_under_another_tag(get: Get, pipeline: Any, route: dict[str, str], query: str) -> None:
    function = reports.report_period if "period" in route else reports.report_rows
    tag = get(function, route, query).headers["ETag"]
    pipeline.take_in("sales/c.csv", HEAD, "2026-11-16,north,1")
    answer = get(function, route, query, If_None_Match=tag)
    assert answer.status == 200
    assert answer.headers["ETag"] != tag


def test_a_period_is_one_read(get: Get, pipeline: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    asked = _counted(pipeline, monkeypatch)
    get(reports.report_period, MONDAY, "orderby=-revenue&region=north")
    assert asked == ["get"]


def test_a_page_over_periods_is_a_query_and_the_documents_that_it_needs(
    get: Get, pipeline: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = _counted(pipeline, monkeypatch)
    get(reports.report_rows, ROUTE, "top=1")
    assert asked == ["listed", "get"]


def test_the_list_of_reports_is_one_query_where_all_are_defined(
    get: Get, pipeline: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = _counted(pipeline, monkeypatch)
    assert get(reports.list_reports, {}).body["value"][0]["rows"] == 6
    assert asked == ["overview"]


def test_the_list_of_reports_is_two_queries_however_many_there_are(
    get: Get, pipeline: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("birds", "trees", "stones"):
        pipeline.take_in(f"{name}/a.csv", "name,size", "x,1")
    asked = _counted(pipeline, monkeypatch)
    assert [report["name"] for report in get(reports.list_reports, {}).body["value"]] == [
        "sales_by_day", "birds", "stones", "trees",
    ]  # fmt: skip
    assert asked == ["overview", "without_period"]


def test_rolling_up_reads_again_what_a_refresh_has_replaced(get: Get, pipeline: Any) -> None:
    def replaced(_: int, name: str) -> None:
        if name == "read_partials":
            pipeline.before = lambda *_: None
            pipeline.take_in("sales/c.csv", HEAD, "2026-11-16,north,100")

    pipeline.before = replaced
    assert rows(get(reports.report_rows, ROUTE, "by=all")) == [("all", 7, 118)]


def _counted(pipeline: Any, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """What the report documents are asked for from here on."""
    asked: list[str] = []
    kind = type(pipeline.reports)
    for name in ("get", "page", "listed", "periods", "overview", "without_period"):
        method = getattr(kind, name)

        def count(self: Any, *arguments: Any, name: str = name, method: Any = method, **named: Any) -> Any:
            asked.append(name)
            return method(self, *arguments, **named)

        monkeypatch.setattr(kind, name, count)
    return asked
