"""GET /api/reports: the reports, their rows over periods, one period."""

from __future__ import annotations

from typing import TYPE_CHECKING

import azure.functions as func

from shared.api.answers import answers, entity_tag, page, unchanged
from shared.api.call import Call
from shared.api.contract.common import TOP
from shared.api.contract.reports import (
    BY,
    FIRST,
    LAST,
    LIST_REPORTS,
    ORDERBY,
    PERIOD,
    REPORT,
    REPORT_PERIOD,
    REPORT_ROWS,
    SELECT,
)
from shared.api.cursors import CURSOR
from shared.api.tables import Format, format_of, mistakes_in, table
from shared.app import app
from shared.reports.asked import Asked

if TYPE_CHECKING:
    from shared.reports.read import Question

blueprint = func.Blueprint()


@blueprint.route(LIST_REPORTS.route, methods=[LIST_REPORTS.method])
@answers(LIST_REPORTS)
def list_reports(call: Call) -> func.HttpResponse:
    """Every report, its definition and how fresh it is."""
    return page(call, app().reader.all())


@blueprint.route(REPORT_ROWS.route, methods=[REPORT_ROWS.method])
@answers(REPORT_ROWS)
def report_rows(call: Call) -> func.HttpResponse:
    """The rows of a report, oldest period first unless asked otherwise."""
    form = format_of(call)
    asked = _asked(call, form, first=call[FIRST], last=call[LAST])
    return _answer(call, form, app().reader.over_periods(call[REPORT], asked), call[REPORT])


@blueprint.route(REPORT_PERIOD.route, methods=[REPORT_PERIOD.method])
@answers(REPORT_PERIOD)
def report_period(call: Call) -> func.HttpResponse:
    """One period of a report: the document's own fields, and its rows as `value`."""
    form = format_of(call)
    question = app().reader.of_period(call[REPORT], call[PERIOD], _asked(call, form))
    return _answer(call, form, question, f"{call[REPORT]}-{call[PERIOD]}")


def _asked(call: Call, form: Format, first: str | None = None, last: str | None = None) -> Asked:
    mistakes = (*call.mistakes, *mistakes_in(call, form))
    return Asked(call.filters, first, last, call[ORDERBY], call[SELECT], call[BY], call[TOP], call[CURSOR], mistakes)


def _answer(call: Call, form: Format, question: Question, name: str) -> func.HttpResponse:
    """The rows, or 304 before any of them is read."""
    if answer := unchanged(call, entity_tag(call, question.state)):
        return answer
    found = app().reader.rows(question)
    return table(call, form, question, found, name)
