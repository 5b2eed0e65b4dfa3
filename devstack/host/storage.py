"""Connections: app settings that name a storage account."""

import base64
import binascii
from dataclasses import dataclass

from azure.core.exceptions import AzureError
from azure.storage.blob import BlobServiceClient

from devstack.host.errors import HostError
from devstack.host.queues import Queue
from devstack.host.settings import setting
from devstack.host.storage_rest import Account, StorageError, call

HOST_STORAGE = "AzureWebJobsStorage"


@dataclass(frozen=True)
class Connection:
    """A storage account by the name of the setting that holds its connection string."""

    setting: str
    blobs: BlobServiceClient
    blob_account: Account
    queues: Account

    def queue(self, name: str) -> Queue:
        return Queue(self.queues, name)


class Connections:
    """The accounts the app's triggers name, each opened and tried once."""

    def __init__(self) -> None:
        self._opened: dict[str, Connection] = {}

    def open(self, name: str | None, wanted_by: str) -> Connection:
        """The connection of that setting (the host's own storage where none is named); it answers, or start-up ends."""
        name = name or HOST_STORAGE
        if name not in self._opened:
            connection = _parse(name, setting(name, wanted_by))
            _try_out(connection)
            self._opened[name] = connection
        return self._opened[name]


def _parse(name: str, text: str) -> Connection:
    fields = dict(part.split("=", 1) for part in text.split(";") if "=" in part)
    try:
        account, key = fields["AccountName"], base64.b64decode(fields["AccountKey"], validate=True)
        blobs = BlobServiceClient.from_connection_string(text, retry_total=2, connection_timeout=5)
    except (KeyError, ValueError, binascii.Error) as error:
        raise HostError(
            f"The setting {name} is not a connection string with AccountName and AccountKey; this host needs one."
        ) from error
    suffix = fields.get("EndpointSuffix", "core.windows.net")
    queues = f"{fields.get('DefaultEndpointsProtocol', 'https')}://{account}.queue.{suffix}"
    return Connection(
        name,
        blobs,
        Account(account, key, blobs.url.rstrip("/")),
        Account(account, key, fields.get("QueueEndpoint", queues).rstrip("/")),
    )


def _try_out(connection: Connection) -> None:
    address = connection.blobs.url
    try:
        next(connection.blobs.list_containers(results_per_page=1, retry_total=0).by_page(), None)
        address = connection.queues.endpoint
        call(connection.queues, "GET", "/", {"comp": "list", "maxresults": "1"})
    except (AzureError, StorageError) as error:
        raise HostError(
            f"Storage does not answer at {address} (setting {connection.setting}); start Azurite or mend the setting. "
            f"[{_first_line(error)}]"
        ) from error


def _first_line(error: Exception) -> str:
    return (str(error).strip().splitlines() or [type(error).__name__])[0]
