"""Blob Storage: uploads as versions, outputs as drafts, partials as they are.

A draft is a block blob whose blocks are staged and stay invisible until the block list is committed. The list decides
the order, so the head of a document, which holds its counts, can be staged last.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from contextvars import copy_context
from typing import Any

from azure.core import MatchConditions
from azure.core.exceptions import (
    AzureError,
    HttpResponseError,
    ResourceModifiedError,
    ResourceNotFoundError,
)
from azure.storage.blob import BlobBlock, BlobClient, BlobServiceClient, ContentSettings

from shared.errors import BlobChanged, PartialMissing, PlatformError, Superseded
from shared.ingest.upload import BLOCK, Draft, Listed, Version
from shared.names import PARTIALS, UPLOADS
from shared.settings import StorageSettings
from shared.stores.faults import reason
from shared.stores.stored import ListedPartial
from shared.stores.transport import Transport

STAGING = 2  # blocks of a document that are on their way at a time: while the service works on one, the next comes
AT_ONCE = 16  # partials that are on their way at a time: each is small, and what it takes is the way
GENERATION = "generation"  # metadata of the outputs: who made them
TRANSPORT: dict[str, Any] = {"connection_timeout": 3, "read_timeout": 20, "connection_data_block_size": 256 * 1024}


def connect(settings: StorageSettings) -> BlobServiceClient:
    """The account that holds the app's containers. Makes no request."""
    sizes: dict[str, Any] = {"max_single_get_size": BLOCK, "max_chunk_get_size": BLOCK, "max_single_put_size": BLOCK}
    # Without the SDK's own retries: the transport has more patience.
    options = {**sizes, "transport": Transport("blob", **TRANSPORT), "retry_total": 0}
    if settings.connection_string:
        try:
            return BlobServiceClient.from_connection_string(settings.connection_string, **options)
        except ValueError as error:
            raise PlatformError(f"Storage is not a connection string: {error}") from error
    from azure.identity import DefaultAzureCredential  # noqa: PLC0415 - only where there is no connection string

    assert settings.blob_endpoint is not None  # Settings has seen to it
    credential = DefaultAzureCredential(managed_identity_client_id=settings.client_id)
    return BlobServiceClient(settings.blob_endpoint, credential, **options)


class BlobUpload:
    """An upload in Blob Storage."""

    def __init__(self, client: BlobClient) -> None:
        self._client = client
        self.name = str(client.blob_name)

    def version(self) -> Version | None:
        """The version that is there now."""
        return _version(self._client)

    def chunks(self, version: Version) -> Iterator[bytes]:
        """The bytes of this version; every request carries the condition that it is still there."""
        came = 0
        with _faults(f"read {UPLOADS}/{self.name}"):
            try:
                # Of a blob that says `Content-Encoding: gzip` the SDK would try to unpack every range on its own.
                download = self._client.download_blob(
                    etag=version.etag, match_condition=MatchConditions.IfNotModified, decompress=False
                )
                for chunk in download.chunks():
                    came += len(chunk)
                    yield chunk
            except (ResourceModifiedError, ResourceNotFoundError) as error:
                raise BlobChanged(f"{UPLOADS}/{self.name} is no longer the version {version.etag}.") from error
        if came != version.size:  # the SDK takes any answer that is as long as it says it is
            raise PlatformError(f"Could not read {UPLOADS}/{self.name}: {came:,} of {version.size:,} bytes came.")


class BlobDocument:
    """One version of a document, read in ranges."""

    def __init__(self, client: BlobClient, etag: str, size: int) -> None:
        self._client = client
        self.etag = etag
        self.size = size

    def read(self, start: int, count: int) -> bytes:
        """So many bytes of this version, fewer at its end. Raises BlobChanged where it is not there any more."""
        count = min(count, self.size - start)
        if count <= 0:  # a range of no bytes is no range
            return b""
        name = f"{self._client.container_name}/{self._client.blob_name}"
        with _faults(f"read {name}"):
            try:
                data = self._client.download_blob(
                    start, count, etag=self.etag, match_condition=MatchConditions.IfNotModified
                ).readall()
            except (ResourceModifiedError, ResourceNotFoundError) as error:
                raise BlobChanged(f"{name} is no longer the version {self.etag}.") from error
        if len(data) != count:  # the SDK takes any answer that is as long as it says it is
            raise PlatformError(f"Could not read {name}: {len(data):,} of {count:,} bytes came.")
        return data


