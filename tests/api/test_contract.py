"""schemathesis asks whatever the contract allows, and what it does not: every answer is as the contract says.

FUZZ_API_EXAMPLES: so many cases of each operation, other ones each time. Otherwise few, and always the same.
"""

import json
import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import requests

from devstack.ports import Ports
from devstack.stack import Stack

HERE = Path(__file__).parent
ROOT = HERE.parents[1]
SAMPLES = ROOT / "samples" / "uploads"
WITH_MISTAKES = "earthquakes/2018-02-06-with-mistakes.csv"
UPLOADS = ("weather/new-york-2012.csv", WITH_MISTAKES, "bird-strikes/2001.csv")
BROKEN = "weather/broken.csv"
ONE_OF_EACH = {"report": "weather_by_month", "period": "2012-01", "name": "weather", "path": "docs.css"}
EXAMPLES = os.environ.get("FUZZ_API_EXAMPLES")
EFFORT = ("--max-examples", EXAMPLES) if EXAMPLES else ("--max-examples", "12", "--generation-deterministic")
PATIENCE = 60  # seconds

type Run = Callable[..., None]


@pytest.fixture(scope="module")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    """A stack of its own, as files are deleted: some samples, and all of their reports."""
    state = tmp_path_factory.mktemp("api")
    every_second = {"REFRESH_SCHEDULE": "* * * * * *"}
    with Stack(ROOT, state, Ports.free(), keys=state / "keys.json", env=every_second) as running:
        running.start()
        uploads = running.blob_service().get_container_client("uploads")
        for name in UPLOADS:
            uploads.upload_blob(name, (SAMPLES / name).read_bytes())
        uploads.upload_blob(BROKEN, b"no,such,columns\n1,2,3\n")
        deadline = time.monotonic() + PATIENCE
        while not _settled(records(running)):
            assert time.monotonic() < deadline, "the samples are not there yet"
            time.sleep(0.2)
        yield running


def records(stack: Stack) -> list[dict[str, Any]]:
    answer = requests.get(f"{stack.host_url}/api/files", headers={"x-functions-key": stack.key() or ""}, timeout=30)
    return list(answer.json()["value"])


def _settled(found: list[dict[str, Any]]) -> bool:
    final = [record for record in found if record["status"] in ("processed", "rejected") and not record["stale"]]
    return len(final) == len(UPLOADS) + 1


@pytest.fixture(scope="module")
def ids(stack: Stack) -> dict[str, str]:
    """The ids of the files by their names."""
    return {record["name"]: record["id"] for record in records(stack)}


@pytest.fixture
def run(stack: Stack, tmp_path: Path) -> Run:
    """Run schemathesis with some more of its configuration."""

    def run(more: str, *options: str) -> None:
        configuration = tmp_path / "schemathesis.toml"
        configuration.write_text("\n".join([(HERE / "schemathesis.toml").read_text(), more]))
        program = "from schemathesis.cli import schemathesis; schemathesis()"
        command = [sys.executable, "-c", program, "--no-color", "--config-file", str(configuration), "run", *options]
        api = f"{stack.host_url}/api"
        environment = os.environ | {"API_URL": api, "API_KEY": stack.key() or ""}
        done = subprocess.run(
            [*command, *EFFORT, f"{api}/openapi.json"],
            env=environment,
            cwd=tmp_path,
            capture_output=True,
            text=True,
            check=False,
        )
        print(done.stdout)
        assert done.returncode == 0, done.stdout + done.stderr

    return run


def test_every_kind_of_argument_is_answered_as_declared(run: Run, ids: dict[str, str]) -> None:
    """Each bound and each mistake, asked of things that are there."""
    things = ONE_OF_EACH | {"id": ids[WITH_MISTAKES]}
    parameters = "\n".join(f'"path.{name}" = "{value}"' for name, value in things.items())
    run(f"[parameters]\n{parameters}\n", "--phases", "coverage", "--exclude-operation-id", "delete_file")


def test_whatever_is_asked_is_answered_as_declared(run: Run, ids: dict[str, str]) -> None:
    run(_words(ids), "--phases", "examples,fuzzing", "--exclude-operation-id", "delete_file")


def test_what_follows_from_one_another_is_answered_as_declared(run: Run, ids: dict[str, str]) -> None:
    """Requests with what others have answered; files are deleted on the way."""
    run(_words(ids), "--phases", "stateful")


def test_deleting_is_answered_as_declared(run: Run, ids: dict[str, str]) -> None:
    run(_words(ids), "--phases", "coverage,fuzzing", "--include-operation-id", "delete_file")


def _words(ids: dict[str, str]) -> str:
    return f"{(HERE / 'words.toml').read_text()}\n[dictionaries.files]\nvalues = {json.dumps(list(ids.values()))}\n"


def test_afterwards_the_app_is_ready_and_has_logged_no_mistake_of_its_own(stack: Stack) -> None:
    assert requests.get(f"{stack.host_url}/api/ready", timeout=30).status_code == 200
    log = stack.host_log.read_text(errors="replace")
    assert "Traceback" not in log, log[log.index("Traceback") :][:5000]
