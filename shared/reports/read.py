"""Reports as the API shows them: the list of reports, rows over periods, one period.

A question is answered in two steps. `over_periods` and `of_period` look at the least that tells whether the answer has
changed since somebody asked before: its `state`. `rows` reads the rest. Nothing here needs polars but rolling up.
"""

from __future__ import annotations

import json
from bisect import bisect_right
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Protocol

from shared.definitions.catalog import Definitions
from shared.definitions.describe import shown
from shared.definitions.model import NO_PERIOD, Report
from shared.errors import NotFound, NotPossible, PartialMissing, PlatformError
from shared.reports.columns import PERIOD, of_definition, without_definition
from shared.reports.document import Group, ReportDocument, page_id
from shared.reports.listed import ListedDocument, ListedPeriod, ListedTotals
from shared.reports.order import Row, behind, first, key, ordered
from shared.reports.periods import ALL, EVERY, is_period
from shared.reports.query import Asked, Query, read_query
from shared.stores.stored import Stored

DOCUMENTS = 20  # report documents that are read at a time
ATTEMPTS = 5  # to read what a refresh may replace meanwhile


class Reports(Protocol):
    """The report documents, as readers need them."""

    def get(self, report: str, period: str) -> Stored[ReportDocument] | None: ...
    def page(self, report: str, page_id: str) -> tuple[Group, ...] | None: ...
    def listed(self, report: str, first: str, beyond: str) -> list[ListedPeriod]: ...
    def periods(self, report: str, top: int, *, since: str = "") -> list[ReportDocument]: ...
    def overview(self) -> list[ListedDocument]: ...
    def without_period(self) -> list[ListedTotals]: ...


@dataclass(frozen=True, slots=True)
class Table:
    """A page of rows, what the columns of all rows are, and where the next page begins."""

    columns: tuple[str, ...]
    texts: frozenset[str]  # columns that hold text, whatever it looks like
    rows: list[Row]
    cursor: list[Any] | None


@dataclass(slots=True)
class Question:
    """What is asked of a report, and what has been read of it so far. `query` None: its columns are not known yet."""

    report: Report
    asked: Asked
    query: Query | None
    listed: list[ListedPeriod]
    document: ReportDocument | None = None  # where one period is asked for
    only: ReportDocument | None = None  # that of all periods, where it had to be read to know the columns
    read: dict[str, str] = field(default_factory=dict)  # digests of the documents that have been read

    @property
    def period(self) -> str | None:
        """The period, where one is asked for."""
        return self.document.period if self.document else None

    @property
    def head(self) -> dict[str, Any]:
        """The document's own fields, where one period is asked for."""
        return self.document.head() if self.document else {}

    @property
    def state(self) -> str:
        """What the answer follows from: as it was listed, then as it was read."""
        if self.asked.by is not None:  # states may change where no value that is shown does
            known = [(one.period, one.tree) for one in self.listed]
        else:
            known = [(one.period, self.read.get(one.period, one.digest)) for one in self.listed]
        defined = repr(self.query.columns) if self.query and self.report.metrics else None
        return json.dumps([self.report.name, known, self.head, defined])


class _Replaced(Exception):  # noqa: N818 - an answer: somebody has to look again
    """A refresh has replaced a document while it was read."""


