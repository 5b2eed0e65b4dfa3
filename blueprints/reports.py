"""GET /api/reports: the reports, their rows over periods, one period."""

import azure.functions as func

from shared.api.answers import answers, page
from shared.api.call import Call
from shared.api.contract.reports import LIST_REPORTS, REPORT_PERIOD, REPORT_ROWS
from shared.app import app

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
    from shared.api import questions

    return questions.over_periods(call, app().reader)


@blueprint.route(REPORT_PERIOD.route, methods=[REPORT_PERIOD.method])
@answers(REPORT_PERIOD)
def report_period(call: Call) -> func.HttpResponse:
    """One period of a report: the document's own fields, and its rows as `value`."""
    from shared.api import questions

    return questions.of_period(call, app().reader)
