"""azure.yaml: what azd publishes, and the hooks that finish the work, alike on Windows and elsewhere."""

from __future__ import annotations

import re
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

HOOKS = ("preprovision", "postdeploy")
SHELLS = {"posix": "sh", "windows": "pwsh"}
AZDS_OWN = {"AZURE_SUBSCRIPTION_ID"}
THE_USERS = {"SMOKE_ARGUMENTS"}  # docs/deploy.md
SET_THERE = {"FUNCTION_KEY", "AZURE_CORE_ONLY_SHOW_ERRORS", "LASTEXITCODE"}


@pytest.fixture(scope="session")
def project(read_yaml: Callable[[str], dict[str, Any]]) -> dict[str, Any]:
    return read_yaml("azure.yaml")


def script(project: dict[str, Any], hook: str, system: str) -> str:
    return str(project["hooks"][hook][system]["run"])


def variables(text: str) -> set[str]:
    return set(re.findall(r"\$(?:env:|\{)?([A-Z][A-Z_]+)", text))


def calls(text: str) -> list[str]:
    """The programs with what they are asked to do, in order."""
    joined = re.sub(r"[\\`]\n\s*", " ", text)
    found = re.findall(r"\baz (?:[a-z]+ )+|--[a-z-]+(?= )|-m devstack \w+", joined)
    return [call.strip() for call in found]


def test_it_publishes_to_the_site_that_is_tagged_for_it(root: Path, project: dict[str, Any]) -> None:
    (service,) = project["services"]
    assert f"'azd-service-name': '{service}'" in (root / "infra/modules/functions.bicep").read_text(encoding="utf-8")


def test_azure_installs_the_requirements(project: dict[str, Any]) -> None:
    assert project["services"]["app"]["remoteBuild"] is True


def test_the_hooks_are_these(project: dict[str, Any]) -> None:
    assert tuple(project["hooks"]) == HOOKS


@pytest.mark.parametrize("hook", HOOKS)
@pytest.mark.parametrize(("system", "shell"), SHELLS.items())
def test_every_system_has_its_shell(project: dict[str, Any], hook: str, system: str, shell: str) -> None:
    assert project["hooks"][hook][system]["shell"] == shell


@pytest.mark.parametrize("hook", HOOKS)
def test_both_systems_call_the_same(project: dict[str, Any], hook: str) -> None:
    assert calls(script(project, hook, "posix")) == calls(script(project, hook, "windows"))


@pytest.mark.parametrize("hook", HOOKS)
@pytest.mark.parametrize("system", SHELLS)
def test_hooks_know_only_what_azd_tells_them(root: Path, project: dict[str, Any], hook: str, system: str) -> None:
    outputs = set(re.findall(r"^output (\w+)", (root / "infra/main.bicep").read_text(encoding="utf-8"), re.MULTILINE))
    assert variables(script(project, hook, system)) - outputs - AZDS_OWN - THE_USERS - SET_THERE == set()


@pytest.mark.parametrize("hook", HOOKS)
def test_the_scripts_are_sh(project: dict[str, Any], hook: str) -> None:
    subprocess.run(["sh", "-n"], input=script(project, hook, "posix"), text=True, check=True)


@pytest.mark.parametrize("hook", HOOKS)
def test_the_scripts_stop_at_the_first_failure(project: dict[str, Any], hook: str) -> None:
    assert script(project, hook, "posix").startswith("set -eu\n")
    native = re.findall(r"^ *(?:\$\S+ = )?(?:az|py) ", script(project, hook, "windows"), re.MULTILINE)
    checks = re.findall(r"\$LASTEXITCODE", script(project, hook, "windows"))
    assert len(checks) == len(native)


def test_event_grid_is_told_before_the_app_is_tested(project: dict[str, Any]) -> None:
    for system in SHELLS:
        text = script(project, "postdeploy", system)
        assert text.index("infra/eventgrid.bicep") < text.index("devstack smoke")


def test_the_key_is_on_no_command_line(project: dict[str, Any]) -> None:
    assert [system for system in SHELLS if re.search(r"--key\b(?!-)", script(project, "postdeploy", system))] == []


@pytest.mark.parametrize("attempts", [0, 2, 5])
def test_event_grid_is_given_time(project: dict[str, Any], tmp_path: Path, root: Path, attempts: int) -> None:
    """The hook with an `az` that fails so often, a `sleep` that takes no time, and a Python that tells of its call."""
    programs = {
        "az": f'case "$*" in *eventgrid*) echo tried >> {tmp_path}/log; [ $(wc -l < {tmp_path}/log) -gt {attempts} ];; '
        "*) echo the-key;; esac",
        "sleep": ":",
        "bash": f"echo {tmp_path}/python",
        "python": 'echo "$FUNCTION_KEY $*"',
    }
    for name, body in programs.items():
        (tmp_path / name).write_text(f"#!/bin/sh\n{body}\n")
        (tmp_path / name).chmod(0o755)
    outputs = dict.fromkeys(variables(script(project, "postdeploy", "posix")) - SET_THERE - THE_USERS, "x")
    done = subprocess.run(
        ["sh", "-c", script(project, "postdeploy", "posix")],
        cwd=root,
        env={"PATH": f"{tmp_path}:/usr/bin:/bin", "SMOKE_ARGUMENTS": "--replace", **outputs},
        capture_output=True,
        text=True,
        check=False,
    )
    passed = attempts < 5
    assert (done.returncode == 0) == passed
    assert done.stdout == ("the-key -m devstack smoke --url x --replace\n" if passed else "")
