"""Cosmos DB: the connection, and what both containers have in common (`file_records`, `report_documents`).

Kept to what the service, Microsoft's emulator and the local one do alike: point reads, compare-and-set on ETags,
queries with parameters inside one partition (or across them where it says so), paging by key.
Containers are made by the infrastructure; the app creates none.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
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

from shared.errors import Conflict, DocumentTooLarge, PlatformError
from shared.settings import CosmosSettings
from shared.stores.answered import watched
from shared.stores.faults import reason
from shared.stores.stored import Stored
from shared.stores.transport import Transport
from shared.telemetry import metrics
from shared.telemetry.names import Key
from shared.telemetry.tracing import span

MAX_DOCUMENT = 1_900_000  # bytes; the service refuses above 2 MB, emulators accept more
CONNECTION_TIMEOUT = 3  # seconds
READ_TIMEOUT = 10  # seconds; a server that hangs is tried twice
THROTTLED = 8  # seconds that a request is put off by 429 in all; how long each time, the service says
LONGEST_ID = 255  # characters; the service takes 1,023 bytes
LONGEST_KEY = 2048  # bytes
UNTOLD: dict[str, Any] = {"tracing_options": {"enabled": False}}  # spares the SDK what `SdkSpan` would leave out
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
                # What is sent has the size that `save` checks. Otherwise six bytes for any letter outside ASCII.
                enable_compact_utf8_item_writes=True,
                connection_timeout=CONNECTION_TIMEOUT,
                read_timeout=READ_TIMEOUT,
                transport=Transport("cosmos"),
                retry_connect=0,  # the transport has done that
                retry_read=0,
                retry_throttle_backoff_max=THROTTLED,
            )
    except ValueError as error:  # raised on signing the first request
        raise PlatformError(f"COSMOS_KEY is not an account key: {error}.") from error
    return client.get_database_client(settings.database)


@contextmanager
def _operation(container: ContainerProxy, name: str, action: str) -> Iterator[None]:
    """One operation, by OpenTelemetry's conventions for Cosmos DB. Its span stands for those of its requests."""
    told = {
        Key.DB_SYSTEM: "azure.cosmosdb",
        Key.DB_NAMESPACE: container.container_link.split("/")[1],  # dbs/{database}/colls/{container}
        Key.DB_COLLECTION: container.id,
        Key.DB_OPERATION: name,
    }
    with (
        _faults(f"{action} in {container.container_link}"),
        span(f"{name} {container.id}", told, client=True) as current,
        watched() as answered,
    ):
        try:
            yield
        finally:
            current.set_attributes({Key.DB_STATUS: answered.status, Key.REQUEST_CHARGE: answered.request_units})
            metrics.charged(answered.request_units, name, container.id)


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


def get[T: Document](container: ContainerProxy, pk: str, document_id: str, kind: type[T]) -> Stored[T] | None:
    """A document as what it is kept for, with its ETag; None where there is none."""
    document = read(container, pk, document_id)
    return Stored(kind.from_document(document), document["_etag"]) if document else None


def read(container: ContainerProxy, pk: str, document_id: str) -> dict[str, Any] | None:
    """A document as JSON; None where there is none."""
    if not (_is_id(document_id) and _is_key(pk)):  # the service would refuse the question as such
        return None
    with _operation(container, "read_item", f"read {document_id}"):
        try:
            return container.read_item(document_id, partition_key=pk, **UNTOLD)
        except CosmosResourceNotFoundError as error:
            if _is_container_missing(container, error):
                raise
            return None


def _is_id(text: str) -> bool:
    """Whether a document can have this id at all. It is a part of an address: some characters have no place there."""
    is_named = text not in ("", ".", "..") and text.isprintable() and not any(c in text for c in "/\\?#")
    return is_named and len(text) <= LONGEST_ID


def _is_key(text: str) -> bool:
    """Whether a partition can have this key at all."""
    return len(text.encode(errors="replace")) <= LONGEST_KEY


def remove(container: ContainerProxy, pk: str, document_id: str) -> None:
    """Delete a document, whether or not it is there."""
    with _operation(container, "delete_item", f"remove {document_id}"):
        try:
            container.delete_item(document_id, partition_key=pk, **UNTOLD)
        except CosmosResourceNotFoundError as error:
            if _is_container_missing(container, error):
                raise


def save(container: ContainerProxy, document: dict[str, Any], etag: str | None) -> str:
    """Create a document (`etag` None) or replace the version with this ETag, and give the new one. Raises Conflict."""
    size = len(json.dumps(document, ensure_ascii=False, separators=(",", ":")).encode())
    if size > MAX_DOCUMENT:
        raise DocumentTooLarge(
            f"The document {document['pk']}/{document['id']} has {size:,} bytes; Cosmos DB takes 2 MB."
        )
    with _operation(container, "create_item" if etag is None else "replace_item", f"write {document['id']}"):
        try:
            if etag is None:
                saved = container.create_item(document, **UNTOLD)
            else:
                saved = container.replace_item(
                    document["id"],
                    document,
                    etag=etag,
                    match_condition=MatchConditions.IfNotModified,
                    **UNTOLD,
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


def select(
    container: ContainerProxy, query: str, parameters: dict[str, Any], *, partition: str | None = None
) -> Sequence[Any]:
    """The results of a query: inside one partition, or across them where none is given."""
    if partition is not None and not _is_key(partition):
        return ()
    where = {"enable_cross_partition_query": True} if partition is None else {"partition_key": partition}
    named = [{"name": name, "value": value} for name, value in parameters.items()]
    with _operation(container, "query_items", "query"):
        return list(container.query_items(query, parameters=named, **where, **UNTOLD))
