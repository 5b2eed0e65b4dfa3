"""The receiver as a part of the stack: how it is started, and what the host is told of it."""

import sys
from collections.abc import Mapping
from pathlib import Path

from devstack.ports import LOCALHOST, Ports
from devstack.processes import Child, answers_http

ENDPOINT = "OTEL_EXPORTER_OTLP_ENDPOINT"
_DEADLINE_SECONDS = 60


def start(ports: Ports, state: Path, env: Mapping[str, str]) -> Child:
    """Start the receiver, and wait until it answers. In `env` is what it needs to find this package."""
    command = [sys.executable, "-m", "devstack", "telemetry", "--port", str(ports.telemetry)]
    receiver = Child("telemetry", command, state / "logs" / "telemetry.log", env, echo=False)
    receiver.wait_until(lambda: answers_http(ports.telemetry), _DEADLINE_SECONDS)
    return receiver


def endpoint(ports: Ports) -> str:
    """The address that telemetry is sent to."""
    return f"http://{LOCALHOST}:{ports.telemetry}"


def settings(ports: Ports, environment: Mapping[str, str]) -> dict[str, str]:
    """Variables for the host: where telemetry goes, and soon, as somebody waits for it. The user's own win."""
    usual = {
        ENDPOINT: endpoint(ports),
        "OTEL_BSP_SCHEDULE_DELAY": "1000",  # milliseconds; spans
        "OTEL_BLRP_SCHEDULE_DELAY": "1000",  # log lines
        "OTEL_METRIC_EXPORT_INTERVAL": "5000",
    }
    return {name: environment.get(name, value) for name, value in usual.items()}
