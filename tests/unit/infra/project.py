"""The files of `infra/`, and what they would deploy for each set of parameters worth a look."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from tests.unit.infra.evaluate import Deployment, deploy
from tests.unit.infra.simple_types import bounds
from tests.unit.infra.syntax import read_bicep
from tests.unit.infra.tree import BicepFile, Literal

ROOT = Path(__file__).parents[3]
INFRA = ROOT / "infra"

type Sources = Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Profile:
    """One way to deploy: the main template, and after publishing the one for Event Grid."""

    name: str
    parameters: Mapping[str, Any]
    main: Deployment
    events: Deployment

    @property
    def private(self) -> bool:
        return bool(self.parameters.get("privateNetworking", False))

    @property
    def deployments(self) -> tuple[Deployment, Deployment]:
        return self.main, self.events


@cache
def sources() -> dict[str, str]:
    """Each Bicep file's text, by its path below `infra/`."""
    paths = sorted(INFRA.rglob("*.bicep"))
    return {path.relative_to(INFRA).as_posix(): path.read_text(encoding="utf-8") for path in paths}


def read(texts: Sources) -> dict[str, BicepFile]:
    """The files, read."""
    return {name: _read_once(name, text) for name, text in texts.items()}


_read_once = cache(read_bicep)


@cache
def files() -> dict[str, BicepFile]:
    """All of `infra/`."""
    return read(sources())


@cache
def parameter_files() -> dict[str, dict[str, Any]]:
    """Each parameter file's values, by its path below `infra/`, with what azd puts in for `${NAME=default}`."""
    found = {}
    for path in sorted(INFRA.rglob("*.parameters.json")):
        text = re.sub(r"\$\{(\w+)(?:=(\w*))?\}", lambda m: m[1] if m[2] is None else m[2], path.read_text("utf-8"))
        values = {name: entry["value"] for name, entry in json.loads(text)["parameters"].items()}
        found[path.relative_to(INFRA).as_posix()] = values
    return found


def extremes(file: BicepFile) -> dict[str, dict[str, Any]]:
    """Two more sets of parameters: as little as possible, and everything there is."""
    least: dict[str, Any] = {}
    most: dict[str, Any] = {}
    for parameter in file.of_kind("param"):
        limits = bounds(parameter)
        if limits.allowed:
            least[parameter.name], most[parameter.name] = limits.allowed[0], limits.allowed[-1]
        elif parameter.type == "int":
            least[parameter.name], most[parameter.name] = limits.least, limits.most
        elif parameter.type == "bool":
            least[parameter.name], most[parameter.name] = False, True
        elif parameter.type.startswith(("array", "string[]")):
            most[parameter.name] = ["203.0.113.4"]
        elif parameter.value is None or (isinstance(parameter.value, Literal) and parameter.value.value == ""):
            most[parameter.name] = parameter.name[: limits.most]
    return {"least": least, "most": most}


PROFILES = [*parameter_files(), "least", "most"]


def profile(name: str, texts: Sources) -> Profile:
    """One profile of these sources."""
    return _profile(name, tuple(texts.items()))


@cache
def _profile(name: str, texts: tuple[tuple[str, str], ...]) -> Profile:
    all_files = read(dict(texts))
    given = (parameter_files() | extremes(all_files["main.bicep"]))[name]
    parameters = {"environmentName": "test", "location": "westeurope"} | given
    main = deploy(all_files, "main.bicep", parameters, INFRA)
    names = {
        "functionAppName": main.outputs["AZURE_FUNCTION_APP"],
        "storageAccountName": main.outputs["AZURE_STORAGE_ACCOUNT"],
    }
    return Profile(name, parameters, main, deploy(all_files, "eventgrid.bicep", names, INFRA))
