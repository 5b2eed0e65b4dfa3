"""The ports of the local stack, and the variables that move them."""

import os
import random
import socket
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, fields
from typing import Self

from devstack.errors import StackError

LOCALHOST = "127.0.0.1"


@dataclass(frozen=True)
class Ports:
    """One port on 127.0.0.1 for each part."""

    host: int = 7071
    blob: int = 10000
    queue: int = 10001
    table: int = 10002
    cosmos: int = 8081
    telemetry: int = 4318

    @classmethod
    def from_environment(cls, environment: Mapping[str, str] = os.environ) -> Self:
        """The usual ports, moved by PORT, AZURITE_PORT (blob; queue and table follow), COSMOS_PORT, OTLP_PORT."""
        blob = _read(environment, "AZURITE_PORT", cls.blob)
        return cls(
            host=_read(environment, "PORT", cls.host),
            blob=blob,
            queue=blob + 1,
            table=blob + 2,
            cosmos=_read(environment, "COSMOS_PORT", cls.cosmos),
            telemetry=_read(environment, "OTLP_PORT", cls.telemetry),
        )

    @classmethod
    def free(cls) -> Self:
        """Ports that nothing listens on: for tests. Outgoing connections take theirs from above this range."""
        candidates = random.sample(range(20000, 30000), 500)
        free = (port for port in candidates if not is_taken(port))
        return cls(*(next(free) for _ in fields(cls)))

    def require_host(self) -> None:
        """Raise where the functions host's port is taken."""
        _require_free(self.host, "functions host", "PORT")

    def require_emulators(self) -> None:
        """Raise where a port of an emulator is taken."""
        _require_free(self.blob, "Azurite blob", "AZURITE_PORT")
        _require_free(self.queue, "Azurite queue", "AZURITE_PORT")
        _require_free(self.table, "Azurite table", "AZURITE_PORT")
        _require_free(self.cosmos, "Cosmos DB emulator", "COSMOS_PORT")

    def require_telemetry(self) -> None:
        """Raise where the port of the telemetry's receiver is taken."""
        _require_free(self.telemetry, "telemetry", "OTLP_PORT")

    def moved(self) -> Iterator[tuple[int, int]]:
        """The emulators' usual ports, each with the one that it has here."""
        yield Ports.blob, self.blob
        yield Ports.queue, self.queue
        yield Ports.table, self.table
        yield Ports.cosmos, self.cosmos


def is_taken(port: int) -> bool:
    """Whether something listens on the port (a closed connection that lingers there does not count)."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((LOCALHOST, port))
        except OSError:
            return True
    return False


def _require_free(port: int, part: str, variable: str) -> None:
    if is_taken(port):
        raise StackError(f"port {port} is taken ({part}); set {variable}=… to move it")


def _read(environment: Mapping[str, str], variable: str, usual: int) -> int:
    text = environment.get(variable) or str(usual)
    if not text.isascii() or not text.isdigit() or not 0 < int(text) <= 65533:
        raise StackError(f"{variable}={text} is not a port; give a number from 1 to 65533")
    return int(text)
