"""Reports as the API shows them: the list of reports, and rows over periods."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Protocol

from shared.definitions.catalog import Definitions
from shared.definitions.describe import shown
from shared.definitions.model import Report
from shared.errors import BadRequest, NotFound, PlatformError
from shared.reports.document import Group, ReportDocument, page_id
from shared.stores.stored import Stored

DOCUMENTS = 20  # report documents that are read at a time while a page of rows fills up
ATTEMPTS = 5  # to read the pages of a report before a refresh has replaced them

NO_CURSOR = "cursor is not one of this list. Leave it away to begin at the start."

type Row = dict[str, Any]


class Reports(Protocol):
    """The report documents, as readers need them."""

    def get(self, report: str, period: str) -> Stored[ReportDocument] | None: ...
    def page(self, report: str, page_id: str) -> tuple[Group, ...] | None: ...
    def periods(self, report: str, top: int, *, since: str = "") -> list[ReportDocument]: ...
    def newest_period(self, report: str) -> str | None: ...
    def without_period(self) -> list[ReportDocument]: ...
    def total_rows(self, report: str) -> int: ...
    def last_update(self, report: str) -> str | None: ...


@dataclass(frozen=True, slots=True)
class Position:
    """A place in the rows of a report: the period, and how many rows of it come before."""

    period: str = ""
    row: int = 0

    def to_cursor(self) -> list[str | int]:
        """As a cursor holds it."""
        return [self.period, self.row]

    @classmethod
    def from_cursor(cls, cursor: object) -> Position:
        """The inverse of `to_cursor`; None is the start. Raises BadRequest."""
        match cursor:
            case None:
                return cls()
            case [str(period), int(row)] if type(row) is int and row >= 0:
                return cls(period, row)
        raise BadRequest(NO_CURSOR)

    def within(self, period: str) -> int:
        """The row to begin at in the only period of a list. Raises BadRequest where the place is in another one."""
        if self.period not in ("", period):
            raise BadRequest(NO_CURSOR)
        return self.row


@dataclass(frozen=True, slots=True)
class ReportReader:
    """Answers questions about reports."""

    reports: Reports
    definitions: Definitions

    def all(self) -> list[Row]:
        """Every report: those that are defined, and those of datasets without a definition that have rows."""
        found = [d for d in self.reports.without_period() if self.definitions.report(d.report) is None]
        return [
            *(self._summary(r, {m.name: shown(m) for m in r.metrics}) for r in self.definitions.reports),
            *(self._summary(Report(d.report, d.dataset), metrics_named_in(d)) for d in found),
        ]

    def period(self, name: str, period: str, top: int, start: int) -> tuple[ReportDocument, list[Row], int | None]:
        """One period of a report: its document, at most `top` rows from `start` on, and where the next page begins.

        Raises NotFound.
        """
        found = self.reports.get(name, period)
        if found is None or found.value.rows == 0:
            self._require(name)
            raise NotFound(f"Report '{name}' has no period '{period}'. GET /api/reports/{name} lists those it has.")
        document, rows = self._rows(found.value, start, top)
        following = start + len(rows)
        return document, rows, following if following < document.size else None

    def rows(self, name: str, top: int, start: Position) -> tuple[list[Row], Position | None]:
        """At most `top` rows from `start` on, oldest period first, and where the next page begins. Raises NotFound."""
        rows: list[Row] = []
        for listed, skipped in self._documents(name, start):
            document, taken = self._rows(listed, skipped, top - len(rows))
            rows += taken
            if skipped + len(taken) < document.size:
                return rows, Position(document.period, skipped + len(taken))
        if not rows and start == Position():
            self._require(name)
        return rows, None

    def _rows(self, document: ReportDocument, start: int, count: int) -> tuple[ReportDocument, list[Row]]:
        """Rows of one state of a report, and the document of that state: the newer one where its pages are gone."""
        for _ in range(ATTEMPTS):
            groups = self._groups(document, start, count)
            if groups is not None:
                return document, [{"period": document.period, **group} for group in groups]
            found = self.reports.get(document.report, document.period)
            document = found.value if found else ReportDocument(document.report, document.dataset, document.period)
        raise PlatformError(
            f"Report {document.report}/{document.period} changes faster than it can be read; try again."
        )

    def _groups(self, document: ReportDocument, start: int, count: int) -> list[Group] | None:
        """Groups of a report; None where a refresh has replaced its pages meanwhile."""
        if document.pages is None:
            return list(document.groups[start : start + count])
        groups: list[Group] = []
        for number, first in document.pages.holding(start, count):
            page = self.reports.page(document.report, page_id(document.period, document.pages.edition, number))
            if page is None:
                return None
            groups += page[max(start - first, 0) : start + count - first]
        return groups

    def _documents(self, name: str, start: Position) -> Iterator[tuple[ReportDocument, int]]:
        since = start.period
        while documents := self.reports.periods(name, DOCUMENTS, since=since):
            for document in documents:
                yield document, start.row if document.period == start.period else 0
            since = documents[-1].period + " "  # the least key that comes after it

    def _require(self, name: str) -> None:
        if self.definitions.report(name) is None and self.reports.newest_period(name) is None:
            raise NotFound(f"There is no report '{name}'. GET /api/reports lists those there are.")

    def _summary(self, report: Report, metrics: dict[str, str]) -> Row:
        return {
            "name": report.name,
            "dataset": report.dataset,
            "time": report.time,
            "period": report.period,
            "groupBy": list(report.group_by),
            "metrics": metrics,
            "newestPeriod": self.reports.newest_period(report.name),
            "rows": self.reports.total_rows(report.name),
            "updatedAt": self.reports.last_update(report.name),
        }


def metrics_named_in(document: ReportDocument) -> dict[str, str]:
    """The metrics of a report without a definition, out of their names: `rows`, `<column>_<function>`."""
    named = (name.rpartition("_") for name in document.totals if name != "rows")
    return {"rows": "count"} | {f"{column}_{function}": f"{function}({column})" for column, _, function in named}
