"""Reports: the list of them, their rows over periods, one period."""

from __future__ import annotations

from shared.api.contract.common import (
    BAD_REQUEST,
    NO_KEY,
    NOT_FOUND,
    NOT_MODIFIED,
    NUMBER,
    PROBLEM_FIELDS,
    TEXT,
    TIME,
    TOP,
    UNAVAILABLE,
    listing,
    nullable,
    ok,
    shape,
)
from shared.api.cursors import CURSOR
from shared.api.operation import Operation
from shared.api.parameters import Schema, in_path

REPORT = in_path("report", "A report's name.")
PERIOD = in_path("period", "A period, such as `2026-11` or `all`.")

ROW: Schema = {"type": "object", "properties": {"period": TEXT}, "required": ["period"]}
SUMMARY = shape(
    {
        "name": TEXT,
        "dataset": TEXT,
        "time": nullable(TEXT),
        "period": TEXT,
        "groupBy": {"type": "array", "items": TEXT},
        "metrics": {"type": "object", "additionalProperties": TEXT},
        "newestPeriod": nullable(TEXT),
        "rows": NUMBER,
        "updatedAt": nullable(TIME),
    }
)
DOCUMENT = listing(
    ROW,
    report=TEXT,
    dataset=TEXT,
    period=TEXT,
    rows=NUMBER,
    files=NUMBER,
    updatedAt=TIME,
    totals={"type": "object"},
)
DOCUMENT["properties"]["problem"] = shape(PROBLEM_FIELDS)

LIST_REPORTS = Operation(
    "list_reports",
    "GET",
    "reports",
    "Every report, its definition and how fresh it is.",
    (ok("The reports.", listing(SUMMARY)), NOT_MODIFIED, BAD_REQUEST, NO_KEY, UNAVAILABLE),
)
REPORT_ROWS = Operation(
    "report_rows",
    "GET",
    "reports/{report}",
    "The rows of a report, oldest period first.",
    (ok("A page of rows.", listing(ROW)), NOT_MODIFIED, BAD_REQUEST, NO_KEY, NOT_FOUND, UNAVAILABLE),
    (REPORT, TOP, CURSOR),
)
REPORT_PERIOD = Operation(
    "report_period",
    "GET",
    "reports/{report}/{period}",
    "One period of a report: the document's own fields, and its rows as `value`.",
    (ok("The period.", DOCUMENT), NOT_MODIFIED, BAD_REQUEST, NO_KEY, NOT_FOUND, UNAVAILABLE),
    (REPORT, PERIOD, TOP, CURSOR),
)
OPERATIONS = (LIST_REPORTS, REPORT_ROWS, REPORT_PERIOD)