@dataclass(frozen=True, slots=True)
class ReportReader:
    """Answers questions about reports."""

    reports: Reports
    partials: Callable[[Sequence[str]], list[bytes]]
    definitions: Definitions

    def all(self) -> list[Row]:
        """Every report: those that are defined, and those of datasets without a definition that have rows."""
        documents: dict[str, list[ListedDocument]] = {}
        for document in self.reports.overview():
            documents.setdefault(document.report, []).append(document)
        summaries = [
            _summary(report, {m.name: shown(m) for m in report.metrics}, documents.get(report.name, []))
            for report in self.definitions.reports
        ]
        if any(self.definitions.report(name) is None for name in documents):
            summaries += [
                _summary(Report(one.report, one.dataset), metrics_named_in(one.totals), documents.get(one.report, []))
                for one in self.reports.without_period()
                if self.definitions.report(one.report) is None
            ]
        return summaries

    def over_periods(self, name: str, asked: Asked) -> Question:
        """A question about a report's rows in all or some of its periods. Raises NotFound, BadRequest."""
        report = self.definitions.report(name)
        query = self._query(report, asked, None) if report else None
        within = query.within if query else EVERY
        if query and query.in_order and query.position:  # what lies before is not looked at
            within = replace(within, first=max(within.first, str(query.position.values[0])))
        listed = self.reports.listed(name, within.first, within.beyond)
        if report is None and not listed:
            raise _no_report(name)
        return self._checked(Question(report or Report(name, ""), asked, query, listed))

    def of_period(self, name: str, period: str, asked: Asked) -> Question:
        """A question about one period of a report. Raises NotFound, BadRequest."""
        report = self.definitions.report(name)
        query = self._query(report, asked, period) if report else None
        # Not any text can be the id of a document.
        found = self.reports.get(name, period) if is_period(period) else None
        if found is None or found.value.rows == 0:
            if report is None and not self.reports.listed(name, EVERY.first, EVERY.beyond):
                raise _no_report(name)
            raise _no_period(name, period)
        document = found.value
        return self._checked(
            Question(report or Report(name, document.dataset), asked, query, [_listed(document)], document)
        )

    def rows(self, question: Question) -> Table:
        """The page of rows that answers a question. Raises BadRequest where its columns become known only now."""
        for _ in range(ATTEMPTS):
            query = self._with_query(question)
            try:
                found = self._found(question, query)
            except (_Replaced, PartialMissing):
                self._look_again(question)
            else:
                return _table(query, found)
        raise PlatformError(f"Report {question.report.name} changes faster than it can be read; try again.")

    def _query(self, report: Report, asked: Asked, period: str | None) -> Query:
        return read_query(report, of_definition(report, self.definitions.dataset(report.dataset)), asked, period)

    def _checked(self, question: Question) -> Question:
        """The question, unless it is known to have mistakes: then all of them are told."""
        if question.asked.mistakes:
            self._with_query(question)
        return question

    def _with_query(self, question: Question) -> Query:
        """The query, which for a report without a definition wants a look at the data."""
        if question.query is None:
            document = question.document or self._document(question.report.name, ALL)
            question.only, question.report = document, Report(document.report, document.dataset)
            columns = without_definition(document.totals)
            question.query = read_query(question.report, columns, question.asked, question.period)
        return question.query

    def _document(self, name: str, period: str) -> ReportDocument:
        found = self.reports.get(name, period)
        if found is None or found.value.rows == 0:
            raise _no_period(name, period)
        return found.value

    def _look_again(self, question: Question) -> None:
        """What has been replaced is there in another edition."""
        if question.document:
            question.document = self._document(question.report.name, question.document.period)
            question.listed = [_listed(question.document)]
        else:
            within = [one.period for one in question.listed]
            listed = self.reports.listed(question.report.name, within[0], within[-1] + " ") if within else []
            question.listed = listed
        question.read.clear()

    def _found(self, question: Question, query: Query) -> list[tuple[Row, int]]:
        """The rows of the page and the one behind it, in order, each with the first row of its document's page."""
        if query.by:
            return [(row, 0) for row in self._rolled_up(question, query)]
        if query.in_order:
            return self._in_order(question, query)
        return [(row, 0) for row in self._by_value(question, query)]

    def _rolled_up(self, question: Question, query: Query) -> list[Row]:
        from shared.reports.rollup import rolled_up  # noqa: PLC0415 - polars, for this alone

        definition = self.definitions.states_of(question.report)
        if query.by is None or any(one.definition != definition for one in question.listed):
            raise NotPossible(
                f"Report '{question.report.name}' is being made anew under a new definition. Try again in a while."
            )
        rows = rolled_up(question.report, question.listed, query, query.by, self.partials)
        if query.position:
            rows = behind(rows, query.order, query.position.values)
        return ordered(first(rows, query.order, query.top + 1), query.order)

    def _in_order(self, question: Question, query: Query) -> list[tuple[Row, int]]:
        """Rows as they are kept, from the position on. No document is read that is not needed."""
        found: list[tuple[Row, int]] = []
        wanted = query.top + 1

        def needed() -> int:
            """How many documents probably have what is wanted yet: one to begin with, then by what others had."""
            seen = len(question.read)
            return (wanted - len(found)) * seen // len(found) if found else 1 if not seen else DOCUMENTS

        for document in self._documents(question, needed):
            for start, groups in self._pages(document, query):
                rows = query.chosen(_from_position(groups, document.period, query))[: wanted - len(found)]
                found += [({PERIOD: document.period, **row}, start) for row in rows]
                if len(found) == wanted:
                    return found
        return found

    def _by_value(self, question: Question, query: Query) -> list[Row]:
        """Rows in the order of any columns. All are looked at; a page of them is kept."""
        count = query.top + 1
        in_period = [by for by in query.order if by.column != PERIOD]
        best: list[Row] = []
        for document in self._documents(question, lambda: DOCUMENTS):
            for _, groups in self._pages(document, None):
                rows = query.chosen(list(groups))
                if query.position:
                    rows = behind(rows, query.order, query.position.values, document.period)
                rows = first(rows, in_period, count)
                best = first([*best, *({PERIOD: document.period, **row} for row in rows)], query.order, count)
        return ordered(best, query.order)

    def _documents(self, question: Question, at_a_time: Callable[[], int]) -> Iterator[ReportDocument]:
        """The documents of the periods that were listed, read as they are needed."""
        if known := question.document or question.only:
            question.read[known.period] = known.digest
            yield known
            return
        wanted = [one.period for one in question.listed]
        while wanted:
            count = max(1, min(at_a_time(), DOCUMENTS))
            question.read |= dict.fromkeys(wanted[:count], "")  # those without rows by now
            for document in self._read(question.report.name, wanted[:count]):
                question.read[document.period] = document.digest
                yield document
            wanted = wanted[count:]

    def _read(self, name: str, periods: list[str]) -> Iterable[ReportDocument]:
        """The documents of some periods that follow each other, but for those without rows by now."""
        if len(periods) == 1:
            found = self.reports.get(name, periods[0])
            return [found.value] if found and found.value.rows else []
        documents = self.reports.periods(name, len(periods), since=periods[0])
        if len(documents) == len(periods) and [document.period for document in documents] != periods:
            raise _Replaced  # one has come in between, and another one may have been left out for it
        return [document for document in documents if document.period in periods]

    def _pages(self, document: ReportDocument, query: Query | None) -> Iterator[tuple[int, Sequence[Group]]]:
        """The groups of a document, page by page, each with the place of its first one.

        With a query those pages are left out that lie before its position.
        """
        if document.pages is None:
            yield 0, document.groups
            return
        pages = list(document.pages.holding(0, document.size))
        at, groups = 0, None
        if query and query.position and query.position.values[0] == document.period:
            at = max((at for at, (_, start) in enumerate(pages) if start <= query.position.start), default=0)
            groups = self._page(document, pages[at][0])
            while at > 0 and len(_from_position(groups, document.period, query)) == len(groups):
                at -= 1  # a row that came before the position may have moved back to the page before
                groups = self._page(document, pages[at][0])
        for number, start in pages[at:]:
            yield start, groups if groups is not None else self._page(document, number)
            groups = None

    def _page(self, document: ReportDocument, number: int) -> Sequence[Group]:
        assert document.pages is not None
        page = self.reports.page(document.report, page_id(document.period, document.pages.edition, number))
        if page is None:
            raise _Replaced
        return page


