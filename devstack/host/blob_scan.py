"""Finds new blobs and new versions by listing containers, and remembers them by receipts in the host's storage."""

import asyncio
import hashlib
import logging
import time
from collections.abc import Callable

from azure.core.exceptions import AzureError, ResourceNotFoundError

from devstack.host import log
from devstack.host.blob_trigger import BlobTrigger, FoundBlob
from devstack.host.host_storage import HostStorage
from devstack.host.queues import StorageError

_LOG = logging.getLogger(log.HOST)
_INTERVAL = 1.0
_LONGEST_NAME = 1024  # of a blob

Announce = Callable[[BlobTrigger, FoundBlob], None]


class Receipts:
    """Which versions of which blobs a function has been asked to look at."""

    def __init__(self, storage: HostStorage, trigger: BlobTrigger) -> None:
        self._container = storage.container
        self._prefix = f"blobreceipts/{storage.host_id}/{trigger.function.host_id}/"
        self._known: set[str] = set()

    def load(self) -> None:
        """Read them all, once: asking for each blob would take minutes with tens of thousands."""
        self._known = set(self._container.list_blob_names(name_starts_with=self._prefix))

    def has(self, blob: FoundBlob) -> bool:
        return self._name(blob) in self._known

    def write(self, blob: FoundBlob) -> None:
        name = self._name(blob)
        self._container.upload_blob(name, b"", overwrite=True)
        self._known.add(name)

    def _name(self, blob: FoundBlob) -> str:
        name = f"{self._prefix}{blob.etag}/{blob.container}/{blob.name}"
        if len(name) <= _LONGEST_NAME:
            return name
        return f"{self._prefix}{blob.etag}/{blob.container}/{hashlib.sha256(blob.name.encode()).hexdigest()}"


class BlobScanner:
    """Looks through one container for the functions that watch it, one scan after the other."""

    def __init__(self, triggers: list[tuple[BlobTrigger, Receipts]], announce: Announce) -> None:
        trigger = triggers[0][0]
        self.name = f"{trigger.connection.setting}.{trigger.path.container}"
        self._container = trigger.connection.blobs.get_container_client(trigger.path.container)
        self._triggers = triggers
        self._announce = announce

    async def run(self) -> None:
        """Scan until cancelled, about once a second; a scan of a large container leaves as much time as it took."""
        loaded = False
        while True:
            begin = time.monotonic()
            try:
                if not loaded:
                    await asyncio.to_thread(self._load)
                    loaded = True
                await asyncio.to_thread(self._scan)
            except (AzureError, StorageError) as error:
                _LOG.warning(
                    "Container '%s' cannot be scanned; trying again. %s", self._container.container_name, error
                )
            await asyncio.sleep(max(_INTERVAL, time.monotonic() - begin))

    def _load(self) -> None:
        for _, receipts in self._triggers:
            receipts.load()

    def _scan(self) -> None:
        try:
            for item in self._container.list_blobs():
                blob = FoundBlob(
                    self._container.container_name, item.name, item.etag.strip('"'), item.blob_type or "BlockBlob"
                )
                self._announce_new(blob)
        except ResourceNotFoundError:
            return  # the container is waited for

    def _announce_new(self, blob: FoundBlob) -> None:
        for trigger, receipts in self._triggers:
            if trigger.path.match(blob.name) is not None and not receipts.has(blob):
                self._announce(trigger, blob)
                receipts.write(blob)  # after it: a crash in between announces twice, never not at all


def scanners(triggers: list[BlobTrigger], storage: HostStorage, announce: Announce) -> list[BlobScanner]:
    """One scanner per container, whichever number of functions watch it."""
    watched: dict[tuple[str, str], list[tuple[BlobTrigger, Receipts]]] = {}
    for trigger in triggers:
        place = (trigger.connection.setting, trigger.path.container)
        watched.setdefault(place, []).append((trigger, Receipts(storage, trigger)))
    return [BlobScanner(watching, announce) for watching in watched.values()]
