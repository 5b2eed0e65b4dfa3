"""`python -m devstack provision`: emulators that somebody else runs get what the app expects to find."""

from __future__ import annotations

import base64
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from devstack.emulators import COSMOS_KEY, STORAGE_ACCOUNT, STORAGE_KEY, cosmos_endpoint, storage_connection_string
from devstack.host.storage_rest import Account, call
from devstack.ports import Ports
from devstack.stack import Stack

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def bare(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    """Emulators with nothing in them."""
    with Stack(ROOT, tmp_path_factory.mktemp("bare"), Ports.free()) as stack:
        stack.start_emulators()
        yield stack


def provision(ports: Ports, *, folder: Path = ROOT, **settings: str) -> subprocess.CompletedProcess[str]:
    environment = {"PATH": "/usr/bin:/bin", "PORT": str(ports.host)} | {
        "AzureWebJobsStorage": storage_connection_string(ports),
        "Storage": storage_connection_string(ports),
        "COSMOS_ENDPOINT": cosmos_endpoint(ports),
    }
    command = [sys.executable, "-m", "devstack", "provision", "--timeout=0"]
    return subprocess.run(
        command, cwd=folder, env=environment | settings, capture_output=True, text=True, check=False, timeout=60
    )


@pytest.fixture(scope="module")
def provisioned(bare: Stack) -> subprocess.CompletedProcess[str]:
    return provision(bare.ports)


def test_it_says_what_is_there(provisioned: subprocess.CompletedProcess[str]) -> None:
    assert (provisioned.returncode, provisioned.stderr) == (0, "")
    assert provisioned.stdout.splitlines() == [
        "blob containers uploads, processed, rejected, partials; queues webjobs-blobtrigger-poison, reprocess",
        "Cosmos DB pipeline: containers files, reports",
    ]


@pytest.mark.usefixtures("provisioned")
def test_all_that_the_app_needs_is_there(bare: Stack) -> None:
    with bare.blob_service() as service:
        containers = {container.name for container in service.list_containers()}
        origins = [rule.allowed_origins for rule in service.get_service_properties()["cors"]]
    assert containers == {"uploads", "processed", "rejected", "partials"}
    assert origins == [f"http://127.0.0.1:{bare.ports.host},http://localhost:{bare.ports.host}"]
    assert {container["id"] for container in bare.cosmos_database().list_containers()} == {"files", "reports"}


@pytest.mark.usefixtures("provisioned")
def test_the_queues_are_there(bare: Stack) -> None:
    queues = f"http://127.0.0.1:{bare.ports.queue}/{STORAGE_ACCOUNT}"
    account = Account(STORAGE_ACCOUNT, base64.b64decode(STORAGE_KEY), queues)
    for name in ("webjobs-blobtrigger-poison", "reprocess"):
        assert call(account, "GET", f"/{name}", {"comp": "metadata"}).status == 200


@pytest.mark.usefixtures("provisioned")
def test_what_is_there_already_stays(bare: Stack) -> None:
    with bare.blob_service() as service:
        service.get_blob_client("uploads", "kept.csv").upload_blob(b"a\n1\n")
        assert provision(bare.ports).returncode == 0
        assert service.get_blob_client("uploads", "kept.csv").exists()


@pytest.mark.usefixtures("provisioned")
def test_in_a_container_the_environment_is_all_there_is(bare: Stack, tmp_path: Path) -> None:
    shutil.copytree(ROOT / "devstack", tmp_path / "devstack")
    done = provision(bare.ports, folder=tmp_path, COSMOS_KEY=COSMOS_KEY)
    assert (done.returncode, done.stderr) == (0, "")


def test_emulators_that_do_not_answer_are_one_plain_line() -> None:
    done = provision(Ports.free())
    assert done.returncode == 1
    (line,) = done.stderr.splitlines()
    assert line.startswith("devstack: the emulators that Storage and COSMOS_ENDPOINT name do not answer: ")


def test_a_connection_string_that_is_none_is_one_plain_line() -> None:
    done = provision(Ports.free(), Storage="UseDevelopmentStorage=true")
    assert (done.returncode, done.stderr.splitlines()) == (
        1,
        ["devstack: Storage has no AccountName, AccountKey, QueueEndpoint: give the connection string of an emulator"],
    )
