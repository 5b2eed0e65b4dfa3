"""The host's side: what it and the app agree on, and that a host without receivers pays for no telemetry."""

import ast
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.telemetry.app import Serve

HERE = Path(__file__).parent
ROOT = HERE.parents[1]
HEAVY = ("opentelemetry.sdk", "opentelemetry.exporter", "opentelemetry.instrumentation", "azure.monitor")
INDEX = """
import asyncio, json, logging, sys
from devstack.host import protos, worker
kept = {}
initialize = worker.runtime.worker_init_request
async def noting(request):
    kept["answer"] = await initialize(request)
    return kept["answer"]
worker.runtime.worker_init_request = noting
asyncio.run(worker.start(worker.Path.cwd()))
loaded = [name for name in sys.modules if name.startswith(("opentelemetry.sdk", "azure.monitor"))]
print(json.dumps([kept["answer"].capabilities.get("WorkerOpenTelemetryEnabled"), loaded]))
"""


# Without receivers


@pytest.fixture(scope="module")
def modules(serve: Serve) -> set[str]:
    """The modules of a host that has ingested a file, refreshed its report and answered calls, without any receiver."""
    with serve({"PYTHONPATH": os.pathsep.join([str(HERE / "at_exit"), str(ROOT)])}) as app:
        app.ingest("silent/a.csv", b"item,amount\npear,1\n")
        assert app.ask("GET", "reports").status_code == 200
        assert app.end(within=15) == 0
        return set(ast.literal_eval(app.log().rpartition("MODULES ")[2]))


def test_a_host_without_receivers_imports_nothing_that_sends(modules: set[str]) -> None:
    assert "shared.ingest.service" in modules
    assert sorted(name for name in modules if name.startswith(HEAVY)) == []


# What the host is told


@pytest.mark.parametrize(("setting", "announced"), [("true", "true"), ("false", None)])
def test_the_host_is_told_that_the_app_sends_its_own_telemetry(setting: str, announced: str | None) -> None:
    assert _indexed(setting)[0] == announced


def test_the_runtime_sends_nothing_by_itself() -> None:
    assert _indexed("true")[1] == []


def _indexed(setting: str) -> tuple[str | None, list[str]]:
    """What the runtime announces to the host while it loads the app, and what of telemetry it has imported for that."""
    settings = {
        **json.loads((ROOT / "local.settings.json.example").read_text())["Values"],
        "APPLICATIONINSIGHTS_CONNECTION_STRING": "InstrumentationKey=00000000-0000-0000-0000-0000000000aa",
        "PYTHON_ENABLE_OPENTELEMETRY": setting,
    }
    command = [sys.executable, "-c", INDEX]
    done = subprocess.run(command, cwd=ROOT, env=os.environ | settings, capture_output=True, text=True, check=True)
    announced, loaded = json.loads(done.stdout.splitlines()[-1])
    return announced, loaded
