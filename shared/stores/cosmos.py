"""Cosmos DB: file records and report documents, and every query that the app makes.

Kept to what the service, Microsoft's emulator and the local one do alike: point reads, compare-and-set on ETags,
queries with parameters inside one partition (or across them where it says so), paging by key.
Containers are made by the infrastructure; the app creates none.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Iterator, Sequence
from contextlib import contextmanager, suppress
from itertools import batched
from typing import Any, Protocol, Self

from azure.core import MatchConditions
from azure.core.exceptions import AzureError
from azure.cosmos import ContainerProxy, CosmosClient, DatabaseProxy
from azure.cosmos.exceptions import (
    CosmosAccessConditionFailedError,
    CosmosHttpResponseError,
    CosmosResourceExistsError,
    CosmosResourceNotFoundError,
)

from shared.definitions.model import NO_PERIOD
from shared.errors import Conflict, DocumentTooLarge, PlatformError
from shared.ingest.file_record import FileRecord, Generations, KnownFile, Status
from shared.reports.document import Group, Page, ReportDocument
from shared.reports.stale import StalePair, stale_pairs
from shared.settings import CosmosSettings
from shared.stores.faults import reason
from shared.stores.stored import Stored
from shared.stores.transport import Transport

FILES = "files"
REPORTS = "reports"
MAX_DOCUMENT = 1_900_000  # bytes; the service refuses above 2 MB, emulators accept more
CONNECTION_TIMEOUT = 3  # seconds
READ_TIMEOUT = 10  # seconds; a server that hangs is tried twice
THROTTLED = 8  # seconds that a request is put off by 429 in all; how long each time, the service says
IDS_IN_QUERY = 100
OWNER_MISSING = 1003  # sub-status of a 404 that speaks of the container, not of the document


class Document(Protocol):
    """What is kept: something that becomes a JSON document and comes back from one."""

    def to_document(self) -> dict[str, Any]: ...

    @classmethod
    def from_document(cls, document: dict[str, Any]) -> Self: ...


def connect(settings: CosmosSettings) -> DatabaseProxy:
    """The app's database. Raises PlatformError where the account does not answer."""
    credential: Any = settings.key
    if credential is None:
        from azure.identity import DefaultAzureCredential  # noqa: PLC0415 - only where there is no key

        credential = DefaultAzureCredential(managed_identity_client_id=settings.client_id)
    try:
        with _faults("reach Cosmos DB"):
            client = CosmosClient(
                settings.endpoint,
                credential,
                # Over plain HTTP there is an emulator on one address, which does not know its own name.
                enable_endpoint_discovery=settings.endpoint.startswith("https:"),
                # What is sent has the size that `_save` checks. Otherwise six bytes for any letter outside ASCII.
                enable_compact_utf8_item_writes=True,
                connection_timeout=CONNECTION_TIMEOUT,
                read_timeout=READ_TIMEOUT,
                transport=Transport(),
                retry_connect=0,  # the transport has done that
                retry_read=0,
                retry_throttle_backoff_max=THROTTLED,
            )
    except ValueError as error:  # raised on signing the first request
        raise PlatformError(f"COSMOS_KEY is not an account key: {error}.") from error
    return client.get_database_client(settings.database)


