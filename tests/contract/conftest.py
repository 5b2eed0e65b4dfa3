"""Where the contract tests find Cosmos DB and Blob Storage: what the environment names, else the local emulators.

    CONTRACT_COSMOS_ENDPOINT  CONTRACT_COSMOS_KEY (without: Entra ID)  CONTRACT_COSMOS_DATABASE (`pipeline`)
    CONTRACT_STORAGE          a connection string, or a blob endpoint (Entra ID)

Database and containers must be there, as Bicep makes them. Every test keeps to names of its own and cleans up.
"""

import os
import socket
import time
import uuid
from collections.abc import Iterator
from dataclasses import dataclass, field
from urllib.parse import unquote, urlsplit

import pytest
from azure.core.pipeline.transport import RequestsTransport

from devstack import emulators as local
from shared.settings import CosmosSettings, StorageSettings


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
