"""Reads commands wherever they stand (workflows, hooks, documents) and finds what they name that is not there."""

from __future__ import annotations

import argparse
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from devstack import __main__ as devstack_main
from devstack import provision, smoke

ROOT = Path(__file__).parents[3]
PROFILES = ("dev", "prod")
OWN_FOLDERS = r"(?:infra|docs|devstack|samples|\.github|\.ci|tests)"
PARSERS: dict[str, Callable[[], argparse.ArgumentParser]] = {"smoke": smoke._parser, "provision": provision._parser}

type Mistakes = Callable[[str], list[str]]


@pytest.fixture(scope="session")
def root() -> Path:
    return ROOT


@pytest.fixture(scope="session")
def mistakes() -> Mistakes:
    """What a text names and is not there."""
    return lambda text: sorted({*_in_commands(_joined(text)), *_files(text)})


@pytest.fixture(scope="session")
def read_yaml() -> Callable[[str], dict[str, Any]]:
    return lambda name: yaml.safe_load((ROOT / name).read_text(encoding="utf-8"))


def _joined(text: str) -> list[str]:
    """One command a line: sh and PowerShell continue lines each in its own way."""
    return re.sub(r"[\\`]\n\s*", " ", text).splitlines()


def _in_commands(lines: list[str]) -> Iterator[str]:
    commands, targets = _devstack_commands(), _make_targets()
    for line in lines:
        yield from _of_deployment(line)
        for name in re.findall(r"(?:properties\.outputs\.|\$\(output )(\w+)", line):
            if f"output {name} " not in _text("infra/resources.bicep"):
                yield f"resources.bicep has no output {name}"
        for name, rest in re.findall(r"-m devstack (\w+)([^;&|#)]*)", line):
            if name not in commands:
                yield f"devstack has no command {name}"
            yield from _of_options(name, rest)
        for target in re.findall(r"\bmake ([a-z][a-z-]+)", line):
            if target not in targets:
                yield f"the Makefile has no target {target}"


def _of_deployment(line: str) -> Iterator[str]:
    command = re.search(r"az deployment (?:sub|group) (?:create|what-if) (.*)", line)
    if not command:
        return
    template = re.search(r"--template-file (\S+)", command[1])
    if not template or not (ROOT / template[1]).is_file():
        yield f"no template in: {line.strip()}"
        return
    source = _text(template[1])
    given = command[1].split("--parameters", 1)[1] if "--parameters" in command[1] else ""
    for name in re.findall(r"(?<![\w$.-])(\w+)=", given):
        if f"\nparam {name} " not in source:
            yield f"{template[1]} has no parameter {name}"
    for file in re.findall(r"infra/[^\s\"]+\.json", given):
        for profile in PROFILES if "$" in file else ("",):
            path = re.sub(r"\$\{?\w+\}?", profile, file)
            if not (ROOT / path).is_file():
                yield f"there is no file {path}"
    scope = "subscription" if "deployment sub" in line else "resourceGroup"
    if f"targetScope = '{scope}'" not in source:
        yield f"{template[1]} is not for a {scope}"


def _of_options(command: str, rest: str) -> Iterator[str]:
    if command in PARSERS:
        known = PARSERS[command]()._option_string_actions
        for option in re.findall(r"(?<!\S)(--[a-z-]+)", rest):
            if option not in known:
                yield f"devstack {command} has no option {option}"


def _files(text: str) -> Iterator[str]:
    for path in re.findall(rf"(?<![\w./-]){OWN_FOLDERS}/[\w./*-]*[\w*]", text):
        if not any(ROOT.glob(path)):
            yield f"there is no file {path}"


def _devstack_commands() -> set[str]:
    (commands,) = (a for a in devstack_main._parser()._actions if isinstance(a, argparse._SubParsersAction))
    return set(commands.choices)


def _make_targets() -> set[str]:
    return set(re.findall(r"^([a-z][a-z-]+):", _text("Makefile"), re.MULTILINE))


def _text(name: str) -> str:
    return (ROOT / name).read_text(encoding="utf-8")
