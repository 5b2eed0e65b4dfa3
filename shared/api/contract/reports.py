"""Reports: the list of them, their rows over periods, one period."""

from __future__ import annotations

from http import HTTPStatus
from typing import Any, Literal, get_args

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
    refused,
    shape,
)
from shared.api.cursors import CURSOR
from shared.api.operation import CSV, NDJSON, Operation
from shared.api.parameters import Parameter, Schema, choice, flag, in_path, text
from shared.definitions.model import PERIOD_PATTERN

type Format = Literal["json", "csv", "ndjson"]
FORMATS: tuple[Format, ...] = get_args(Format.__value__)

REPORT = in_path("report", "A report's name.")
PERIOD = in_path("period", "A period, such as `2026-11` or `all`.")
FIRST = text("from", "The first period: `2026-11`, or longer or shorter.", longest=20, pattern=PERIOD_PATTERN)
LAST = text("to", "The last period; `2026-11` means all of that month.", longest=20, pattern=PERIOD_PATTERN)
ORDERBY = text(
    "orderby", "Columns to order by, with commas between them; `-` before one for descending. Null is least."
)
SELECT = text("select", "The columns that are wanted, with commas between them.")
BY = text(
    "by",
    "Roll rows up: into a longer period (`hour`, `day`, `month`, `year`, `all`), by some of the group columns, or both,"
    " with commas between them.",
)
FORMAT = choice("format", "The form of the rows. It wins over `Accept`.", FORMATS)
BOM = flag("bom", "Begin CSV with a byte order mark, as Excel wants it.")
ASKED: tuple[Parameter[Any], ...] = (ORDERBY, SELECT, TOP, CURSOR, BY, FORMAT, BOM)

ROW: Schema = {"type": "object", "properties": {"period": TEXT}, "additionalProperties": {}}  # the report's columns
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
    },
    {"problem": shape({"period": TEXT, **PROBLEM_FIELDS})},
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
NOT_ACCEPTABLE = refused(
    HTTPStatus.NOT_ACCEPTABLE,
    "`Accept` names nothing that is there. RFC 9110 would allow JSON all the same; who cannot read that is told.",
)
BEING_MADE = refused(HTTPStatus.CONFLICT, "The report is being made anew under a new definition: `by` has to wait.")
OTHERS = (NOT_MODIFIED, BAD_REQUEST, NO_KEY, NOT_FOUND, NOT_ACCEPTABLE, BEING_MADE, UNAVAILABLE)
TABLES: dict[str, Schema] = {CSV: TEXT, NDJSON: TEXT}  # their next page is in the header `Link`

REPORT_ROWS = Operation(
    "report_rows",
    "GET",
    "reports/{report}",
    "The rows of a report, oldest period first unless asked otherwise.",
    (ok("A page of rows.", listing(ROW), **TABLES), *OTHERS),
    (REPORT, FIRST, LAST, *ASKED),
    filters=True,
)
REPORT_PERIOD = Operation(
    "report_period",
    "GET",
    "reports/{report}/{period}",
    "One period of a report: the document's own fields, and its rows.",
    (ok("The period.", DOCUMENT, **TABLES), *OTHERS),
    (REPORT, PERIOD, *ASKED),
    filters=True,
)
OPERATIONS = (LIST_REPORTS, REPORT_ROWS, REPORT_PERIOD)
