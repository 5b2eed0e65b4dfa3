"""GET /api/reports: the reports, their rows over periods, one period."""

import azure.functions as func

from shared.app import app
from shared.http import answers, check_parameters, page, paging
from shared.reports.read import Position

blueprint = func.Blueprint()

REPORTS, ROWS, PERIOD = "reports", "reports/{report}", "reports/{report}/{period}"


@blueprint.route(REPORTS, methods=["GET"])
@answers
def list_reports(req: func.HttpRequest) -> func.HttpResponse:
    """Every report, its definition and how fresh it is."""
    check_parameters(req)
    return page(req, REPORTS, app().reader.all())


@blueprint.route(ROWS, methods=["GET"])
@answers
def report_rows(req: func.HttpRequest) -> func.HttpResponse:
    """The rows of a report, oldest period first."""
    top, cursor = paging(req)
    rows, following = app().reader.rows(req.route_params["report"], top, Position.from_cursor(cursor))
    return page(req, ROWS, rows, following and following.to_cursor())


@blueprint.route(PERIOD, methods=["GET"])
@answers
def report_period(req: func.HttpRequest) -> func.HttpResponse:
    """One period of a report: the document's own fields, and its rows as `value`."""
    top, cursor = paging(req)
    start = Position.from_cursor(cursor).within(req.route_params["period"])
    document, rows, following = app().reader.period(req.route_params["report"], req.route_params["period"], top, start)
    cursor = Position(document.period, following).to_cursor() if following is not None else None
    return page(req, PERIOD, rows, cursor, document.head())
