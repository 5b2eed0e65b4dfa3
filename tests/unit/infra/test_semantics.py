"""Names, types, bounds, modules and parameter files fit together. The compiler itself cannot be had here."""

from __future__ import annotations

import json
import re
import tomllib
from pathlib import Path

import pytest

from tests.unit.infra.project import INFRA, ROOT, Sources, files, parameter_files, read
from tests.unit.infra.semantics import problems
from tests.unit.infra.simple_types import bounds, breaks, simple
from tests.unit.infra.tree import BicepFile, Declaration, Literal, Member, Name, Object, entry

FIXTURES = Path(__file__).with_name("fixtures")
MISTAKES = {each["name"]: each for each in tomllib.loads((FIXTURES / "mistakes.toml").read_text("utf-8"))["mistake"]}


def project(file: str = "", old: str = "", new: str = "") -> Sources:
    """Two files without mistakes, or with one."""
    texts = {path.name: path.read_text(encoding="utf-8") for path in FIXTURES.glob("*.bicep")}
    if file:
        assert old in texts[file]
        texts[file] = texts[file].replace(old, new, 1)
    return texts


def test_names_types_bounds_and_modules_fit_together() -> None:
    assert problems(files()) == []


def test_a_project_without_mistakes_has_no_problems() -> None:
    assert problems(read(project())) == []


@pytest.mark.parametrize("name", MISTAKES)
def test_the_mistake_is_found(name: str) -> None:
    mistake = MISTAKES[name]
    found = problems(read(project(mistake["file"], mistake["old"], mistake["new"])))
    assert mistake["says"] in [re.sub(r":\d+:", ":", problem) for problem in found]


def test_a_problem_says_in_which_line_it_is() -> None:
    assert problems(read(project("main.bicep", "'x-${name}'", "'x-${nom}'")))[0] == "main.bicep:12: nom is not declared"


# --- the two entries


def offered(name: str) -> dict[str, tuple[object, ...]]:
    parameters = files()[name].of_kind("param")
    without_lines = {each.name: re.sub(r"line=\d+", "", str((each.value, each.decorators))) for each in parameters}
    return {each.name: (each.type, without_lines[each.name]) for each in parameters}


def passed(module: Declaration) -> set[object]:
    params = entry(module.value, "params")
    assert isinstance(params, Object)
    return {key.value for key, _ in params.entries if isinstance(key, Literal)}


def test_both_entries_offer_the_same_parameters() -> None:
    """`main.bicep` repeats the parameters of `resources.bicep`; only the group and where it is are its own."""
    of_group, of_subscription = offered("resources.bicep"), offered("main.bicep")
    del of_group["location"], of_subscription["location"], of_subscription["resourceGroupName"]
    assert of_subscription == of_group


def test_every_parameter_of_the_main_entry_reaches_the_resources() -> None:
    module = files()["main.bicep"].named("resources")
    assert module
    assert passed(module) == offered("main.bicep").keys() - {"resourceGroupName"}


def test_the_app_comes_after_its_rights() -> None:
    """The module `identity` is done, rights included, before the value that `functions` waits for comes out."""
    functions = files()["resources.bicep"].named("functions")
    assert functions
    given = entry(functions.value, "params.identityName")
    assert isinstance(given, Member)
    assert given.of == Member(Name("identity", given.line), "outputs", given.line)


# --- parameter files


def wrong_values(values: dict[str, object], template: BicepFile) -> list[str]:
    declared = {parameter.name: parameter for parameter in template.of_kind("param")}
    found = [f"{name} is not declared" for name in values.keys() - declared.keys()]
    types = {str: "string", int: "int", bool: "bool", list: "array", dict: "object"}
    for name in values.keys() & declared.keys():
        if types[type(values[name])] != simple(declared[name].type):
            found.append(f"{name} is no {declared[name].type}")
        elif problem := breaks(values[name], bounds(declared[name])):
            found.append(f"{name} {problem}")
    required = {name for name, parameter in declared.items() if parameter.value is None}
    return found + [f"{name} is not given" for name in required - values.keys()]


def test_every_json_file_with_parameters_is_one_that_the_checks_know() -> None:
    others = [path.name for path in INFRA.rglob("*.json") if "deploymentParameters.json" in path.read_text("utf-8")]
    assert sorted(others) == sorted(name.split("/")[-1] for name in parameter_files())


@pytest.mark.parametrize("name", parameter_files())
def test_a_parameter_file_gives_what_is_declared_within_bounds_and_all_that_is_required(name: str) -> None:
    assert wrong_values(parameter_files()[name], files()["main.bicep"]) == []


@pytest.mark.parametrize(
    ("values", "problem"),
    [
        ({"name": "abc", "sice": 1}, ["sice is not declared"]),
        ({"name": "abc", "size": 3}, ["size is 3, not one of [1, 2]"]),
        ({"name": "abc", "count": True}, ["count is no int"]),
        ({"name": "ab"}, ["name is 'ab', below 3"]),
        ({}, ["name is not given"]),
    ],
)
def test_a_wrong_parameter_file_is_found(values: dict[str, object], problem: list[str]) -> None:
    assert wrong_values(values, read(project())["main.bicep"]) == problem


def test_dev_and_prod_have_parameter_files() -> None:
    environments = {values["environmentName"] for values in parameter_files().values()}
    assert {"dev", "prod"} <= environments


# --- azd

PARAMETERS_OF_EVENT_GRID = r"eventgrid\.bicep[\s\\`]+--parameters((?:[\s\\`]+\w+=\S+)+)"


def test_azd_hooks_use_outputs_that_exist() -> None:
    text = (ROOT / "azure.yaml").read_text(encoding="utf-8")
    outputs = {output.name for output in files()["main.bicep"].of_kind("output")}
    used = set(re.findall(r"\$(?:env:|\{)?(AZURE_\w+)", text))
    others = {"AZURE_ENV_NAME", "AZURE_LOCATION", "AZURE_SUBSCRIPTION_ID", "AZURE_CORE_ONLY_SHOW_ERRORS"}
    assert used - others <= outputs


def test_whoever_deploys_event_grid_gives_it_parameters_that_it_declares() -> None:
    declared = files()["eventgrid.bicep"].of_kind("param")
    required = {parameter.name for parameter in declared if parameter.value is None}
    places = [ROOT / "azure.yaml", ROOT / "docs/deploy.md", *(ROOT / ".github").rglob("*.yml")]
    commands = [
        found for path in places for found in re.findall(PARAMETERS_OF_EVENT_GRID, path.read_text(encoding="utf-8"))
    ]
    assert commands
    for command in commands:
        given = set(re.findall(r"(\w+)=", command))
        assert required <= given <= {parameter.name for parameter in declared}


def test_azd_finds_the_site_of_its_service() -> None:
    service = re.search(r"^services:\n  (\w+):", (ROOT / "azure.yaml").read_text(encoding="utf-8"), flags=re.MULTILINE)
    assert service
    assert f"'azd-service-name': '{service[1]}'" in (INFRA / "modules/functions.bicep").read_text(encoding="utf-8")


def test_azds_parameter_file_is_json_as_azd_reads_it() -> None:
    assert json.loads((INFRA / "main.parameters.json").read_text(encoding="utf-8"))["contentVersion"] == "1.0.0.0"
