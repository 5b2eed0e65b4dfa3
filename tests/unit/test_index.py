"""The app as the host indexes it, in a process of its own: its functions, and what the import costs."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from shared.api.call import ROUTE_PREFIX
from shared.api.contract import OPERATIONS

ROOT = Path(__file__).parents[2]
SETTINGS: dict[str, str] = json.loads((ROOT / "local.settings.json.example").read_text())["Values"]

# Not azure.identity: Microsoft's blob binding imports that itself.
HEAVY = ("polars", "azure.cosmos", "azure.monitor", "opentelemetry.sdk")
# Nor what is the app's own and only some functions use: without bytecode, every module costs about a millisecond.
OWN = (
    "shared.api.openapi",
    "shared.api.questions",
    "shared.api.rejected",
    "shared.reports",
    "shared.ingest.file_record",
    "shared.ingest.rejected_rows",
    "shared.telemetry.instruments",
    "shared.telemetry.receivers",
    "shared.web",
)

INDEX = """
import json, sys
import function_app
functions = {
    function.get_function_name(): json.loads(function.get_function_json())["bindings"]
    for function in function_app.app.get_functions()
}
print(json.dumps({"functions": functions, "modules": sorted(sys.modules)}))
"""

READ_OVER_HTTP = """
import json, sys
import azure.functions as func
from types import SimpleNamespace
import function_app
from blueprints import datasets, files, health, reports
from shared.app import app

context = SimpleNamespace(trace_context=None)
def get(function, **route):
    function(func.HttpRequest("GET", "http://localhost/", params={}, route_params=route, body=b""), context)

get(health.health)
get(health.ready)
get(datasets.list_datasets)
get(files.list_files)
get(reports.list_reports)
get(reports.report_rows, report="weather_by_month")
print(json.dumps({"modules": sorted(sys.modules)}))
"""


def python(code: str, **settings: str) -> subprocess.CompletedProcess[str]:
    """Run code in a fresh process with these settings and none of this process's own."""
    own = {name: value for name, value in os.environ.items() if name in ("PATH", "HOME", "LANG", "SYSTEMROOT")}
    return subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, env=own | settings, capture_output=True, text=True, check=False
    )


def answer(code: str, **settings: str) -> dict[str, Any]:
    done = python(code, **settings)
    assert done.returncode == 0, done.stderr
    found: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return found


@pytest.fixture(scope="module")
def indexed() -> dict[str, Any]:
    return answer(INDEX, **SETTINGS)


@pytest.fixture(scope="module")
def functions(indexed: dict[str, Any]) -> dict[str, dict[str, Any]]:
    """Name → the binding that triggers the function."""
    return {
        name: next(binding for binding in bindings if binding["type"].endswith("Trigger"))
        for name, bindings in indexed["functions"].items()
    }


@pytest.mark.parametrize("package", [*HEAVY, *OWN])
def test_indexing_does_not_import_what_only_the_work_needs(indexed: dict[str, Any], package: str) -> None:
    found = [module for module in indexed["modules"] if module == package or module.startswith(f"{package}.")]
    assert found == []


def test_answering_over_http_does_not_import_polars() -> None:
    """Nothing listens on these ports: every answer is a problem, but all that a good one needs has been imported."""
    settings = {"COSMOS_ENDPOINT": "http://127.0.0.1:9", "Storage": SETTINGS["Storage"].replace(":10000", ":9")}
    modules = answer(READ_OVER_HTTP, **SETTINGS | settings)["modules"]
    assert "shared.stores.cosmos" in modules
    assert "polars" not in modules


ANONYMOUS = {"health", "ready", "openapi", "docs", "dashboard", "asset"}  # none of these has data


def test_the_http_functions_are_the_operations_of_the_contract(functions: dict[str, dict[str, Any]]) -> None:
    found = {
        name: (trigger["route"], trigger["methods"], trigger["authLevel"].lower())
        for name, trigger in functions.items()
        if trigger["type"] == "httpTrigger"
    }
    declared = {o.name: (o.route, [o.method], "anonymous" if o.anonymous else "function") for o in OPERATIONS}
    assert found == declared


def test_every_route_with_data_asks_for_a_key() -> None:
    assert {operation.name for operation in OPERATIONS if operation.anonymous} == ANONYMOUS


def test_uploads_trigger_ingest_by_the_source_that_is_set(functions: dict[str, dict[str, Any]]) -> None:
    trigger = functions["ingest"]
    assert (trigger["type"], trigger["path"], trigger["connection"]) == ("blobTrigger", "uploads/{name}", "Storage")
    assert trigger["source"] == "LogsAndContainerScan"


def test_the_source_of_uploads_follows_the_setting() -> None:
    indexed = answer(INDEX, **SETTINGS | {"BLOB_TRIGGER_SOURCE": "EventGrid"})
    assert indexed["functions"]["ingest"][0]["source"] == "EventGrid"


def test_poisoned_uploads_come_from_the_hosts_own_queue(functions: dict[str, dict[str, Any]]) -> None:
    trigger = functions["poison"]
    assert (trigger["type"], trigger["queueName"], trigger["connection"]) == (
        "queueTrigger",
        "webjobs-blobtrigger-poison",
        "Storage",
    )


def test_files_to_be_reprocessed_go_through_the_queue_that_runs_them(indexed: dict[str, Any]) -> None:
    outputs = [binding for binding in indexed["functions"]["reprocess_file"] if binding["type"] == "queue"]
    triggers = indexed["functions"]["reprocess"]
    places = [(binding["queueName"], binding["connection"]) for binding in (*outputs, *triggers)]
    assert places == [("reprocess", "Storage")] * 2


def test_what_changes_something_does_not_answer_to_get(functions: dict[str, dict[str, Any]]) -> None:
    methods = {name: functions[name]["methods"] for name in ("get_file", "delete_file", "reprocess_file")}
    assert methods == {"get_file": ["GET"], "delete_file": ["DELETE"], "reprocess_file": ["POST"]}


@pytest.mark.parametrize("name", ["refresh", "reconcile"])
def test_timers_run_on_the_schedule_that_is_set(functions: dict[str, dict[str, Any]], name: str) -> None:
    assert (functions[name]["type"], functions[name]["schedule"]) == ("timerTrigger", f"%{name.upper()}_SCHEDULE%")


def test_missing_settings_stop_indexing_with_one_message() -> None:
    done = python(INDEX)
    assert done.returncode != 0
    assert "The app's settings are not complete:\n  Storage is missing" in done.stderr
    assert "\n  COSMOS_ENDPOINT is missing" in done.stderr


def test_a_broken_definition_stops_indexing_with_its_own_message(tmp_path: Path) -> None:
    broken = tmp_path / "broken.toml"
    broken.write_text('[datasets.sales]\nfiles = "sales/**"\ndelimeter = ";"\n')
    done = python(INDEX, **SETTINGS | {"DATASETS_FILE": str(broken)})
    assert done.returncode != 0
    assert f"{broken}: 1 mistake\n[datasets.sales] delimeter" in done.stderr


def test_links_begin_with_the_prefix_that_the_host_gives_to_routes() -> None:
    host = json.loads((ROOT / "host.json").read_text())
    assert f"/{host['extensions']['http']['routePrefix']}" == ROUTE_PREFIX
