"""Reports of a world in memory: as the API reads them, and as they are kept."""

from typing import Any

from shared.reports.query import Asked

REPORT = "sales_by_day"

type Row = dict[str, Any]


def read_period(pipeline: Any, period: str, top: int = 1_000, cursor: Any = None) -> tuple[Row, list[Row], Any]:
    """What the API says of a period: the document's own fields, rows, and where the next page begins."""
    question = pipeline.reader.of_period(REPORT, period, Asked(top=top, cursor=cursor))
    table = pipeline.reader.rows(question)
    return question.head, table.rows, table.cursor


def read_periods(pipeline: Any, top: int = 1_000, cursor: Any = None) -> tuple[list[Row], Any]:
    """What the API says of all periods: rows, and where the next page begins."""
    table = pipeline.reader.rows(pipeline.reader.over_periods(REPORT, Asked(top=top, cursor=cursor)))
    return table.rows, table.cursor


def check_is_one_state(head: Row, rows: list[Row]) -> None:
    """What a report shows for the whole is the sum of what it shows for its groups."""
    assert sum(row["orders"] for row in rows) == head["rows"]
    assert sum(row["revenue"] for row in rows) == head["totals"].get("revenue", 0)


def kept_rows(pipeline: Any) -> list[Row]:
    """All rows of the report as they are kept, with their periods."""
    reports = pipeline.another().reports
    found: list[Row] = []
    for document in reports.periods(REPORT, 1_000):
        groups = list(document.groups)
        for number, _ in enumerate(document.pages.sizes if document.pages else ()):
            groups += reports.page(REPORT, f"{document.period}_{document.pages.edition}_{number}")
        found += [{"period": document.period, **group} for group in groups]
    return found
