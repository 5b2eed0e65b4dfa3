"""The Bicep files parse and fit together. The compiler itself cannot be had here, so this is done by hand."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from tests.unit.infra.conftest import BicepFile, Declaration, Infrastructure

ROOT = Path(__file__).parents[3]
INFRA = ROOT / "infra"
FILES = sorted(path.relative_to(INFRA).as_posix() for path in INFRA.rglob("*.bicep"))


def modules(infra: Infrastructure) -> list[tuple[Declaration, BicepFile]]:
    """Each use of a module with the file it uses."""
    return [
        (module, infra[(Path(module.file).parent / module.type).as_posix()])
        for file in infra.files.values()
        for module in file.of_kind("module")
    ]


def passed(module: Declaration) -> set[str]:
    parameters = module["params"]
    assert isinstance(parameters, dict)
    return set(parameters)


def required(file: BicepFile) -> set[str]:
    return {parameter.name for parameter in file.of_kind("param") if parameter.value is None}


@pytest.mark.parametrize("name", FILES)
def test_the_file_parses(infra: Infrastructure, name: str) -> None:
    assert infra[name].mistakes == ()


def test_a_module_is_given_the_parameters_it_declares_and_all_it_requires(infra: Infrastructure) -> None:
    for module, file in modules(infra):
        declared = {parameter.name for parameter in file.of_kind("param")}
        assert passed(module) <= declared, f"{module.file} gives {file.name} what it does not declare"
        assert required(file) <= passed(module), f"{module.file} does not give {file.name} what it requires"


def test_an_output_that_is_used_is_declared_by_its_module(infra: Infrastructure) -> None:
    outputs = {(module.file, module.name): file.of_kind("output") for module, file in modules(infra)}
    for file in infra.files.values():
        for module, output in re.findall(r"(\w+)\.outputs\.(\w+)", file.source):
            assert output in [declared.name for declared in outputs[file.name, module]], f"{module}.outputs.{output}"


@pytest.mark.parametrize("name", FILES)
def test_every_parameter_and_variable_is_used(infra: Infrastructure, name: str) -> None:
    code = re.sub(r"^\s*//.*", "", infra[name].source, flags=re.MULTILINE)
    for declaration in infra[name].of_kind("param") + infra[name].of_kind("var"):
        assert len(re.findall(rf"\b{declaration.name}\b", code)) > 1, f"{name}: {declaration.name} is not used"


@pytest.mark.parametrize("name", FILES)
def test_every_parameter_and_output_says_what_it_is(infra: Infrastructure, name: str) -> None:
    for declaration in infra[name].of_kind("param") + infra[name].of_kind("output"):
        assert declaration.decorators.get("description"), f"{name}: {declaration.name} has no @description"


@pytest.mark.parametrize("name", FILES)
def test_every_number_has_bounds(infra: Infrastructure, name: str) -> None:
    for parameter in infra[name].of_kind("param"):
        if parameter.type == "int":
            bounds = parameter.decorators.keys()
            assert "allowed" in bounds or {"minValue", "maxValue"} <= bounds, f"{name}: {parameter.name} has no bounds"


def test_both_entries_offer_the_same_parameters(infra: Infrastructure) -> None:
    """`main.bicep` repeats the parameters of `resources.bicep`; only the group's own belong to it alone."""

    def offered(name: str) -> dict[str, object]:
        return {
            parameter.name: (parameter.type, parameter.value, dict(parameter.decorators))
            for parameter in infra[name].of_kind("param")
            if parameter.name not in ("location", "resourceGroupName")
        }

    assert offered("main.bicep") == offered("resources.bicep")


def test_every_parameter_of_the_main_entry_reaches_the_resources(infra: Infrastructure) -> None:
    own = {"resourceGroupName"}
    assert passed(infra["main.bicep"].named("resources")) == {
        parameter.name for parameter in infra["main.bicep"].of_kind("param") if parameter.name not in own
    }


def test_azd_gives_the_parameters_that_have_no_default(infra: Infrastructure) -> None:
    given = json.loads((INFRA / "main.parameters.json").read_text(encoding="utf-8"))["parameters"]
    declared = {parameter.name for parameter in infra["main.bicep"].of_kind("param")}
    assert set(given) <= declared
    assert required(infra["main.bicep"]) <= set(given)


def test_azd_hook_deploys_event_grid_with_outputs_and_parameters_that_exist(infra: Infrastructure) -> None:
    hooks = (ROOT / "azure.yaml").read_text(encoding="utf-8")
    outputs = {output.name for output in infra["main.bicep"].of_kind("output")}
    parameters = {parameter.name for parameter in infra["eventgrid.bicep"].of_kind("param")}
    assert set(re.findall(r"\$(?:env:)?(AZURE_\w+)", hooks)) <= outputs
    given = set(re.findall(r"(\w+)=", hooks))
    assert required(infra["eventgrid.bicep"]) <= given <= parameters


def test_azd_finds_the_site_of_its_service(infra: Infrastructure) -> None:
    service = re.search(r"^services:\n  (\w+):", (ROOT / "azure.yaml").read_text(encoding="utf-8"), flags=re.MULTILINE)
    assert service
    assert f"'azd-service-name': '{service[1]}'" in infra["modules/functions.bicep"].source
