"""Reports as the API shows them: rows over periods, page by page."""

from typing import Any

import pytest

from shared.errors import BadRequest, NotFound
from shared.reports.document import ReportDocument
from shared.reports.read import DOCUMENTS, Position

HEAD = "day,region,amount"


def add(pipeline: Any, period: str, groups: int) -> None:
    """A document of `sales_by_day` with this many rows."""
    rows = tuple({"region": f"r{number}", "orders": 1} for number in range(groups))
    pipeline.reports.save(ReportDocument("sales_by_day", "sales", period, rows=groups, files=1, groups=rows), None)


def pages(pipeline: Any, top: int) -> list[list[tuple[str, str]]]:
    """All rows of the report as (period, region), page by page, through the cursor's own form."""
    found, cursor = [], None
    while True:
        rows, following = pipeline.reader.rows("sales_by_day", top, Position.from_cursor(cursor))
        found.append([(row["period"], row["region"]) for row in rows])
        if following is None:
            return found
        cursor = following.to_cursor()


def test_rows_are_flat_with_the_period_first(pipeline: Any) -> None:
    pipeline.take_in("sales/a.csv", HEAD, "2026-11-16,north,5")
    rows, following = pipeline.reader.rows("sales_by_day", 10, Position())
    assert rows == [{"period": "2026-11-16", "region": "north", "orders": 1, "revenue": 5}]
    assert (next(iter(rows[0])), following) == ("period", None)


@pytest.mark.parametrize("top", [1, 2, 3, 4, 5, 6, 7, 100])
def test_pages_have_every_row_once_and_in_order(pipeline: Any, top: int) -> None:
    for period, groups in (("2026-11-16", 3), ("2026-11-17", 1), ("2026-11-18", 2)):
        add(pipeline, period, groups)
    found = pages(pipeline, top)
    assert [row for page in found for row in page] == [
        *(("2026-11-16", f"r{n}") for n in range(3)),
        ("2026-11-17", "r0"),
        *(("2026-11-18", f"r{n}") for n in range(2)),
    ]
    assert all(len(page) == top for page in found[:-1])
    assert found[-1], "the last page is not an empty one"


def test_more_periods_than_are_read_at_once_are_all_there(pipeline: Any) -> None:
    periods = [f"2026-{number:03d}" for number in range(2 * DOCUMENTS + 1)]
    for period in periods:
        add(pipeline, period, 1)
    assert [period for (period, _) in pages(pipeline, 1000)[0]] == periods


def test_empty_reports_are_passed_over(pipeline: Any) -> None:
    add(pipeline, "2026-11-16", 0)
    add(pipeline, "2026-11-17", 1)
    assert pages(pipeline, 10) == [[("2026-11-17", "r0")]]


def test_a_report_that_got_shorter_since_the_cursor_goes_on_with_the_next_period(pipeline: Any) -> None:
    add(pipeline, "2026-11-16", 1)
    add(pipeline, "2026-11-17", 1)
    rows, _ = pipeline.reader.rows("sales_by_day", 10, Position("2026-11-16", 5))
    assert [row["period"] for row in rows] == ["2026-11-17"]


def test_a_defined_report_without_rows_is_an_empty_list(pipeline: Any) -> None:
    assert pipeline.reader.rows("sales_by_day", 10, Position()) == ([], None)


def test_an_unknown_report_is_not_found(pipeline: Any) -> None:
    with pytest.raises(NotFound, match="There is no report 'sails'"):
        pipeline.reader.rows("sails", 10, Position())


@pytest.mark.parametrize("period", ["2026-11-16", "2026-11-17", "all"])
def test_a_period_without_rows_is_not_found(pipeline: Any, period: str) -> None:
    add(pipeline, "2026-11-16", 0)
    with pytest.raises(NotFound, match=f"no period '{period}'"):
        pipeline.reader.period("sales_by_day", period, 10, 0)


def test_a_period_of_an_unknown_report_says_that_there_is_no_such_report(pipeline: Any) -> None:
    with pytest.raises(NotFound, match="There is no report 'sails'"):
        pipeline.reader.period("sails", "all", 10, 0)


@pytest.mark.parametrize("cursor", ["2026", 1, {}, [], ["2026"], ["2026", "1"], ["2026", -1], ["2026", True], [1, 2]])
def test_what_is_no_position_is_refused(cursor: object) -> None:
    with pytest.raises(BadRequest, match="cursor"):
        Position.from_cursor(cursor)


def test_a_position_in_another_period_is_refused() -> None:
    with pytest.raises(BadRequest, match="cursor"):
        Position("2026-11-16", 1).within("2026-11-17")


def test_the_list_has_defined_reports_also_without_rows(pipeline: Any) -> None:
    assert pipeline.reader.all() == [
        {
            "name": "sales_by_day",
            "dataset": "sales",
            "time": "day",
            "period": "day",
            "groupBy": ["region"],
            "metrics": {"orders": "count", "revenue": "sum(amount)"},
            "newestPeriod": None,
            "rows": 0,
            "updatedAt": None,
        }
    ]


def test_the_list_says_how_fresh_a_report_is(pipeline: Any) -> None:
    pipeline.take_in("sales/a.csv", HEAD, "2026-11-16,north,5", "2026-11-17,north,5")
    summary = pipeline.reader.all()[0]
    updated = pipeline.reports.get("sales_by_day", "2026-11-17").value.updated_at
    assert (summary["newestPeriod"], summary["rows"], summary["updatedAt"]) == ("2026-11-17", 2, updated)


def test_the_list_has_reports_of_datasets_without_a_definition(pipeline: Any) -> None:
    pipeline.take_in("birds/a.csv", "name,wing_span", "wren,15")
    assert [(report["name"], report["metrics"]) for report in pipeline.reader.all()[1:]] == [
        (
            "birds",
            {
                "rows": "count",
                "wing_span_sum": "sum(wing_span)",
                "wing_span_min": "min(wing_span)",
                "wing_span_max": "max(wing_span)",
                "wing_span_mean": "mean(wing_span)",
            },
        )
    ]
