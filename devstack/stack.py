"""The whole local stack as one object: `up` serves with it, tests start and break it."""

import fcntl
import json
import os
import sys
from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType, TracebackType
from typing import IO, Self

from azure.cosmos import CosmosClient, DatabaseProxy
from azure.storage.blob import BlobServiceClient

from devstack import emulators, resources
from devstack.errors import StackError
from devstack.functions_host import FunctionsHost
from devstack.lifeline import VARIABLE as LIFELINE
from devstack.ports import LOCALHOST, Ports
from devstack.processes import Child
from devstack.settings import layered, local_settings
from devstack.telemetry import process as telemetry_process

_DEVSTACK_PARENT = Path(__file__).resolve().parent.parent


class Stack:
    """Emulators, functions host, and with `telemetry` what receives and shows that of the app.

    Leaving the `with` block ends whatever runs.
    """

    def __init__(  # noqa: PLR0913 - what differs between `up`, the tests and a second checkout
        self,
        root: Path,
        state: Path,
        ports: Ports,
        *,
        keys: Path | None = None,
        env: Mapping[str, str] = MappingProxyType({}),
        echo: bool = False,
        telemetry: bool = False,
    ) -> None:
        self.root = root
        self.state = state
        self.ports = ports
        self.settings = layered(local_settings(root, ports), os.environ, env)
        self._keys = keys.resolve() if keys else None
        self._echo = echo
        self._emulators: list[Child] = []
        self._receiver: Child | None = None
        self._telemetry = telemetry_process.settings(ports, {**os.environ, **self.settings}) if telemetry else {}
        self._host = self._functions_host(ports.host, "host")
        self._hosts = [self._host]
        self._lock: IO[str] | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.stop()

    @property
    def host_url(self) -> str:
        return self._host.url

    @property
    def host_log(self) -> Path:
        return self._host.log

    @property
    def otlp_endpoint(self) -> str | None:
        """Where the app sends its telemetry; None where it sends none."""
        return self._telemetry.get(telemetry_process.ENDPOINT)

    @property
    def receives_telemetry(self) -> bool:
        """Whether telemetry comes here, and not to a receiver of the user's own."""
        return self.otlp_endpoint == telemetry_process.endpoint(self.ports)

    def start(self) -> None:
        """Start everything: the emulators with what the app expects to find in them, then the functions host."""
        if self.receives_telemetry:
            self.ports.require_telemetry()
        self.start_emulators()
        self.create_resources()
        if self.receives_telemetry:
            self._receiver = telemetry_process.start(self.ports, self.state, self._host_environment())
        self.start_host()

    def start_emulators(self) -> None:
        """Start Azurite and the Cosmos DB emulator, and wait until they answer."""
        self.ports.require_emulators()
        self._lock_state()
        azurite = emulators.start_azurite(self.ports, self.state)
        self._emulators.append(azurite)
        self.start_cosmos()
        emulators.wait_for_azurite(azurite, self.ports)

    def _lock_state(self) -> None:
        """Keep others out of the folder: two Azurites on one would lose each other's uploads. The end unlocks it."""
        self.state.mkdir(parents=True, exist_ok=True)
        lock = (self.state / "lock").open("w")
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            lock.close()
            raise StackError(
                f"{self.state} is in use by another stack; stop that one, or start this one in a second clone"
            ) from None
        self._lock = lock

    def start_cosmos(self) -> None:
        """Start the Cosmos DB emulator, empty, and wait until it answers."""
        cosmos = emulators.start_cosmos(self.ports, self.state)
        self._emulators.append(cosmos)
        emulators.wait_for_cosmos(cosmos, self.ports)

    def kill_cosmos(self) -> None:
        """End the Cosmos DB emulator: an outage, and the loss of all it held."""
        self._emulators.pop().kill()

    def create_resources(self) -> None:
        """Make what the app expects to find and does not make itself; what is there already stays."""
        with self.blob_service() as service:
            resources.create_blob_containers(service)
            pages = [f"http://{name}:{self.ports.host}" for name in (LOCALHOST, "localhost")]
            resources.allow_uploads_from(service, pages)
        queues = f"http://{LOCALHOST}:{self.ports.queue}/{emulators.STORAGE_ACCOUNT}"
        resources.create_queues(emulators.STORAGE_ACCOUNT, emulators.STORAGE_KEY, queues)
        resources.create_cosmos_containers(self._cosmos_client(), self._cosmos_database_name())

    def start_host(self) -> None:
        """Start the functions host on the app, and wait until it answers."""
        self.ports.require_host()
        self._host.start()

    def kill_host(self) -> None:
        """End the host with SIGKILL, as a crash would."""
        self._host.kill()

    def stop_host(self) -> None:
        """End the host and let it finish what it can."""
        self._host.stop()

    def another_host(self, name: str, env: Mapping[str, str] = MappingProxyType({})) -> FunctionsHost:
        """One more host on the same app and emulators, not started yet; the end of the stack ends it, too."""
        host = self._functions_host(Ports.free().host, name, env)
        self._hosts.append(host)
        return host

    def stop(self) -> None:
        """End everything: the host first, as it needs the others to the last."""
        for host in self._hosts:
            host.stop()
        others = [*self._emulators, *([self._receiver] if self._receiver else [])]
        for part in others:
            part.ask_to_stop()
        for part in others:
            part.stop()
        self._emulators.clear()
        self._receiver = None
        if self._lock:
            self._lock.close()
            self._lock = None

    def require_alive(self) -> None:
        """Raise where a part has ended by itself."""
        for emulator in self._emulators:
            emulator.require_alive()
        if self._receiver:
            self._receiver.require_alive()
        for host in self._hosts:
            host.require_alive()

    def key(self, name: str = "default") -> str | None:
        """The function key that callers send (`master`: the one for admin routes); None where none is asked for."""
        if self._keys is None:
            return None
        try:
            return str(json.loads(self._keys.read_text())[name])
        except (OSError, ValueError, KeyError) as error:
            raise StackError(
                f"{self._keys} has no key {name!r} ({error}); delete the file to have it made anew"
            ) from None

    def blob_service(self) -> BlobServiceClient:
        """A client for Azurite's blobs."""
        return BlobServiceClient.from_connection_string(emulators.storage_connection_string(self.ports))

    def cosmos_database(self) -> DatabaseProxy:
        """A client for the app's database in the emulator."""
        return self._cosmos_client().get_database_client(self._cosmos_database_name())

    def _cosmos_client(self) -> CosmosClient:
        # Endpoint discovery would lead to an https address, which the emulator names but does not serve.
        endpoint = emulators.cosmos_endpoint(self.ports)
        return CosmosClient(endpoint, emulators.COSMOS_KEY, enable_endpoint_discovery=False)

    def _cosmos_database_name(self) -> str:
        return self.settings.get("COSMOS_DATABASE", "pipeline")

    def _functions_host(self, port: int, name: str, env: Mapping[str, str] = MappingProxyType({})) -> FunctionsHost:
        log = self.state / "logs" / f"{name}.log"
        environment = {**self._host_environment(), **env}
        return FunctionsHost(self.root, port, log, environment, keys=self._keys, echo=self._echo)

    def _host_environment(self) -> dict[str, str]:
        python_path = os.pathsep.join(filter(None, [str(_DEVSTACK_PARENT), os.environ.get("PYTHONPATH")]))
        own = {"PYTHONPATH": python_path, "PYTHONUNBUFFERED": "1", LIFELINE: "1"}
        if self._echo and sys.stdout.isatty():
            own["FORCE_COLOR"] = "1"  # the host writes into our pipe, and we to the terminal
        return {**os.environ, **self.settings, **self._telemetry, **own}
