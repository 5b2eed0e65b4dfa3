"""Where the contract tests find Cosmos DB and Blob Storage: what the environment names, else the local emulators.

    CONTRACT_COSMOS_ENDPOINT  CONTRACT_COSMOS_KEY (without: Entra ID)  CONTRACT_COSMOS_DATABASE (`pipeline`)
    CONTRACT_STORAGE          a connection string, or a blob endpoint (Entra ID)

Database and containers must be there, as Bicep makes them. Every test keeps to names of its own and cleans up.
"""

import os
import re
import socket
import time
import uuid
from collections.abc import Iterator
from dataclasses import dataclass, field
from urllib.parse import unquote, urlsplit

import pytest
from azure.core.pipeline.transport import RequestsTransport
from azure.cosmos import DatabaseProxy
from azure.storage.blob import BlobServiceClient

from devstack import emulators as local
from shared.names import PARTIALS, PROCESSED, REJECTED, UPLOADS
from shared.settings import CosmosSettings, StorageSettings
from shared.stores import blobs, cosmos
from shared.stores.blobs import Blobs
from shared.stores.file_records import FileRecords
from shared.stores.report_documents import ReportDocuments
from tests.faults.proxy import FaultProxy

CHUNK = 1000  # small, so that small blobs have many


@pytest.fixture(scope="session")
def cosmos_settings(request: pytest.FixtureRequest) -> CosmosSettings:
    database = os.environ.get("CONTRACT_COSMOS_DATABASE", "pipeline")
    if endpoint := os.environ.get("CONTRACT_COSMOS_ENDPOINT"):
        return CosmosSettings(endpoint, database, key=os.environ.get("CONTRACT_COSMOS_KEY"))
    stack = request.getfixturevalue("emulators")
    return CosmosSettings(local.cosmos_endpoint(stack.ports), database, key=local.COSMOS_KEY)


@pytest.fixture(scope="session")
def storage_settings(request: pytest.FixtureRequest) -> StorageSettings:
    if storage := os.environ.get("CONTRACT_STORAGE"):
        is_endpoint = storage.startswith(("http:", "https:"))
        return StorageSettings(blob_endpoint=storage) if is_endpoint else StorageSettings(storage)
    stack = request.getfixturevalue("emulators")
    return StorageSettings(local.storage_connection_string(stack.ports))


@pytest.fixture
def cosmos_proxy(cosmos_settings: CosmosSettings) -> Iterator[FaultProxy]:
    """What stands before Cosmos DB: no faults until a test sets them."""
    address = urlsplit(cosmos_settings.endpoint)
    if address.scheme != "http":
        pytest.skip("CONTRACT_COSMOS_ENDPOINT is reached over TLS: faults cannot be injected on the way")
    with FaultProxy(address.netloc) as proxy:
        yield proxy


@pytest.fixture
def storage_proxy(storage_settings: StorageSettings) -> Iterator[FaultProxy]:
    """What stands before Blob Storage: no faults until a test sets them."""
    address = re.search("BlobEndpoint=http://([^/;]+)", storage_settings.connection_string or "")
    if address is None:
        pytest.skip("CONTRACT_STORAGE names an account that is reached over TLS: faults cannot be injected on the way")
    with FaultProxy(address[1]) as proxy:
        yield proxy


@pytest.fixture
def unique() -> str:
    """A name that no other test has."""
    return f"contract-{uuid.uuid4().hex[:12]}"


@dataclass
class Sent:
    """The requests that went out: method and last part of the path, and how large the bodies were."""

    requests: list[str] = field(default_factory=list)
    sizes: list[int] = field(default_factory=list)


@pytest.fixture
def sent(monkeypatch: pytest.MonkeyPatch) -> Sent:
    """What the SDKs send from here on, so that accidental extra calls show."""
    seen = Sent()
    send = RequestsTransport.send

    def record(self, request, **options):
        seen.requests.append(f"{request.method} {unquote(urlsplit(request.url).path).strip('/').rpartition('/')[2]}")
        seen.sizes.append(len(request.body or b""))
        return send(self, request, **options)

    monkeypatch.setattr(RequestsTransport, "send", record)
    return seen


@pytest.fixture
def waits(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """How long the SDKs would have slept between attempts, in seconds. They go on at once."""
    slept: list[float] = []
    monkeypatch.setattr(time, "sleep", slept.append)
    return slept


@pytest.fixture
def nobody_listens() -> Iterator[str]:
    """An address that refuses connections, and stays so for the test."""
    with socket.socket() as bound:
        bound.bind(("127.0.0.1", 0))
        yield f"127.0.0.1:{bound.getsockname()[1]}"


@pytest.fixture(scope="session")
def database(cosmos_settings: CosmosSettings) -> DatabaseProxy:
    return cosmos.connect(cosmos_settings)


@pytest.fixture
def partition(database: DatabaseProxy, unique: str) -> Iterator[str]:
    """A dataset or report of this test. Partitions whose names begin with it are emptied afterwards."""
    yield unique
    for name in ("files", "reports"):
        container = database.get_container_client(name)
        left = container.query_items(
            "SELECT c.id, c.pk FROM c WHERE STARTSWITH(c.pk, @pk)",
            parameters=[{"name": "@pk", "value": unique}],
            enable_cross_partition_query=True,
        )
        for document in list(left):
            container.delete_item(document["id"], partition_key=document["pk"])


@pytest.fixture
def files(database: DatabaseProxy) -> FileRecords:
    return FileRecords(database)


@pytest.fixture
def reports(database: DatabaseProxy) -> ReportDocuments:
    return ReportDocuments(database)


@pytest.fixture
def service(storage_settings: StorageSettings, monkeypatch: pytest.MonkeyPatch) -> Iterator[BlobServiceClient]:
    monkeypatch.setattr(blobs, "BLOCK", CHUNK)
    with blobs.connect(storage_settings) as connected:
        yield connected


@pytest.fixture
def store(service: BlobServiceClient) -> Blobs:
    return Blobs(service)


@pytest.fixture
def folder(service: BlobServiceClient, unique: str) -> Iterator[str]:
    """A folder of this test in every container, emptied afterwards."""
    yield unique
    for name in (UPLOADS, PROCESSED, REJECTED, PARTIALS):
        container = service.get_container_client(name)
        for blob in list(container.list_blobs(name_starts_with=unique)):
            container.delete_blob(blob.name)


@pytest.fixture(
    params=[
        "two words.csv",
        "#1.csv",
        "50%.csv",
        "%20.csv",
        "a+b.csv",
        "what?.csv",
        "[1].csv",
        "*.csv",
        "a//b.csv",
        "it's;a=b&c,d.csv",
        "größe/日本 🗾.csv",
        "no-extension",
    ]
)
def odd_name(request: pytest.FixtureRequest) -> str:
    """A name that a blob may have."""
    return str(request.param)
