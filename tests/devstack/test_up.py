"""`python -m devstack up`: with a small stand-in for the app, on the real emulators and the real host."""

import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import psutil
import pytest

from devstack.ports import LOCALHOST, Ports

HERE = Path(__file__).parent
ROOT = HERE.parent.parent
UP = """
import sys
from pathlib import Path
from devstack.up import run
sys.exit(run(Path(sys.argv[1]), samples=True, keys=None))
"""


def wait_for(condition: Callable[[], object], what: str) -> None:
    deadline = time.monotonic() + 60
    while not condition():
        assert time.monotonic() < deadline, f"waited in vain: {what}"
        time.sleep(0.05)


@dataclass(frozen=True)
class Up:
    """A running `up`, its parts, and what it has printed."""

    process: psutil.Popen
    output: Path

    def printed(self) -> str:
        return self.output.read_text()

    def parts(self) -> list[psutil.Process]:
        return self.process.children(recursive=True)


def environment(ports: Ports) -> dict[str, str]:
    moved = {
        "PORT": ports.host,
        "AZURITE_PORT": ports.blob,
        "COSMOS_PORT": ports.cosmos,
        "OTLP_PORT": ports.telemetry,
    }
    return {**os.environ, "PYTHONPATH": str(ROOT), **{name: str(port) for name, port in moved.items()}}


@contextmanager
def serving(folder: Path) -> Iterator[Up]:
    """`up --samples` on the stand-in app, from when it serves."""
    root = folder / "app"
    shutil.copytree(HERE / "up_app", root)
    output = folder / "output"
    with output.open("w") as stream:
        process = psutil.Popen(
            [sys.executable, "-c", UP, root], env=environment(Ports.free()), cwd=root, stdout=stream, stderr=stream
        )
    try:
        wait_for(lambda: "Ctrl-C stops" in output.read_text() or process.poll() is not None, "up serves")
        assert process.poll() is None, output.read_text()
        yield Up(process, output)
    finally:
        if process.poll() is None:
            process.terminate()
        process.wait(30)


@pytest.fixture
def up(tmp_path: Path) -> Iterator[Up]:
    """A running `up`, for the test to end."""
    with serving(tmp_path) as running:
        yield running


@pytest.fixture(scope="module")
def printed(tmp_path_factory: pytest.TempPathFactory) -> str:
    """What `up` prints until it is told to stop, and that it then ends well."""
    with serving(tmp_path_factory.mktemp("up")) as running:
        running.process.terminate()
        assert running.process.wait(30) == 0
        return running.printed()


def test_shows_what_became_of_the_samples(printed: str):
    assert "shop/a.csv  processed     3        2         1" in printed
    assert "sales   shop     2026-11           2" in printed


def test_shows_calls_to_try(printed: str):
    assert "/api/reports/sales/2026-11'" in printed
    assert "/api/files/shop-a-1'" in printed


def test_shows_where_traces_are_and_that_of_a_file(printed: str):
    address = r"http://127\.0\.0\.1:\d+/traces"
    assert re.search(rf"traces +{address}\n", printed)
    assert re.search(rf"{address}/0af7651916cd43dd8448eb211c80319c\n", printed)


def test_ctrl_c_ends_everything_quietly(up: Up):
    parts = up.parts()
    up.process.send_signal(signal.SIGINT)
    assert up.process.wait(30) == 0
    assert "Traceback" not in up.printed()
    assert not any(part.is_running() for part in parts)


def test_no_part_outlives_an_up_that_was_killed(up: Up):
    parts = up.parts()
    assert len(parts) == 4
    up.process.kill()
    wait_for(lambda: not any(part.is_running() for part in parts), "the parts end")


def test_a_part_that_dies_is_named_and_ends_the_rest(up: Up):
    parts = up.parts()
    cosmos = next(part for part in parts if any(word.endswith("cosmos.mjs") for word in part.cmdline()))
    cosmos.kill()
    assert up.process.wait(30) == 1
    assert "devstack: Cosmos DB emulator has ended (exit status -9)" in up.printed()
    assert not any(part.is_running() for part in parts)


@pytest.mark.parametrize(
    ("taken", "line"),
    [
        ("host", "port {} is taken (functions host); set PORT=… to move it"),
        ("queue", "port {} is taken (Azurite queue); set AZURITE_PORT=… to move it"),
        ("cosmos", "port {} is taken (Cosmos DB emulator); set COSMOS_PORT=… to move it"),
        ("telemetry", "port {} is taken (telemetry); set OTLP_PORT=… to move it"),
    ],
)
def test_a_taken_port_is_one_line_that_says_how_to_move_it(tmp_path: Path, taken: str, line: str):
    ports = Ports.from_environment(environment(Ports.free()))
    port = getattr(ports, taken)
    with socket.create_server((LOCALHOST, port)):
        ended = subprocess.run(
            [sys.executable, "-c", UP, tmp_path], env=environment(ports), capture_output=True, text=True, check=False
        )
    assert (ended.returncode, ended.stdout, ended.stderr) == (1, "", f"devstack: {line.format(port)}\n")
