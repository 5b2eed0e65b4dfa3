"""GET /api/reports: the reports, their rows over periods, one period."""

import azure.functions as func

from shared.api.answers import answers, page
from shared.api.call import Call
from shared.api.contract.common import TOP
from shared.api.contract.reports import LIST_REPORTS, PERIOD, REPORT, REPORT_PERIOD, REPORT_ROWS
from shared.api.cursors import CURSOR
from shared.app import app
from shared.reports.read import Position

blueprint = func.Blueprint()


@blueprint.route(LIST_REPORTS.route, methods=[LIST_REPORTS.method])
@answers(LIST_REPORTS)
def list_reports(call: Call) -> func.HttpResponse:
    """Every report, its definition and how fresh it is."""
    return page(call, app().reader.all())


@blueprint.route(REPORT_ROWS.route, methods=[REPORT_ROWS.method])
@answers(REPORT_ROWS)
def report_rows(call: Call) -> func.HttpResponse:
    """The rows of a report, oldest period first."""
    rows, following = app().reader.rows(call[REPORT], call[TOP], Position.from_cursor(call[CURSOR]))
    return page(call, rows, following and following.to_cursor())


@blueprint.route(REPORT_PERIOD.route, methods=[REPORT_PERIOD.method])
@answers(REPORT_PERIOD)
def report_period(call: Call) -> func.HttpResponse:
    """One period of a report: the document's own fields, and its rows as `value`."""
    start = Position.from_cursor(call[CURSOR]).within(call[PERIOD])
    document, rows, following = app().reader.period(call[REPORT], call[PERIOD], call[TOP], start)
    cursor = Position(document.period, following).to_cursor() if following is not None else None
    return page(call, rows, cursor, document.head())
