"""Settings, functions, routes and schedules have the same names in Bicep, the app and the documents."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from collections.abc import Iterator, Mapping
from functools import cache
from typing import Any

import pytest

from shared.api.contract import OPERATIONS
from shared.settings import Settings, SettingsError
from tests.unit.infra.policies.hosting import settings
from tests.unit.infra.project import INFRA, PROFILES, ROOT, files, profile, sources
from tests.unit.infra.tree import Literal

# What the two have apart, and why.
AZURE_ONLY = {
    "AZURE_CLIENT_ID": "which identity the SDKs take",
    "APPLICATIONINSIGHTS_CONNECTION_STRING": "telemetry is off on a machine of one's own until it is set",
    "APPLICATIONINSIGHTS_AUTHENTICATION_STRING": "as whom telemetry is sent",
    "PYTHON_ENABLE_OPENTELEMETRY": "goes with telemetry",
    "OTEL_TRACES_SAMPLER": "goes with telemetry",
    "OTEL_TRACES_SAMPLER_ARG": "goes with telemetry",
}
LOCAL_ONLY = {
    "COSMOS_KEY": "on Azure there is Entra ID instead",
    "FUNCTIONS_WORKER_RUNTIME": "on Azure functionAppConfig names the runtime",
}
# The app does not read them itself.
OF_THE_HOST = {
    "AzureWebJobsStorage",
    "FUNCTIONS_WORKER_RUNTIME",
    "PYTHON_THREADPOOL_THREAD_COUNT",
    "REFRESH_SCHEDULE",
    "RECONCILE_SCHEDULE",
    "PYTHON_ENABLE_OPENTELEMETRY",
}
OF_THE_SDKS = {
    "APPLICATIONINSIGHTS_AUTHENTICATION_STRING",
    "OTEL_TRACES_SAMPLER",
    "OTEL_TRACES_SAMPLER_ARG",
}
# The app reads them, and neither the local stack nor Azure sets them: for a receiver of one's own.
OF_WHOEVER_WANTS = {"OTEL_EXPORTER_OTLP_ENDPOINT", "OTEL_EXPORTER_OTLP_PROTOCOL"}

INDEX = """
import json
import function_app
functions = function_app.app.get_functions()
print(json.dumps({each.get_function_name(): json.loads(each.get_function_json())["bindings"] for each in functions}))
"""


class Noted(dict[str, str]):
    """An environment that notes what is asked for."""

    def __init__(self, values: Mapping[str, str]) -> None:
        super().__init__(values)
        self.asked: set[str] = set()

    def get(self, key: str, default: Any = None) -> Any:
        self.asked.add(key)
        return super().get(key, default)


@cache
def example() -> dict[str, str]:
    return dict(json.loads((ROOT / "local.settings.json.example").read_text(encoding="utf-8"))["Values"])


@cache
def read_by_the_app() -> set[str]:
    """Connections without what is in them: `Storage` for `Storage__clientId`."""
    environment = Noted(example() | {"OTEL_EXPORTER_OTLP_ENDPOINT": "http://127.0.0.1:4318"})
    Settings.from_environment(environment)
    return connections(environment.asked)


def connections(names: set[str]) -> set[str]:
    return {name.partition("__")[0] for name in names}


def on_azure() -> set[str]:
    return connections(set(settings(profile("least", sources()))))


@cache
def functions() -> dict[str, list[dict[str, Any]]]:
    """The app's functions and their bindings, as the host on Azure would have them."""
    environment = {**example(), "BLOB_TRIGGER_SOURCE": "EventGrid", "PYTHONPATH": str(ROOT)}
    run = subprocess.run([sys.executable, "-c", INDEX], cwd=ROOT, env=environment, capture_output=True, check=True)
    return dict(json.loads(run.stdout))


# --- settings


def test_azure_has_the_settings_that_a_machine_of_ones_own_has() -> None:
    assert on_azure() - AZURE_ONLY.keys() == example().keys() - LOCAL_ONLY.keys()


def test_exceptions_are_no_wider_than_needed() -> None:
    assert on_azure() >= AZURE_ONLY.keys()
    assert example().keys() >= LOCAL_ONLY.keys()
    assert not AZURE_ONLY.keys() & example().keys()
    assert not LOCAL_ONLY.keys() & on_azure()


def test_the_app_reads_what_is_set_for_it_and_nothing_else() -> None:
    assert read_by_the_app() == (on_azure() | example().keys() | OF_WHOEVER_WANTS) - OF_THE_HOST - OF_THE_SDKS


def in_the_document() -> list[str]:
    """The settings of docs/settings.md, as often as its table has them."""
    cells = re.findall(r"^\|(.*?)\|", (ROOT / "docs/settings.md").read_text(encoding="utf-8"), re.MULTILINE)
    return [name for cell in cells for name in re.findall(r"`(\w+)`", cell)]