def _no_report(name: str) -> NotFound:
    return NotFound(f"There is no report '{name}'. GET /api/reports lists those there are.")


def _no_period(name: str, period: str) -> NotFound:
    return NotFound(f"Report '{name}' has no period '{period}'. GET /api/reports/{name} lists those it has.")


def _listed(document: ReportDocument) -> ListedPeriod:
    return ListedPeriod(document.period, document.digest, document.tree, document.definition)


def _from_position(groups: Sequence[Group], period: str, query: Query) -> list[Group]:
    """The groups of a period behind the query's position, if it is in there. They are in order."""
    if query.position is None or query.position.values[0] != period:
        return list(groups)
    order = query.order[1:]  # without the period
    values = query.position.values[1:]
    place = key({by.column: value for by, value in zip(order, values, strict=True)}, order)
    return list(groups[bisect_right(groups, place, key=lambda group: key(group, order)) :])


def _table(query: Query, found: list[tuple[Row, int]]) -> Table:
    rows = [row for row, _ in found[: query.top]]
    cursor = query.cursor_behind(*found[query.top - 1]) if len(found) > query.top else None
    columns = query.select or query.columns.names
    texts = frozenset(name for name in columns if query.columns.kind(name) in ("text", "any"))
    return Table(columns, texts, query.shown(rows), cursor)


def _summary(report: Report, metrics: dict[str, str], documents: list[ListedDocument]) -> Row:
    timed = [document for document in documents if document.rows and document.period != NO_PERIOD]
    failing = max((d for d in documents if d.problem), key=lambda d: (d.period != NO_PERIOD, d.period), default=None)
    problem = {"period": failing.period, **failing.problem.to_document()} if failing and failing.problem else None
    return {
        "name": report.name,
        "dataset": report.dataset,
        "time": report.time,
        "period": report.period,
        "groupBy": list(report.group_by),
        "metrics": metrics,
        "newestPeriod": max((document.period for document in timed), default=None),
        "rows": sum(document.rows for document in documents),
        "updatedAt": max((document.updated_at for document in documents), default=None),
        **({"problem": problem} if problem else {}),
    }


def metrics_named_in(totals: Iterable[str]) -> dict[str, str]:
    """The metrics of a report without a definition, out of their names: `rows`, `<column>_<function>`."""
    named = (name.rpartition("_") for name in totals if name != "rows")
    return {"rows": "count"} | {f"{column}_{function}": f"{function}({column})" for column, _, function in named}