class Blobs:
    """The app's containers in one storage account."""

    def __init__(self, service: BlobServiceClient) -> None:
        self._service = service
        self._pool = ThreadPoolExecutor(AT_ONCE, "partials")  # threads start when they are needed

    def upload(self, name: str) -> BlobUpload:
        """The upload of this name."""
        return BlobUpload(self._service.get_blob_client(UPLOADS, name))

    def uploads(self) -> Iterator[Listed]:
        """Everything that is in `uploads`."""
        with _faults(f"list {UPLOADS}"):
            for blob in self._service.get_container_client(UPLOADS).list_blobs():
                # Listings give the ETag bare, headers give it quoted.
                version = Version(f'"{str(blob.etag).strip(chr(34))}"', int(blob.size))
                yield Listed(str(blob.name), version, blob.last_modified)

    def delete_upload(self, name: str) -> None:
        """Delete an upload with its snapshots; one that is not there is fine."""
        with _faults(f"delete {UPLOADS}/{name}"):
            try:
                self._service.get_blob_client(UPLOADS, name).delete_blob(delete_snapshots="include")
            except ResourceNotFoundError as error:
                if _code(error) != "BlobNotFound":
                    raise

    def document(self, container: str, name: str) -> BlobDocument | None:
        """A document as it is now; None where there is none."""
        client = self._service.get_blob_client(container, name)
        version = _version(client)
        return BlobDocument(client, version.etag, version.size) if version else None

    def outputs(self, generation: int) -> BlobOutputs:
        """Where this generation of a file puts what it makes."""
        return BlobOutputs(self._service, generation)

    def partial(self, name: str) -> bytes:
        """A partial's bytes. Raises PartialMissing where there is none."""
        with _faults(f"read {PARTIALS}/{name}"):
            try:
                return self._service.get_blob_client(PARTIALS, name).download_blob().readall()
            except ResourceNotFoundError as error:
                if _code(error) != "BlobNotFound":
                    raise
                raise PartialMissing(
                    f"Could not read {PARTIALS}/{name}: there is no such blob. Reprocessing its file makes it anew."
                ) from error

    def partials(self, names: Sequence[str]) -> list[bytes]:
        """The bytes of many partials, in the order of their names. Raises PartialMissing where one is not there."""
        return self._each(self.partial, names)

    def put_nodes(self, nodes: Mapping[str, bytes]) -> None:
        """Keep nodes of a tree among the partials. Whoever writes one under the same name writes the same."""
        self._each(lambda name: _put_partial(self._service, name, nodes[name]), nodes)

    def list_partials(self) -> Iterator[ListedPartial]:
        """Everything that is in `partials`."""
        with _faults(f"list {PARTIALS}"):
            for blob in self._service.get_container_client(PARTIALS).list_blobs():
                yield ListedPartial(str(blob.name), str(blob.etag), blob.last_modified)

    def remove_listed(self, partials: Iterable[ListedPartial]) -> None:
        """Remove partials, but none that has been written again since it was listed."""
        self._each(lambda listed: self._remove_partial(listed.name, listed.etag), partials)

    def remove_partials(self, names: Iterable[str]) -> None:
        """Remove partials that nothing speaks of any more. Those that are not there are fine."""
        self._each(self._remove_partial, names)

    def _remove_partial(self, name: str, etag: str | None = None) -> None:
        condition: dict[str, Any] = {"etag": etag, "match_condition": MatchConditions.IfNotModified} if etag else {}
        with _faults(f"delete {PARTIALS}/{name}"):
            try:
                self._service.get_blob_client(PARTIALS, name).delete_blob(**condition)
            except ResourceNotFoundError as error:
                if _code(error) != "BlobNotFound":
                    raise
            except ResourceModifiedError as error:
                if _code(error) != "ConditionNotMet":
                    raise

    def _each[A, T](self, call: Callable[[A], T], names: Iterable[A]) -> list[T]:
        """Call for many names at a time. The first that fails is raised, and what has not begun by then never does."""
        # Spans of the threads belong to the trace of the caller; a context can only be entered once at a time.
        futures = [self._pool.submit(copy_context().run, call, name) for name in names]
        try:
            return [future.result() for future in futures]
        finally:
            for future in futures:
                future.cancel()

    def check(self) -> None:
        """Raises PlatformError where the container of uploads cannot be reached. Without retries: somebody waits."""
        with _faults(f"reach {UPLOADS} in Blob Storage"):
            self._service.get_container_client(UPLOADS).get_container_properties(patient=False, read_timeout=5)


class BlobOutputs:
    """The outputs of one generation of a file."""

    def __init__(self, service: BlobServiceClient, generation: int) -> None:
        self._service = service
        self._generation = generation

    def draft(self, container: str, name: str, content_type: str, head_size: int = 0) -> Draft:  # noqa: ARG002 - files want it
        """A new document."""
        return BlobDraft(self._service.get_blob_client(container, name), self._generation, content_type)

    def withdraw(self, container: str, name: str) -> None:
        """Remove the document of an earlier generation."""
        client = self._service.get_blob_client(container, name)
        while (condition := _unless_superseded(client, self._generation)).get("etag"):
            with _faults(f"delete {container}/{name}"):
                try:
                    client.delete_blob(**condition)
                except ResourceModifiedError as error:
                    if _code(error) != "ConditionNotMet":
                        raise
                except ResourceNotFoundError:
                    return
                else:
                    return

    def put_partial(self, name: str, data: bytes) -> None:
        """Keep a partial. Its name is this generation's own, so writing it again changes nothing."""
        _put_partial(self._service, name, data)


