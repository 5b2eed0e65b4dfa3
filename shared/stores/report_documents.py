"""The container `reports` in Cosmos DB: report documents and their pages, and every query for them."""

from __future__ import annotations

from collections.abc import Collection
from contextlib import suppress

from azure.cosmos import DatabaseProxy

from shared.errors import Conflict, Problem
from shared.reports.document import Group, Page, ReportDocument
from shared.reports.listed import ListedDocument, ListedPeriod, ListedTotals
from shared.stores.cosmos import get, read, remove, save, select
from shared.stores.shared_reads import SharedReads
from shared.stores.stored import Stored

REPORTS = "reports"


class ReportDocuments:
    """The container `reports`, partitioned by report."""

    def __init__(self, database: DatabaseProxy) -> None:
        self._container = database.get_container_client(REPORTS)
        self._reads = SharedReads[Stored[ReportDocument] | None]()

    def get(self, report: str, period: str) -> Stored[ReportDocument] | None:
        """One report document, empty ones too."""
        return self._reads.read((report, period), lambda: get(self._container, report, period, ReportDocument))

    def save(self, document: ReportDocument, etag: str | None) -> Stored[ReportDocument]:
        """Create the document (`etag` None) or replace the version with this ETag. Raises Conflict if it is gone."""
        return Stored(document, save(self._container, document.to_document(), etag))

    def put_page(self, page: Page) -> None:
        """Write a page. Its id is its edition's own, so writing it again changes nothing."""
        with suppress(Conflict):  # it is there
            save(self._container, page.to_document(), None)

    def page(self, report: str, page_id: str) -> tuple[Group, ...] | None:
        """The groups on one page; None where its edition has been replaced meanwhile."""
        document = read(self._container, report, page_id)
        return tuple(document["groups"]) if document else None

    def remove_pages(self, report: str, period: str, before: int, keep: Collection[str]) -> None:
        """Remove the pages of a report that were made for versions before this one, but those of some editions."""
        query = "SELECT c.id, c.edition FROM c WHERE c.pk = @pk AND c.pageOf = @period AND c.version < @before"
        parameters = {"@pk": report, "@period": period, "@before": before}
        for document in select(self._container, query, parameters, partition=report):
            if document["edition"] not in keep:
                remove(self._container, report, document["id"])

    def paged(self) -> set[tuple[str, str]]:
        """Every (report, period) that has pages. Across all reports."""
        found = select(self._container, "SELECT c.pk, c.pageOf FROM c WHERE IS_DEFINED(c.pageOf)", {})
        return {(document["pk"], document["pageOf"]) for document in found}

    def listed(self, report: str, first: str, beyond: str) -> list[ListedPeriod]:
        """The periods of a report that have rows, from `first` on and before `beyond`, in order."""
        query = (
            "SELECT c.id, c.digest, c.tree, c.definition FROM c"
            " WHERE c.pk = @pk AND c.rows > 0 AND c.id >= @first AND c.id < @beyond ORDER BY c.id"
        )
        parameters = {"@pk": report, "@first": first, "@beyond": beyond}
        found = select(self._container, query, parameters, partition=report)
        return [ListedPeriod(d["id"], d["digest"], d["tree"], d["definition"]) for d in found]

    def periods(self, report: str, top: int, *, since: str = "") -> list[ReportDocument]:
        """Documents with rows in the order of their periods, from `since` on."""
        query = "SELECT TOP @top * FROM c WHERE c.pk = @pk AND c.rows > 0 AND c.id >= @since ORDER BY c.id"
        found = select(self._container, query, {"@top": top, "@pk": report, "@since": since}, partition=report)
        return [ReportDocument.from_document(document) for document in found]

    def overview(self) -> list[ListedDocument]:
        """Every report document, empty ones too. Across all reports."""
        query = "SELECT c.pk, c.dataset, c.id, c.rows, c.updatedAt, c.problem FROM c WHERE IS_DEFINED(c.rows)"
        return [
            ListedDocument(
                d["pk"], d["dataset"], d["id"], int(d["rows"]), d["updatedAt"], Problem.from_document(d["problem"])
            )
            for d in select(self._container, query, {})
        ]

    def without_period(self) -> list[ListedTotals]:
        """The totals for the period `all`, of all reports: datasets without a definition have no other."""
        query = "SELECT c.pk, c.dataset, c.totals FROM c WHERE c.id = @id AND c.rows > 0 ORDER BY c.pk"
        found = select(self._container, query, {"@id": "all"})
        return [ListedTotals(d["pk"], d["dataset"], d["totals"]) for d in found]
