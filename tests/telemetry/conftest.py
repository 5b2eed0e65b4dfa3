"""Hosts that tell what they do to receivers of the test's own, on emulators that all these tests share."""

import os
import sys
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from devstack.ports import Ports
from devstack.stack import Stack
from tests.telemetry.app import App, Serve
from tests.telemetry.otlp import Otlp
from tests.telemetry.receiver import Receiver

ROOT = Path(__file__).parents[2]
SOON = {"OTEL_BSP_SCHEDULE_DELAY": "200", "OTEL_BLRP_SCHEDULE_DELAY": "200", "OTEL_METRIC_EXPORT_INTERVAL": "500"}
TELEMETRY = ("OTEL_", "APPLICATIONINSIGHTS_")  # settings of whoever runs the tests
RARELY = "0 0 0 1 1 *"


@pytest.fixture(scope="session")
def telemetry_emulators(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    patch, state = pytest.MonkeyPatch(), tmp_path_factory.mktemp("telemetry")
    with patch.context() as environment, Stack(ROOT, state, Ports.free()) as running:
        for name in filter(lambda name: name.startswith(TELEMETRY), list(os.environ)):
            environment.delenv(name)
        running.start_emulators()
        running.create_resources()
        yield running


@pytest.fixture(scope="session")
def serve(telemetry_emulators: Stack) -> Serve:
    """Start a host with these settings, telemetry among them, besides the usual ones."""

    @contextmanager
    def serving(settings: dict[str, str]) -> Iterator[App]:
        stack = telemetry_emulators
        own = {"TMPDIR": str(stack.state)}  # where exporters put what they could not send
        schedules = {"REFRESH_SCHEDULE": "* * * * * *", "RECONCILE_SCHEDULE": RARELY}
        host = stack.another_host(f"host-{uuid.uuid4().hex[:8]}", {**own, **schedules, **SOON, **settings})
        host.start()
        try:
            yield App(host, stack)
        finally:
            host.stop()
            sys.stdout.write(host.log.read_text(errors="replace"))  # shown where the test fails

    return serving


@pytest.fixture(scope="module")
def receiver() -> Iterator[Receiver]:
    with Receiver() as running:
        yield running


@pytest.fixture(scope="module")
def otlp(receiver: Receiver) -> Otlp:
    """What the receiver has got as OTLP."""
    return Otlp(receiver)