class FileRecords:
    """The container `files`, partitioned by dataset."""

    def __init__(self, database: DatabaseProxy) -> None:
        self._container = database.get_container_client(FILES)

    def get(self, dataset: str, record_id: str) -> Stored[FileRecord] | None:
        """One record."""
        return _get(self._container, dataset, record_id, FileRecord)

    def find(self, record_id: str) -> Stored[FileRecord] | None:
        """One record of whichever dataset; that of the dataset which a file has left only if it is in no other."""
        found = sorted(self._everywhere(record_id), key=lambda stored: stored.value.status == "deleted")
        return next(iter(found), None)

    def elsewhere(self, dataset: str, record_id: str) -> list[Stored[FileRecord]]:
        """The records of this id in other datasets."""
        return [stored for stored in self._everywhere(record_id) if stored.value.dataset != dataset]

    def _everywhere(self, record_id: str) -> list[Stored[FileRecord]]:
        found = _query(self._container, "SELECT * FROM c WHERE c.id = @id", {"@id": record_id})
        return [Stored(FileRecord.from_document(document), document["_etag"]) for document in found]

    def save(self, record: FileRecord, etag: str | None) -> Stored[FileRecord]:
        """Create the record (`etag` None) or replace the version with this ETag. Raises Conflict where that is gone."""
        # For queries alone: two fields cannot be sorted by everywhere, and the length of an array has no index.
        queried = {"newest": f"{record.started_at} {record.id}", "isStale": bool(record.stale)}
        document = record.to_document() | queried
        return Stored(record, _save(self._container, document, etag))

    def some(self, dataset: str, record_ids: Sequence[str]) -> list[Stored[FileRecord]]:
        """The records of a dataset that have these ids; those that are not there are left out."""
        found: list[Stored[FileRecord]] = []
        for ids in batched(record_ids, IDS_IN_QUERY, strict=False):
            names = {f"@id{number}": record_id for number, record_id in enumerate(ids)}
            query = f"SELECT * FROM c WHERE c.pk = @pk AND c.id IN ({', '.join(names)})"  # noqa: S608 - names of parameters
            documents = _query(self._container, query, {"@pk": dataset, **names}, partition=dataset)
            found += [Stored(FileRecord.from_document(document), document["_etag"]) for document in documents]
        return found

    def sharing(self, dataset: str, pair: str) -> list[FileRecord]:
        """The records of a dataset whose committed generation has a share in a (report, period)."""
        query = "SELECT * FROM c WHERE c.pk = @pk AND ARRAY_CONTAINS(c.shares, @pair)"
        found = _query(self._container, query, {"@pk": dataset, "@pair": pair}, partition=dataset)
        return [FileRecord.from_document(document) for document in found]

    def stale_pairs(self) -> list[StalePair]:
        """What some report does not show yet, that which has waited longest first. Across all datasets."""
        query = "SELECT c.committed, c.pk, c.id, c.stale FROM c WHERE c.isStale = true"
        found = _query(self._container, query, {})
        return stale_pairs((int(d["committed"]), d["pk"], d["id"], d["stale"]) for d in found)

    def known(self) -> Iterator[KnownFile]:
        """What reconcile must know of every record. Across all datasets."""
        query = "SELECT c.dataset, c.name, c.etag, c.definition, c.status, c.startedAt, c.attempts FROM c"
        return map(KnownFile.from_document, _query(self._container, query, {}))

    def generations(self) -> Iterator[Generations]:
        """What sweep must know of every record. Across all datasets."""
        found = _query(self._container, "SELECT c.id, c.generation, c.committed FROM c", {})
        return (Generations(d["id"], int(d["generation"]), int(d["committed"])) for d in found)

    def newest(
        self, top: int, *, before: str | None = None, dataset: str | None = None, status: Status | None = None
    ) -> list[tuple[FileRecord, str]]:
        """The records last taken up, newest first, with the key to go on `before`."""
        wanted = {"@pk": dataset, "@status": status, "@before": before}
        parameters: dict[str, Any] = {name: value for name, value in wanted.items() if value is not None}
        conditions = {"@pk": "c.pk = @pk", "@status": "c.status = @status", "@before": "c.newest < @before"}
        where = " AND ".join(conditions[name] for name in parameters)
        query = f"SELECT TOP @top * FROM c {'WHERE ' + where if where else ''} ORDER BY c.newest DESC"  # noqa: S608
        found = _query(self._container, query, {"@top": top, **parameters}, partition=dataset)
        return [(FileRecord.from_document(document), document["newest"]) for document in found]


class ReportDocuments:
    """The container `reports`, partitioned by report."""

    def __init__(self, database: DatabaseProxy) -> None:
        self._container = database.get_container_client(REPORTS)

    def get(self, report: str, period: str) -> Stored[ReportDocument] | None:
        """One report document, empty ones too."""
        return _get(self._container, report, period, ReportDocument)

    def save(self, document: ReportDocument, etag: str | None) -> Stored[ReportDocument]:
        """Create the document (`etag` None) or replace the version with this ETag. Raises Conflict if it is gone."""
        return Stored(document, _save(self._container, document.to_document(), etag))

    def put_page(self, page: Page) -> None:
        """Write a page. Its id is its edition's own, so writing it again changes nothing."""
        with suppress(Conflict):  # it is there
            _save(self._container, page.to_document(), None)

    def page(self, report: str, page_id: str) -> tuple[Group, ...] | None:
        """The groups on one page; None where its edition has been replaced meanwhile."""
        document = _read(self._container, report, page_id)
        return tuple(document["groups"]) if document else None

    def remove_pages(self, report: str, period: str, before: int, keep: Collection[str]) -> None:
        """Remove the pages of a report that were made for versions before this one, but those of some editions."""
        query = "SELECT c.id, c.edition FROM c WHERE c.pk = @pk AND c.pageOf = @period AND c.version < @before"
        parameters = {"@pk": report, "@period": period, "@before": before}
        for document in _query(self._container, query, parameters, partition=report):
            if document["edition"] not in keep:
                _remove(self._container, report, document["id"])

    def paged(self) -> set[tuple[str, str]]:
        """Every (report, period) that has pages. Across all reports."""
        found = _query(self._container, "SELECT c.pk, c.pageOf FROM c WHERE IS_DEFINED(c.pageOf)", {})
        return {(document["pk"], document["pageOf"]) for document in found}

    def periods(self, report: str, top: int, *, since: str = "") -> list[ReportDocument]:
        """Documents with rows in the order of their periods, from `since` on."""
        query = "SELECT TOP @top * FROM c WHERE c.pk = @pk AND c.rows > 0 AND c.id >= @since ORDER BY c.id"
        found = _query(self._container, query, {"@top": top, "@pk": report, "@since": since}, partition=report)
        return [ReportDocument.from_document(document) for document in found]

    def newest_period(self, report: str) -> str | None:
        """The last period that has rows; that of rows without a time is none of them."""
        query = "SELECT TOP 1 c.id FROM c WHERE c.pk = @pk AND c.rows > 0 AND c.id != @none ORDER BY c.id DESC"
        found = _query(self._container, query, {"@pk": report, "@none": NO_PERIOD}, partition=report)
        return next((document["id"] for document in found), None)

    def without_period(self) -> list[ReportDocument]:
        """The documents for the period `all`, of all reports: datasets without a definition have no other."""
        found = _query(self._container, "SELECT * FROM c WHERE c.id = @id AND c.rows > 0 ORDER BY c.pk", {"@id": "all"})
        return [ReportDocument.from_document(document) for document in found]

    def total_rows(self, report: str) -> int:
        """Rows over all periods."""
        query = "SELECT VALUE SUM(c.rows) FROM c WHERE c.pk = @pk AND c.rows > 0"
        return int(sum(value or 0 for value in _query(self._container, query, {"@pk": report}, partition=report)))

    def last_update(self, report: str) -> str | None:
        """When a document of the report last changed."""
        query = "SELECT TOP 1 c.updatedAt FROM c WHERE c.pk = @pk ORDER BY c.updatedAt DESC"
        found = _query(self._container, query, {"@pk": report}, partition=report)
        return next((document["updatedAt"] for document in found), None)


