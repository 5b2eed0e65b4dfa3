"""Commands in documents, hooks and workflows name only what there is."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from tests.unit.delivery.conftest import Mistakes

WITH_COMMANDS = [
    "azure.yaml",
    "README.md",
    "compose.yaml",
    "docs/deploy.md",
    ".github/workflows/ci.yml",
    ".github/workflows/cd.yml",
    ".github/workflows/deploy.yml",
]
GROUP_CREATE = "az deployment group create --template-file infra/eventgrid.bicep --parameters "
SUB_CREATE = "az deployment sub create --template-file infra/main.bicep --parameters "


@pytest.mark.parametrize("name", WITH_COMMANDS)
def test_all_that_is_named_is_there(root: Path, mistakes: Mistakes, name: str) -> None:
    assert mistakes((root / name).read_text(encoding="utf-8")) == []


@pytest.mark.parametrize(
    ("text", "found"),
    [
        (GROUP_CREATE + "functionApp=x", "infra/eventgrid.bicep has no parameter functionApp"),
        (GROUP_CREATE + "\\\n  functionAppName=x \\\n  storage=y", "infra/eventgrid.bicep has no parameter storage"),
        (GROUP_CREATE.replace("group", "sub") + "functionAppName=x", "infra/eventgrid.bicep is not for a subscription"),
        (SUB_CREATE + '"infra/$PROFILE.params.json"', "there is no file infra/prod.params.json"),
        (SUB_CREATE + "infra/test.parameters.json", "there is no file infra/test.parameters.json"),
        ("az deployment sub create --name x", "no template in: az deployment sub create --name x"),
        ("--query properties.outputs.functionUrl.value", "resources.bicep has no output functionUrl"),
        ("APP=$(output functionUrl)", "resources.bicep has no output functionUrl"),
        ("python -m devstack smoek", "devstack has no command smoek"),
        ("python -m devstack smoke --quick", "devstack smoke has no option --quick"),
        ("make tests", "the Makefile has no target tests"),
        ("see docs/deployment.md", "there is no file docs/deployment.md"),
    ],
)
def test_what_is_not_there_is_found(mistakes: Mistakes, text: str, found: str) -> None:
    assert found in mistakes(text)


def test_outputs_are_asked_of_the_deployment_that_has_them(root: Path) -> None:
    """Azure answers for main.bicep with outputs named azurE_…; those of the deployment inside it keep their names."""
    for name in ("docs/deploy.md", ".github/workflows/deploy.yml"):
        text = re.sub(r"\\\n\s*", " ", (root / name).read_text(encoding="utf-8"))
        asked = re.findall(r"az deployment (\w+) show .*?--name (\S+) .*?properties\.outputs", text)
        assert asked == [("group", "resources")]
    main = (root / "infra/main.bicep").read_text(encoding="utf-8")
    assert re.search(r"module \w+ 'resources\.bicep' = \{\n  name: 'resources'\n", main)


def test_the_document_names_parameters_that_there_are(root: Path) -> None:
    text = (root / "docs/deploy.md").read_text(encoding="utf-8").split("## Parameters")[1].split("\n## ")[0]
    named = {name for row in re.findall(r"^\| (`.+?) \|", text, re.MULTILINE) for name in re.findall(r"`(\w+)`", row)}
    declared = set(re.findall(r"^param (\w+)", (root / "infra/main.bicep").read_text(encoding="utf-8"), re.MULTILINE))
    assert named
    assert named - declared == set()


def test_the_document_tells_of_every_template(root: Path) -> None:
    text = (root / "docs/deploy.md").read_text(encoding="utf-8")
    templates = {path.relative_to(root).as_posix() for path in (root / "infra").rglob("*.bicep")}
    assert {name for name in templates if f"`{name}`" not in text} == set()