def test_the_documents_tell_of_every_setting() -> None:
    told = connections(set(in_the_document()))
    assert told == (on_azure() | example().keys() | OF_WHOEVER_WANTS) - {"FUNCTIONS_WORKER_RUNTIME"}


def test_the_documents_tell_of_a_setting_once() -> None:
    assert sorted(in_the_document()) == sorted(set(in_the_document()))


def test_every_setting_that_a_trigger_names_is_there() -> None:
    bindings = [binding for all_of_one in functions().values() for binding in all_of_one]
    named = {str(binding["connection"]) for binding in bindings if "connection" in binding}
    named |= {name for binding in bindings for name in re.findall(r"%(\w+)%", json.dumps(binding))}
    assert named
    assert named <= on_azure()


@pytest.mark.parametrize("name", PROFILES)
def test_the_app_takes_the_settings_of_azure(name: str) -> None:
    given = {key: str(value) for key, value in settings(profile(name, sources())).items()}
    assert Settings.from_environment(given).blob_trigger_source == "EventGrid"


def test_settings_that_the_app_does_not_take_are_noticed() -> None:
    given = {key: str(value) for key, value in settings(profile("least", sources())).items()}
    with pytest.raises(SettingsError):
        Settings.from_environment(given | {"MAX_FILE_BYTES": "ten"})


def test_the_limit_on_files_is_the_one_that_was_tested_here() -> None:
    assert settings(profile("least", sources()))["MAX_FILE_BYTES"] == example()["MAX_FILE_BYTES"]


# --- functions, routes and schedules


def test_event_grid_calls_the_function_with_the_blob_trigger() -> None:
    (ingest,) = [name for name, bindings in functions().items() if bindings[0]["type"] == "blobTrigger"]
    parameter = files()["eventgrid.bicep"].named("functionName")
    assert parameter
    assert isinstance(parameter.value, Literal)
    assert parameter.value.value == ingest


def test_event_grid_announces_the_container_of_the_blob_trigger() -> None:
    (path,) = [binding["path"] for all_ in functions().values() for binding in all_ if binding["type"] == "blobTrigger"]
    (subscription,) = profile("least", sources()).events.made("Microsoft.EventGrid/systemTopics/eventSubscriptions")
    assert subscription["properties.filter.subjectBeginsWith"].split("/")[4] == path.split("/")[0]


def test_the_host_knows_no_other_queue_than_those_that_are_made() -> None:
    named = {
        binding["queueName"] for bindings in functions().values() for binding in bindings if "queueName" in binding
    }
    made = profile("least", sources()).main.made("Microsoft.Storage/storageAccounts/queueServices/queues")
    assert named == {queue["name"] for queue in made}


def test_the_alert_for_a_missing_refresh_waits_for_three_of_them() -> None:
    least = profile("least", sources())
    (rule,) = [
        each for each in least.main.made("Microsoft.Insights/scheduledQueryRules") if "refresh-missing" in each["name"]
    ]
    every = re.fullmatch(r"0 \*/(\d+) \* \* \* \*", settings(least)["REFRESH_SCHEDULE"])
    window = re.fullmatch(r"PT(\d+)M", rule["properties.windowSize"])
    assert every
    assert window
    assert int(window[1]) >= 3 * int(every[1])


def unknown_routes(text: str) -> list[str]:
    known = [re.sub(r"\{[^}]*\}", "[^/]+", operation.route) for operation in OPERATIONS]
    named = re.findall(r"/api/([\w/{}$.-]+)", text)
    return [route for route in named if not any(re.fullmatch(each, route.rstrip("/.")) for each in known)]


def watching_and_deploying() -> Iterator[str]:
    yield from (path.read_text(encoding="utf-8") for path in sorted(INFRA.rglob("*")) if path.is_file())
    yield (ROOT / "azure.yaml").read_text(encoding="utf-8")
    yield from (path.read_text(encoding="utf-8") for path in (ROOT / ".github").rglob("*.yml"))


def test_every_route_that_is_named_exists() -> None:
    assert [route for text in watching_and_deploying() for route in unknown_routes(text)] == []


def test_a_route_that_is_none_is_noticed() -> None:
    assert unknown_routes("curl $URL/api/reports/x/2026 $URL/api/report") == ["report"]


# --- queries, whose names are looked at by tests/unit/telemetry/test_operations.py


def test_every_query_is_used() -> None:
    alerts = sources()["modules/alerts.bicep"]
    assert [path.name for path in (INFRA / "alerts").glob("*") if f"'../alerts/{path.name}'" not in alerts] == []
