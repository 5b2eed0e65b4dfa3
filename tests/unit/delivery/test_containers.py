"""compose.yaml and the Dockerfile: the published app with the settings of the local stack, and no more in the image.

There is no Docker where this runs: what is held here is their text.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from fnmatch import fnmatch
from pathlib import Path
from typing import Any

import pytest

from devstack.ports import Ports
from devstack.publish import core_tools
from shared.settings import Settings

IMAGE_SETS = {"FUNCTIONS_WORKER_RUNTIME"}
HOSTS_OWN = {"WEBSITE_HOSTNAME", "AzureWebJobsSecretStorageType", "AzureFunctionsWebHost__hostid"}
TOOLS = "devstack"


@pytest.fixture(scope="session")
def compose(read_yaml: Callable[[str], dict[str, Any]]) -> dict[str, Any]:
    return read_yaml("compose.yaml")


@pytest.fixture(scope="session")
def settings(compose: dict[str, Any]) -> dict[str, str]:
    """Those of the app."""
    return {key: value for key, value in compose["services"]["app"]["environment"].items() if key not in HOSTS_OWN}


@pytest.fixture(scope="session")
def dockerfile(root: Path) -> dict[str, list[str]]:
    """The instructions of each stage."""
    text = re.sub(r"\\\n\s*", " ", (root / "Dockerfile").read_text(encoding="utf-8"))
    stages: dict[str, list[str]] = {}
    for line in filter(None, (line for line in text.splitlines() if not line.startswith("#"))):
        if line.startswith("FROM "):
            stages[line.split()[-1]] = []
        stages[list(stages)[-1]].append(line)
    return stages


def copied(stage: list[str]) -> set[str]:
    return {source for line in stage if line.startswith("COPY ") for source in line.split()[1:-1]}


def is_sent(rules: list[str], path: str) -> bool:
    """Whether the builder gets a file: the last rule that fits it or a folder above it counts."""
    sent = True
    parts = path.split("/")
    above = ["/".join(parts[: length + 1]) for length in range(len(parts))]
    for rule in rules:
        pattern = rule.removeprefix("!").removeprefix("**/")
        names = [name.rsplit("/", 1)[-1] for name in above] if "**/" in rule else above
        if any(fnmatch(name, pattern) and ("/" not in name or "/" in pattern) for name in names):
            sent = rule.startswith("!")
    return sent


def test_the_app_has_the_settings_of_the_local_stack(root: Path, settings: dict[str, str]) -> None:
    example = json.loads((root / "local.settings.json.example").read_text(encoding="utf-8"))["Values"]
    assert settings == {name: value for name, value in example.items() if name not in IMAGE_SETS}


def test_the_app_takes_these_settings(settings: dict[str, str]) -> None:
    assert Settings.from_environment(settings).cosmos.database == "pipeline"


def test_the_containers_and_queues_are_made_where_the_app_looks_for_them(
    compose: dict[str, Any], settings: dict[str, str]
) -> None:
    assert compose["services"]["resources"]["environment"] == settings


def test_addresses_are_the_same_inside_and_outside(compose: dict[str, Any]) -> None:
    services = compose["services"]
    shared = {name for name, service in services.items() if service.get("network_mode") == "service:azurite"}
    assert shared == set(services) - {"azurite"}
    ports = Ports()
    expected = {ports.blob, ports.queue, ports.table, ports.cosmos, ports.host}
    assert set(services["azurite"]["ports"]) == {f"127.0.0.1:{port}:{port}" for port in expected}


def test_the_hosts_port_is_the_one_that_is_published(dockerfile: dict[str, list[str]]) -> None:
    text = "\n".join(dockerfile["app"])
    assert f"ASPNETCORE_URLS=http://+:{Ports().host} " in text
    assert f"EXPOSE {Ports().host}" in text


def test_everything_is_there_before_the_app_starts(compose: dict[str, Any]) -> None:
    waits = {
        name: {other: how["condition"] for other, how in service.get("depends_on", {}).items()}
        for name, service in compose["services"].items()
    }
    assert waits == {
        "azurite": {},
        "cosmos": {"azurite": "service_healthy"},
        "resources": {"azurite": "service_healthy", "cosmos": "service_started"},
        "app": {"resources": "service_completed_successfully"},
        "smoke": {"app": "service_healthy"},
    }


def test_what_is_waited_for_can_become_healthy(compose: dict[str, Any]) -> None:
    services = compose["services"]
    waited_for = {
        other
        for service in services.values()
        for other, how in service.get("depends_on", {}).items()
        if how["condition"] == "service_healthy"
    }
    assert [name for name in waited_for if "healthcheck" not in services[name]] == []


def test_the_smoke_test_has_the_apps_key(compose: dict[str, Any]) -> None:
    default = re.compile(r"\$\{FUNCTION_KEY:-(\w+)\}")
    keys = json.loads(default.sub(r"\1", compose["configs"]["keys"]["content"]))
    key = default.sub(r"\1", compose["services"]["smoke"]["environment"]["FUNCTION_KEY"])
    assert {entry["name"]: entry["value"] for entry in keys["functionKeys"]} == {"default": key}
    assert [entry["name"] for entry in keys["systemKeys"]] == ["blobs_extension"]
    assert compose["services"]["app"]["environment"]["AzureWebJobsSecretStorageType"] == "files"


def test_the_tools_run_commands_of_devstack(
    root: Path, compose: dict[str, Any], mistakes: Callable[[str], list[str]], dockerfile: dict[str, list[str]]
) -> None:
    assert dockerfile["tools"][-1] == 'ENTRYPOINT ["python", "-m", "devstack"]'
    tools = [one["command"] for one in compose["services"].values() if one.get("build", {}).get("target") == "tools"]
    assert tools == ["provision", "smoke --replace"]
    assert mistakes("\n".join(f"python -m devstack {command}" for command in tools)) == []


def test_azurite_is_the_version_of_the_local_stack(root: Path, compose: dict[str, Any]) -> None:
    version = json.loads((root / "package.json").read_text(encoding="utf-8"))["dependencies"]["azurite"]
    assert compose["services"]["azurite"]["image"] == f"mcr.microsoft.com/azure-storage/azurite:{version}"


def test_the_image_has_the_python_of_the_app(root: Path, dockerfile: dict[str, list[str]]) -> None:
    version = (root / ".python-version").read_text(encoding="utf-8").strip()
    assert dockerfile["app"][0] == f"FROM mcr.microsoft.com/azure-functions/python:4-python{version} AS app"


def test_the_image_has_what_is_published(root: Path, dockerfile: dict[str, list[str]]) -> None:
    published = {name.split("/")[0] for name in core_tools.published(root)}
    assert copied(dockerfile["app"]) == published
    assert copied(dockerfile["tools"]) == {TOOLS}


def test_the_app_runs_without_rights(dockerfile: dict[str, list[str]]) -> None:
    assert dockerfile["app"][-1] == "USER app"
    assert not [line for line in dockerfile["tools"] if line.startswith("USER")]


def test_what_is_copied_is_what_the_builder_gets(root: Path, dockerfile: dict[str, list[str]]) -> None:
    rules = [line for line in (root / ".dockerignore").read_text().splitlines() if line and not line.startswith("#")]
    wanted = copied(dockerfile["app"]) | copied(dockerfile["tools"])
    assert {path.name for path in root.iterdir() if is_sent(rules, path.name)} == wanted
    assert [rule for rule in rules if rule.startswith("!")] == sorted(f"!{name}" for name in wanted)


@pytest.mark.parametrize(
    ("path", "sent"),
    [
        ("shared/app.py", True),
        ("shared/stores/blobs.py", True),
        ("shared/stores/__pycache__/blobs.cpython-313.pyc", False),
        ("blueprints/docs.py", True),
        ("docs/web", False),
        ("local.settings.json", False),
        (".git/config", False),
        (".devstack/keys.json", False),
    ],
)
def test_the_builder_gets_no_more(root: Path, path: str, sent: bool) -> None:
    rules = [line for line in (root / ".dockerignore").read_text().splitlines() if line and not line.startswith("#")]
    assert is_sent(rules, path) == sent
