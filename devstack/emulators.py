"""Azurite and the Cosmos DB emulator: how each is started and reached."""

import os
import shutil
from pathlib import Path

from devstack.errors import StackError
from devstack.ports import LOCALHOST, Ports
from devstack.processes import Child, answers_http

# Well known and the same for everyone: no secrets.
STORAGE_ACCOUNT = "devstoreaccount1"
STORAGE_KEY = "Eby8vdM02xNOcqFlqUwJPLlmEtlCDXJ1OUzFT50uSRZ6IFsuFq2UVErCz4I6tq/K1SZFPTOtr/KBHBeksoGMGw=="
COSMOS_KEY = "C2y6yDjf5/R+ob0N8A7Cgv30VRDJIWEHLM+4QDU5DE2nQ9nDuVTqobD4b8mGGyPMbIZnqyMsEcaGQy67XIw/Jw=="

DEADLINE_SECONDS = 60
_HERE = Path(__file__).parent


def start_azurite(ports: Ports, state: Path) -> Child:
    """Azurite, which keeps its blobs and queues below `state`."""
    options: list[str | Path] = [
        "--skipApiVersionCheck",
        "--disableTelemetry",
        "--silent",
        "--location",
        state / "azurite",
    ]
    for service, port in (("blob", ports.blob), ("queue", ports.queue), ("table", ports.table)):
        options += [f"--{service}Host", LOCALHOST, f"--{service}Port", str(port)]
    return _start_node("Azurite", "azurite.mjs", options, state)


def start_cosmos(ports: Ports, state: Path) -> Child:
    """The Cosmos DB emulator, which keeps its documents in memory and forgets them when it ends."""
    return _start_node("Cosmos DB emulator", "cosmos.mjs", [LOCALHOST, str(ports.cosmos), COSMOS_KEY], state)


def wait_for_azurite(azurite: Child, ports: Ports) -> None:
    """Wait until all three services answer."""
    wanted = (ports.blob, ports.queue, ports.table)
    azurite.wait_until(lambda: all(answers_http(port) for port in wanted), DEADLINE_SECONDS)


def wait_for_cosmos(cosmos: Child, ports: Ports) -> None:
    """Wait until the emulator answers."""
    cosmos.wait_until(lambda: answers_http(ports.cosmos), DEADLINE_SECONDS)


def storage_connection_string(ports: Ports) -> str:
    """The connection string for Azurite."""
    endpoints = (("Blob", ports.blob), ("Queue", ports.queue), ("Table", ports.table))
    return f"DefaultEndpointsProtocol=http;AccountName={STORAGE_ACCOUNT};AccountKey={STORAGE_KEY};" + "".join(
        f"{service}Endpoint=http://{LOCALHOST}:{port}/{STORAGE_ACCOUNT};" for service, port in endpoints
    )


def cosmos_endpoint(ports: Ports) -> str:
    """The address of the Cosmos DB emulator."""
    return f"http://{LOCALHOST}:{ports.cosmos}"


def _start_node(name: str, script: str, arguments: list[str | Path], state: Path) -> Child:
    node = shutil.which("node")
    if node is None:
        raise StackError("Node.js is not there (the emulators need 20 or newer); get it from https://nodejs.org")
    if not (_HERE.parent / "node_modules").is_dir():
        raise StackError("the emulators are not installed (no node_modules); run `make setup`")
    log = state / "logs" / Path(script).with_suffix(".log").name
    return Child(name, [node, _HERE / script, *arguments], log, os.environ, echo=False)
