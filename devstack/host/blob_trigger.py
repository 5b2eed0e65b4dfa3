"""Blob triggers: the internal queue between finding a blob and running its function."""

import asyncio
import json
import logging
from dataclasses import dataclass
from typing import Any

from azure.core.exceptions import AzureError, ResourceNotFoundError
from azure.storage.blob import BlobProperties

from devstack.host import log
from devstack.host.binding_expressions import BlobPath, parse_blob_path, resolve_settings
from devstack.host.errors import HostError
from devstack.host.functions import Function
from devstack.host.host_json import HostOptions
from devstack.host.invocation import MANUAL, Call
from devstack.host.invoker import Invoker
from devstack.host.message_lease import LeaseKeeper
from devstack.host.protos import ModelBindingData, TypedData
from devstack.host.queue_listener import ListenerOptions, QueueListener
from devstack.host.queues import Queue, QueueMessage, decode_body, encode_body
from devstack.host.storage import Connection, Connections

_LOG = logging.getLogger(log.HOST)
_POISON_QUEUE = "webjobs-blobtrigger-poison"


@dataclass(frozen=True)
class BlobTrigger:
    """A blob function with its connection and path."""

    function: Function
    connection: Connection
    path: BlobPath

    @property
    def is_event_grid(self) -> bool:
        return bool(self.function.trigger.options.get("source") == "EventGrid")


@dataclass(frozen=True)
class FoundBlob:
    """One version of a blob, as a scan or an event names it."""

    container: str
    name: str
    etag: str
    type: str = "BlockBlob"


def blob_trigger(function: Function, connections: Connections) -> BlobTrigger:
    where = function.described()
    connection = connections.open(function.trigger.options.get("connection"), where)
    return BlobTrigger(
        function, connection, parse_blob_path(resolve_settings(function.trigger.options["path"], where), where)
    )


class BlobQueue:
    """The host's internal queue: scans and webhooks write it, its listener runs the functions."""

    def __init__(
        self, triggers: list[BlobTrigger], queue: Queue, options: HostOptions, invoker: Invoker, keeper: LeaseKeeper
    ) -> None:
        self._triggers = {trigger.function.host_id: trigger for trigger in triggers}
        self._queue = queue
        self._invoker = invoker
        self._as_base64 = options.queues.base64
        self._loop = asyncio.get_running_loop()
        degree = options.blobs.max_degree_of_parallelism
        limits = ListenerOptions(
            min(degree, 32), degree - 1, degree, options.blobs.poison_blob_threshold, retry_delay=0
        )
        self.listener = QueueListener(queue, self._poison_queue, self._handle, limits, keeper)

    def enqueue(self, trigger: BlobTrigger, blob: FoundBlob) -> None:
        """Ask for the function to run on the blob, if the path means it. Blocks: call it in a thread."""
        if blob.container != trigger.path.container or trigger.path.match(blob.name) is None:
            return
        message = {
            "Type": "BlobTrigger",
            "FunctionId": trigger.function.host_id,
            "BlobType": blob.type,
            "ContainerName": blob.container,
            "BlobName": blob.name,
            "ETag": blob.etag,
        }
        self._queue.put(encode_body(json.dumps(message).encode(), as_base64=self._as_base64))
        self._loop.call_soon_threadsafe(self.listener.wake)

    async def _handle(self, message: QueueMessage) -> bool:
        try:
            content = self._read(message)
            trigger = self._triggers.get(content["FunctionId"])
            blob = FoundBlob(content["ContainerName"], content["BlobName"], content["ETag"], content["BlobType"])
        except (ValueError, KeyError, TypeError):
            _LOG.error("A message of the internal queue '%s' is not a blob trigger's.", self._queue.name)
            return False
        if trigger is None:
            _LOG.warning("%s is gone; its message for blob %s is dropped.", content["FunctionId"], blob.name)
            return True
        try:
            call = await asyncio.to_thread(_call_for_version, trigger, blob)
        except AzureError as error:
            _LOG.warning("Blob %s/%s cannot be read. %s", blob.container, blob.name, error)
            return False
        return call is None or (await self._invoker.invoke(trigger.function, call)).failure is None

    def _poison_queue(self, message: QueueMessage) -> Queue:
        """Poison goes to the account of the blob, where a function can read it."""
        try:
            trigger = self._triggers[self._read(message)["FunctionId"]]
        except (ValueError, KeyError, TypeError):
            return Queue(self._queue.account, _POISON_QUEUE)
        return trigger.connection.queue(_POISON_QUEUE)

    def _read(self, message: QueueMessage) -> Any:
        return json.loads(decode_body(message.text, as_base64=self._as_base64))


def _call_for_version(trigger: BlobTrigger, blob: FoundBlob) -> Call | None:
    """The call for a blob; None where it is deleted, or (polling) where a newer version will have its own message."""
    client = trigger.connection.blobs.get_blob_client(blob.container, blob.name)
    try:
        properties = client.get_blob_properties()
        if not trigger.is_event_grid and properties.etag.strip('"') != blob.etag:
            return None
        data = _data(trigger, blob)
    except ResourceNotFoundError:
        return None
    source = "EventGrid" if trigger.is_event_grid else "LogsAndContainerScan"
    reason = f"New blob detected({source}): {blob.container}/{blob.name}"
    return Call(data, reason, _metadata(trigger, blob, properties, client.url))


def manual_call(trigger: BlobTrigger, path: str) -> Call:
    """The call the admin API asks for with `container/name`."""
    container, _, name = path.partition("/")
    client = trigger.connection.blobs.get_blob_client(container, name or "-")
    try:
        properties = client.get_blob_properties()
    except AzureError as error:
        raise HostError(f"There is no blob {path!r} (the input is container/name).") from error
    blob = FoundBlob(container, name, properties.etag.strip('"'))
    return Call(_data(trigger, blob), MANUAL, _metadata(trigger, blob, properties, client.url))


def _data(trigger: BlobTrigger, blob: FoundBlob) -> TypedData:
    return _reference(trigger, blob) if trigger.function.trigger.is_deferred else _content(trigger, blob)


def _reference(trigger: BlobTrigger, blob: FoundBlob) -> TypedData:
    """What an SDK-type binding makes its client of; the keys are capitalised."""
    content = {"Connection": trigger.connection.setting, "ContainerName": blob.container, "BlobName": blob.name}
    return TypedData(
        model_binding_data=ModelBindingData(
            version="1.0",
            source="AzureStorageBlobs",
            content_type="application/json",
            content=json.dumps(content).encode(),
        )
    )


def _content(trigger: BlobTrigger, blob: FoundBlob) -> TypedData:
    client = trigger.connection.blobs.get_blob_client(blob.container, blob.name)
    return TypedData(bytes=client.download_blob().readall())


def _metadata(trigger: BlobTrigger, blob: FoundBlob, properties: BlobProperties, url: str) -> dict[str, TypedData]:
    described = {
        "ContentLength": properties.size,
        "ContentType": properties.content_settings.content_type,
        "ETag": properties.etag,
        "LastModified": properties.last_modified.isoformat(),
    }
    return {
        **{name: TypedData(string=text) for name, text in (trigger.path.match(blob.name) or {}).items()},
        "BlobTrigger": TypedData(string=f"{blob.container}/{blob.name}"),
        "Uri": TypedData(string=url),
        "Properties": TypedData(json=json.dumps(described)),
        "Metadata": TypedData(json=json.dumps(properties.metadata)),
    }
