"""The host's own storage (AzureWebJobsStorage): locks, receipts, the state of timers, the internal queue."""

from contextlib import suppress
from functools import cached_property

from azure.core.exceptions import ResourceExistsError
from azure.storage.blob import BlobClient, ContainerClient

from devstack.host.queues import Queue
from devstack.host.singleton import Singleton
from devstack.host.storage import HOST_STORAGE, Connection, Connections

_CONTAINER = "azure-webjobs-hosts"


class HostStorage:
    """Opened when the first trigger asks for it; an app of HTTP functions alone needs none."""

    def __init__(self, connections: Connections, host_id: str) -> None:
        self._connections = connections
        self.host_id = host_id

    @cached_property
    def _connection(self) -> Connection:
        return self._connections.open(HOST_STORAGE, "The host")

    @cached_property
    def container(self) -> ContainerClient:
        container = self._connection.blobs.get_container_client(_CONTAINER)
        with suppress(ResourceExistsError):
            container.create_container()
        return container

    @property
    def blob_queue(self) -> Queue:
        return self._connection.queue(f"azure-webjobs-blobtrigger-{self.host_id}")

    def timer_status(self, function_host_id: str) -> BlobClient:
        return self.container.get_blob_client(f"timers/{self.host_id}/{function_host_id}/status")

    def singleton(self, name: str) -> Singleton:
        return Singleton(self.container, f"{self.host_id}/{name}")
