"""From a call to the rows of a report: what is asked, and the answer in the form that is wanted."""

from __future__ import annotations

import azure.functions as func

from shared.api.answers import entity_tag, unchanged
from shared.api.call import Call
from shared.api.contract.common import TOP
from shared.api.contract.reports import BY, FIRST, LAST, ORDERBY, PERIOD, REPORT, SELECT, Format
from shared.api.cursors import CURSOR
from shared.api.tables import format_of, mistakes_in, table
from shared.reports.query import Asked
from shared.reports.read import Question, ReportReader


def over_periods(call: Call, reader: ReportReader) -> func.HttpResponse:
    """The rows of a report, oldest period first unless asked otherwise."""
    form = format_of(call)
    asked = _asked(call, form, first=call[FIRST], last=call[LAST])
    return _answer(call, form, reader, reader.over_periods(call[REPORT], asked), call[REPORT])


def of_period(call: Call, reader: ReportReader) -> func.HttpResponse:
    """One period of a report: the document's own fields, and its rows as `value`."""
    form = format_of(call)
    question = reader.of_period(call[REPORT], call[PERIOD], _asked(call, form))
    return _answer(call, form, reader, question, f"{call[REPORT]}-{call[PERIOD]}")


def _asked(call: Call, form: Format, first: str | None = None, last: str | None = None) -> Asked:
    mistakes = (*call.mistakes, *mistakes_in(call, form))
    return Asked(call.filters, first, last, call[ORDERBY], call[SELECT], call[BY], call[TOP], call[CURSOR], mistakes)


def _answer(call: Call, form: Format, reader: ReportReader, question: Question, name: str) -> func.HttpResponse:
    """The rows, or 304 before any of them is read."""
    if answer := unchanged(call, entity_tag(call, question.state)):
        return answer
    return table(call, form, question, reader.rows(question), name)
