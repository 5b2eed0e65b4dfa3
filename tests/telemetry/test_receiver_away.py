"""Receivers that are down, hang or refuse: nothing of the app waits for them, nothing fails, and it is said once."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import pytest

from devstack.ports import Ports
from shared.telemetry.ending import LAST_SECONDS
from tests.telemetry.app import Serve
from tests.telemetry.envelopes import connection_string
from tests.telemetry.receiver import HANGS, Receiver, until

FILES = 8
SAID = "Telemetry may be lost"
MORE_THAN_ENOUGH = LAST_SECONDS + 4  # seconds: the promise, and what else a host does at its end


@dataclass(frozen=True)
class Seen:
    """What there was to see of a host whose receivers were away."""

    statuses: set[str]
    log: str
    exit_status: int | None


@contextmanager
def away(way: str) -> Iterator[str]:
    """The address of receivers that are away in this way."""
    if way == "down":
        yield f"http://127.0.0.1:{Ports.free().telemetry}"
        return
    with Receiver({"hanging": HANGS, "refusing": 400, "failing": 500}[way]) as running:
        yield running.url


@pytest.fixture(scope="module", params=["down", "hanging", "refusing", "failing"])
def seen(request: pytest.FixtureRequest, serve: Serve) -> Iterator[Seen]:
    """Some files are ingested while both receivers are away, and the host is ended."""
    with away(request.param) as url:
        settings = {
            "APPLICATIONINSIGHTS_CONNECTION_STRING": connection_string(url),
            "OTEL_EXPORTER_OTLP_ENDPOINT": url,
            "OTEL_EXPORTER_OTLP_TIMEOUT": "2",  # seconds until a hanging one is complained of
        }
        with serve(settings) as app:
            names = [f"away-{request.param}/{number}.csv" for number in range(FILES)]
            for name in names:
                app.upload(name, b"item,amount\npear,1\n")
            statuses = {app.settled(name)["status"] for name in names}
            until(lambda: SAID in app.log(), "a word about it in the log")
            exit_status = app.end(MORE_THAN_ENOUGH)
            yield Seen(statuses, app.log(), exit_status)


def test_files_are_ingested(seen: Seen) -> None:
    assert seen.statuses == {"processed"}


def test_it_is_said_once(seen: Seen) -> None:
    assert seen.log.count(SAID) == 1


def test_no_stack_trace_is_in_the_log(seen: Seen) -> None:
    assert "Traceback" not in seen.log


def test_the_process_ends_in_time_by_itself(seen: Seen) -> None:
    assert seen.exit_status == 0