@contextmanager
def _faults(action: str) -> Iterator[None]:
    """404, 409 and 412 are answers, and dealt with where they come; all else that the SDK raises is a fault."""
    try:
        yield
    except CosmosResourceNotFoundError as error:
        raise PlatformError(
            f"Could not {action}: no such database or container. Bicep makes them on Azure, devstack here."
        ) from error
    except CosmosHttpResponseError as error:
        raise PlatformError(f"Could not {action}: status {error.status_code}: {reason(error)}") from error
    except AzureError as error:
        raise PlatformError(f"Could not {action}: {reason(error)}") from error


def _get[T: Document](container: ContainerProxy, pk: str, document_id: str, kind: type[T]) -> Stored[T] | None:
    document = _read(container, pk, document_id)
    return Stored(kind.from_document(document), document["_etag"]) if document else None


def _read(container: ContainerProxy, pk: str, document_id: str) -> dict[str, Any] | None:
    with _faults(f"read {document_id} in {container.container_link}"):
        try:
            return container.read_item(document_id, partition_key=pk)
        except CosmosResourceNotFoundError as error:
            if _is_container_missing(container, error):
                raise
            return None


def _remove(container: ContainerProxy, pk: str, document_id: str) -> None:
    with _faults(f"remove {document_id} in {container.container_link}"):
        try:
            container.delete_item(document_id, partition_key=pk)
        except CosmosResourceNotFoundError as error:
            if _is_container_missing(container, error):
                raise


def _save(container: ContainerProxy, document: dict[str, Any], etag: str | None) -> str:
    size = len(json.dumps(document, ensure_ascii=False, separators=(",", ":")).encode())
    if size > MAX_DOCUMENT:
        raise DocumentTooLarge(
            f"The document {document['pk']}/{document['id']} has {size:,} bytes; Cosmos DB takes 2 MB."
        )
    with _faults(f"write {document['id']} in {container.container_link}"):
        try:
            if etag is None:
                saved = container.create_item(document)
            else:
                saved = container.replace_item(
                    document["id"], document, etag=etag, match_condition=MatchConditions.IfNotModified
                )
        except (CosmosResourceExistsError, CosmosAccessConditionFailedError) as error:
            raise Conflict(f"{document['pk']}/{document['id']} has changed.") from error
        except CosmosResourceNotFoundError as error:
            if etag is None or _is_container_missing(container, error):
                raise
            raise Conflict(f"{document['pk']}/{document['id']} is gone.") from error
    return str(saved["_etag"])


def _is_container_missing(container: ContainerProxy, error: CosmosResourceNotFoundError) -> bool:
    """Whether a 404 speaks of the container (or its database), not of a document in it.

    The SDK looks at the container before it first uses it: then the answer is not to a request for a document.
    """
    url = str(getattr(error.response.request, "url", "")) if error.response else ""
    return error.sub_status == OWNER_MISSING or f"/colls/{container.id}/docs/" not in url


def _query(
    container: ContainerProxy, query: str, parameters: dict[str, Any], *, partition: str | None = None
) -> Sequence[Any]:
    where = {"enable_cross_partition_query": True} if partition is None else {"partition_key": partition}
    named = [{"name": name, "value": value} for name, value in parameters.items()]
    with _faults(f"query {container.container_link}"):
        return list(container.query_items(query, parameters=named, **where))
