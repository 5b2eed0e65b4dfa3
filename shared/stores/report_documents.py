"""The container `reports` in Cosmos DB: report documents and their pages, and every query for them."""

from __future__ import annotations

from collections.abc import Collection
from contextlib import suppress

from azure.cosmos import DatabaseProxy

from shared.definitions.model import NO_PERIOD
from shared.errors import Conflict
from shared.reports.document import Group, Page, ReportDocument
from shared.stores.cosmos import get, read, remove, save, select
from shared.stores.stored import Stored

REPORTS = "reports"


class ReportDocuments:
    """The container `reports`, partitioned by report."""

    def __init__(self, database: DatabaseProxy) -> None:
        self._container = database.get_container_client(REPORTS)

    def get(self, report: str, period: str) -> Stored[ReportDocument] | None:
        """One report document, empty ones too."""
        return get(self._container, report, period, ReportDocument)

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

    def periods(self, report: str, top: int, *, since: str = "") -> list[ReportDocument]:
        """Documents with rows in the order of their periods, from `since` on."""
        query = "SELECT TOP @top * FROM c WHERE c.pk = @pk AND c.rows > 0 AND c.id >= @since ORDER BY c.id"
        found = select(self._container, query, {"@top": top, "@pk": report, "@since": since}, partition=report)
        return [ReportDocument.from_document(document) for document in found]

    def newest_period(self, report: str) -> str | None:
        """The last period that has rows; that of rows without a time is none of them."""
        query = "SELECT TOP 1 c.id FROM c WHERE c.pk = @pk AND c.rows > 0 AND c.id != @none ORDER BY c.id DESC"
        found = select(self._container, query, {"@pk": report, "@none": NO_PERIOD}, partition=report)
        return next((document["id"] for document in found), None)

    def without_period(self) -> list[ReportDocument]:
        """The documents for the period `all`, of all reports: datasets without a definition have no other."""
        found = select(self._container, "SELECT * FROM c WHERE c.id = @id AND c.rows > 0 ORDER BY c.pk", {"@id": "all"})
        return [ReportDocument.from_document(document) for document in found]

    def total_rows(self, report: str) -> int:
        """Rows over all periods."""
        query = "SELECT VALUE SUM(c.rows) FROM c WHERE c.pk = @pk AND c.rows > 0"
        return int(sum(value or 0 for value in select(self._container, query, {"@pk": report}, partition=report)))

    def last_update(self, report: str) -> str | None:
        """When a document of the report last changed."""
        query = "SELECT TOP 1 c.updatedAt FROM c WHERE c.pk = @pk ORDER BY c.updatedAt DESC"
        found = select(self._container, query, {"@pk": report}, partition=report)
        return next((document["updatedAt"] for document in found), None)
