"""Where the stack has the app send its telemetry."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
import requests

from devstack.ports import Ports
from devstack.stack import Stack
from devstack.telemetry.process import ENDPOINT, settings

ROOT = Path(__file__).parents[2]
PORTS = Ports(telemetry=4444)
OWN = "http://collector.example:4318"


@pytest.fixture(autouse=True)
def _no_endpoint(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(ENDPOINT, raising=False)


def test_the_app_sends_nothing_unless_that_is_asked_for(tmp_path: Path):
    stack = Stack(ROOT, tmp_path, PORTS)
    assert (stack.otlp_endpoint, stack.receives_telemetry) == (None, False)


def test_the_app_sends_to_the_stacks_receiver(tmp_path: Path):
    stack = Stack(ROOT, tmp_path, PORTS, telemetry=True)
    assert (stack.otlp_endpoint, stack.receives_telemetry) == ("http://127.0.0.1:4444", True)


@pytest.mark.parametrize("own", [OWN, ""], ids=["elsewhere", "nowhere"])
def test_an_endpoint_of_the_environment_wins(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, own: str):
    monkeypatch.setenv(ENDPOINT, own)
    stack = Stack(ROOT, tmp_path, PORTS, telemetry=True)
    assert (stack.otlp_endpoint, stack.receives_telemetry) == (own, False)


def test_an_endpoint_of_the_local_settings_wins(tmp_path: Path):
    (tmp_path / "local.settings.json").write_text(f'{{"Values": {{"{ENDPOINT}": "{OWN}"}}}}')
    assert not Stack(tmp_path, tmp_path, PORTS, telemetry=True).receives_telemetry


def test_what_the_environment_says_of_batches_wins():
    assert settings(PORTS, {"OTEL_BSP_SCHEDULE_DELAY": "7"})["OTEL_BSP_SCHEDULE_DELAY"] == "7"


@pytest.fixture
def stack(tmp_path: Path) -> Iterator[Stack]:
    with Stack(ROOT, tmp_path, Ports.free(), telemetry=True) as running:
        running.start()
        yield running


def test_a_call_of_the_app_arrives_and_the_last_ones_when_the_host_ends(stack: Stack):
    caller = os.urandom(16).hex()
    headers = {"traceparent": f"00-{caller}-b7ad6b7169203331-01"}
    assert requests.get(f"{stack.host_url}/api/files", headers=headers, timeout=30).status_code == 200
    stack.stop_host()
    trace = requests.get(f"{stack.otlp_endpoint}/api/traces/{caller}", timeout=30).json()
    assert (trace["function"], trace["spans"][0]["parentId"]) == ("list_files", "b7ad6b7169203331")
