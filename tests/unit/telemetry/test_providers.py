"""Receivers by settings alone. Each case is a process of its own, as a process has one telemetry for good."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parents[3]
NOWHERE = "http://127.0.0.1:9"  # nothing listens on this port
INSIGHTS = {
    "APPLICATIONINSIGHTS_CONNECTION_STRING": "InstrumentationKey=00000000-0000-0000-0000-0000000000aa;"
    f"IngestionEndpoint={NOWHERE}/",
}
OTLP = {"OTEL_EXPORTER_OTLP_ENDPOINT": NOWHERE}
ASKED = {
    # A cold start: many invocations begin before anything is configured.
    "begin": """
import json, logging, sys, threading
from collections import Counter
from shared.telemetry import tracing

def begin():
    barrier.wait()
    with tracing.invocation("ingest", None, "datasource"):
        pass

barrier = threading.Barrier(16)
threads = [threading.Thread(target=begin) for _ in range(16)]
for thread in threads:
    thread.start()
for thread in threads:
    thread.join()
from opentelemetry import trace
provider = trace.get_tracer_provider()
""",
    "exporting threads": "Counter(t.name for t in threading.enumerate() if t.name.startswith('Otel'))",
    "sampler": "provider.sampler.get_description()",
    "service": "provider.resource.attributes['service.name']",
    "loggers": "[name for name in ('', 'shared', 'azure') if logging.getLogger(name).handlers]",
    "instrumented": "[name for name in sys.modules if name.startswith('opentelemetry.instrumentation.')"
    " and not name.startswith('opentelemetry.instrumentation.logging')"
    " and name.rpartition('.')[2] in ('requests', 'urllib', 'urllib3', 'flask', 'django')]",
    "is on": "tracing.providers.current() is not None",
}


def ask(what: str, settings: dict[str, str]) -> tuple[Any, str]:
    """What a process with these settings finds, and what it has said on its standard error."""
    ours = ("OTEL_", "APPLICATIONINSIGHTS_", "WEBSITE_", "FUNCTIONS_")
    inherited = {name: value for name, value in os.environ.items() if not name.startswith(ours)}
    environment = inherited | {"Storage": "x", "COSMOS_ENDPOINT": "https://account"} | settings
    code = f"{ASKED['begin']}\nprint(json.dumps({ASKED[what]}), flush=True)\nimport os; os._exit(0)"
    command = [sys.executable, "-c", code]
    done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=True)
    return json.loads(done.stdout), done.stderr


@pytest.mark.parametrize(
    ("settings", "receivers"), [(OTLP, 1), (INSIGHTS, 1), (OTLP | INSIGHTS, 2)], ids=["otlp", "insights", "both"]
)
def test_each_receiver_has_one_exporter_of_a_kind_however_many_invocations_begin_at_once(
    settings: dict[str, str], receivers: int
) -> None:
    threads, _ = ask("exporting threads", settings)
    kinds = ("OtelBatchSpanRecordProcessor", "OtelBatchLogRecordProcessor", "OtelPeriodicExportingMetricReader")
    assert threads == dict.fromkeys(kinds, receivers)


@pytest.mark.parametrize("settings", [OTLP, INSIGHTS], ids=["otlp", "insights"])
def test_the_host_decides_which_traces_are_kept(settings: dict[str, str]) -> None:
    sampler, _ = ask("sampler", settings)
    assert sampler.startswith("ParentBased{root:AlwaysOnSampler")


def test_a_setting_says_which_share_of_the_traces_is_kept() -> None:
    share = {"OTEL_TRACES_SAMPLER": "microsoft.fixed_percentage", "OTEL_TRACES_SAMPLER_ARG": "0.25"}
    assert ask("sampler", INSIGHTS | share)[0] == "ApplicationInsightsSampler0.25"


@pytest.mark.parametrize(
    ("settings", "name"),
    [
        ({}, "pipeline"),
        ({"WEBSITE_SITE_NAME": "function-app"}, "function-app"),
        ({"WEBSITE_SITE_NAME": "function-app", "FUNCTIONS_WORKER_RUNTIME": "python"}, "function-app"),
        ({"WEBSITE_SITE_NAME": "function-app", "OTEL_SERVICE_NAME": "mine"}, "mine"),
        ({"OTEL_RESOURCE_ATTRIBUTES": "service.name=mine"}, "mine"),
    ],
)
def test_the_sender_is_named(settings: dict[str, str], name: str) -> None:
    assert ask("service", INSIGHTS | settings)[0] == name


def test_only_what_the_app_itself_logs_is_sent() -> None:
    assert ask("loggers", INSIGHTS)[0] == ["shared"]


def test_no_library_is_instrumented() -> None:
    assert ask("instrumented", INSIGHTS)[0] == []


@pytest.mark.parametrize("mistake", ["nonsense", "InstrumentationKey=nonsense"])
def test_a_connection_string_with_a_mistake_is_one_line_and_no_telemetry(mistake: str) -> None:
    is_on, said = ask("is on", INSIGHTS | {"APPLICATIONINSIGHTS_CONNECTION_STRING": mistake})
    assert is_on is False
    assert len(said.splitlines()) == 1
    assert said.startswith("Telemetry stays off: ")