class BlobDraft:
    """A block blob in the making. Blocks are staged in threads of their own while the next is written."""

    def __init__(self, client: BlobClient, generation: int, content_type: str) -> None:
        self._client = client
        self._generation = generation
        self._content = ContentSettings(content_type=content_type)
        self._parts: list[bytes] = []  # of the block that is being filled
        self._size = 0
        self._blocks: list[Future[BlobBlock]] = []
        self._stager = ThreadPoolExecutor(STAGING, "stage")  # starts with the first block: small documents have none

    def write(self, data: bytes) -> None:
        """Append. One block is being filled, and a few are on their way."""
        self._parts.append(data)
        self._size += len(data)
        if self._size >= BLOCK:
            self._stage_behind(self._taken())

    def publish(self, head: bytes) -> None:
        """Make it visible, unless a later generation already is."""
        rest = self._taken()
        # In one request where one may hold it all: beyond BLOCK the SDK would stage blocks of its own.
        small = not self._blocks and len(head) + len(rest) <= BLOCK
        if small and self._written(head + rest):
            return
        # Blocks also where that was refused: for Azurite, blocks that somebody has staged are a blob already.
        if rest:
            self._stage_behind(rest)
        blocks = [self._stage(0, head), *(block.result() for block in self._blocks)]
        self._stager.shutdown()
        while not self._written(blocks):
            continue

    def _taken(self) -> bytes:
        data = b"".join(self._parts)
        self._parts.clear()
        self._size = 0
        return data

    def _stage_behind(self, data: bytes) -> None:
        if len(self._blocks) >= STAGING:
            self._blocks[-STAGING].result()
        run = copy_context().run  # spans of the thread belong to the trace of the caller
        self._blocks.append(self._stager.submit(run, self._stage, len(self._blocks) + 1, data))

    def _written(self, content: bytes | list[BlobBlock]) -> bool:
        """Write a document, or make it of its blocks. False where somebody else has changed it meanwhile."""
        condition = _unless_superseded(self._client, self._generation)
        options = {**condition, "metadata": {GENERATION: str(self._generation)}, "content_settings": self._content}
        with _faults(f"write {self._client.container_name}/{self._client.blob_name}"):
            try:
                if isinstance(content, bytes):
                    self._client.upload_blob(content, overwrite=True, **options)
                else:
                    self._client.commit_block_list(content, **options)
            except HttpResponseError as error:
                code = _code(error)
                if code == "InvalidBlockList":
                    # Another generation has committed, which drops all staged blocks. This one starts over.
                    raise BlobChanged(f"{self._client.blob_name} was written by another invocation.") from error
                if code not in ("ConditionNotMet", "BlobAlreadyExists"):
                    raise
                return False
        return True

    def _stage(self, number: int, data: bytes) -> BlobBlock:
        # Ids must be of one length in a blob, and not those of another generation that stages at the same time.
        block_id = f"{self._generation:020d}-{number:06d}"
        with _faults(f"stage {self._client.container_name}/{self._client.blob_name}"):
            # With its MD5, so that the service refuses what was damaged on its way. (And Azurite, which makes a CRC of
            # what comes without, takes half the time.)
            self._client.stage_block(block_id, data, validate_content=True)
        return BlobBlock(block_id)


def _put_partial(service: BlobServiceClient, name: str, data: bytes) -> None:
    with _faults(f"write {PARTIALS}/{name}"):
        service.get_blob_client(PARTIALS, name).upload_blob(data, overwrite=True)


def _version(client: BlobClient) -> Version | None:
    with _faults(f"look at {client.container_name}/{client.blob_name}"):
        try:
            properties = client.get_blob_properties()
        except ResourceNotFoundError as error:
            if _code(error) != "BlobNotFound":
                raise
            return None
    return Version(str(properties.etag), int(properties.size))


def _unless_superseded(client: BlobClient, generation: int) -> dict[str, Any]:
    """The condition under which this generation may write: nothing there, or what an earlier one has made."""
    with _faults(f"look at {client.container_name}/{client.blob_name}"):
        try:
            properties = client.get_blob_properties()
        except ResourceNotFoundError as error:
            if _code(error) != "BlobNotFound":
                raise
            return {"match_condition": MatchConditions.IfMissing}
    if int((properties.metadata or {}).get(GENERATION, 0)) > generation:
        raise Superseded(f"{client.blob_name} has been published by a later generation.")
    return {"etag": properties.etag, "match_condition": MatchConditions.IfNotModified}


@contextmanager
def _faults(action: str) -> Iterator[None]:
    """What the SDK still raises after its own retries is a fault of the platform."""
    try:
        yield
    except AzureError as error:
        code = f"{_code(error)}: " if getattr(error, "error_code", None) else ""
        raise PlatformError(f"Could not {action}: {code}{reason(error)}") from error


def _code(error: AzureError) -> str:
    """The service's error code, such as `LeaseIdMissing`; the SDK sets it, its types do not say so."""
    code = getattr(error, "error_code", None)
    return str(getattr(code, "value", code) or type(error).__name__)  # an enum for codes that the SDK knows
