"""`python -m devstack provision`: what the app expects to find, made in emulators that something else runs.

The local stack does this when it starts. Here it is for `compose.yaml`, or for emulators of your own.
"""

import argparse
import os
import sys
import time
from collections.abc import Mapping, Sequence
from pathlib import Path

from azure.core.exceptions import AzureError
from azure.cosmos import CosmosClient
from azure.storage.blob import BlobServiceClient

from devstack import resources
from devstack.errors import StackError
from devstack.host.storage_rest import StorageError
from devstack.ports import LOCALHOST, Ports
from devstack.settings import local_settings

ROOT = Path(__file__).resolve().parent.parent
PAUSE_SECONDS = 1.0
REQUEST_SECONDS = 5  # they are emulators on this machine


def run(arguments: Sequence[str]) -> int:
    """Make what is missing, and return the exit status: 0 all is there, 1 not."""
    options = _parser().parse_args(arguments)
    try:
        ports = Ports.from_environment()
        settings = {**local_settings(ROOT, ports), **os.environ}  # in a container there is no file
        _make(settings, ports, time.monotonic() + options.timeout)
    except StackError as error:
        print(f"devstack: {error}", file=sys.stderr)
        return 1
    return 0


def _make(settings: Mapping[str, str], ports: Ports, deadline: float) -> None:
    account = _fields(settings.get("Storage", ""))
    while True:
        try:
            _make_storage(settings["Storage"], account, ports)
            _make_cosmos(settings)
        except (AzureError, StorageError, OSError) as error:
            if time.monotonic() > deadline:
                reason = (str(error).splitlines() or [type(error).__name__])[0]
                raise StackError(
                    f"the emulators that Storage and COSMOS_ENDPOINT name do not answer: {reason}"
                ) from None
            time.sleep(PAUSE_SECONDS)
        else:
            return


def _make_storage(connection: str, account: Mapping[str, str], ports: Ports) -> None:
    with BlobServiceClient.from_connection_string(
        connection, retry_total=0, connection_timeout=REQUEST_SECONDS, read_timeout=REQUEST_SECONDS
    ) as service:
        resources.create_blob_containers(service)
        resources.allow_uploads_from(service, [f"http://{name}:{ports.host}" for name in (LOCALHOST, "localhost")])
    resources.create_queues(account["AccountName"], account["AccountKey"], account["QueueEndpoint"])
    print(f"blob containers {', '.join(resources.BLOB_CONTAINERS)}; queues {', '.join(resources.QUEUES)}", flush=True)


def _make_cosmos(settings: Mapping[str, str]) -> None:
    database = settings.get("COSMOS_DATABASE", "pipeline")
    endpoint, key = settings.get("COSMOS_ENDPOINT", ""), settings.get("COSMOS_KEY", "")
    client = CosmosClient(endpoint, key, enable_endpoint_discovery=False, retry_connect=0, retry_read=0)
    resources.create_cosmos_containers(client, database)
    print(f"Cosmos DB {database}: containers {', '.join(resources.COSMOS_CONTAINERS)}", flush=True)


def _fields(connection: str) -> dict[str, str]:
    """The parts of a connection string. Raises StackError where one is missing that is needed here."""
    fields = dict(part.split("=", 1) for part in connection.split(";") if "=" in part)
    if missing := [name for name in ("AccountName", "AccountKey", "QueueEndpoint") if not fields.get(name)]:
        raise StackError(f"Storage has no {', '.join(missing)}: give the connection string of an emulator")
    return fields


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m devstack provision",
        description="Make the blob containers, queues and Cosmos DB containers that the app expects, in the emulators "
        "that Storage and COSMOS_ENDPOINT name: variables of the environment, else local.settings.json. What is there "
        "already stays. On Azure infra/ does this.",
    )
    help_ = "seconds to wait for the emulators to answer (%(default)s)"
    parser.add_argument("--timeout", type=float, default=180, metavar="SECONDS", help=help_)
    return parser
