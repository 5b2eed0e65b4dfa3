"""Every resource has the properties and fixed values that its provider's schema knows, for every way to deploy."""

from __future__ import annotations

import json
import tomllib
from pathlib import Path

import pytest

from tests.unit.infra.project import PROFILES, profile, sources
from tests.unit.infra.provider_schemas import FILE, TOOL
from tests.unit.infra.schemas import problems, schemas

HERE = Path(__file__).parent
MISTAKES = tomllib.loads((HERE / "fixtures/schema_mistakes.toml").read_text("utf-8"))["mistake"]


@pytest.mark.parametrize("name", PROFILES)
def test_what_would_be_deployed_is_as_the_providers_want_it(name: str) -> None:
    main, events = profile(name, sources()).deployments
    assert problems(main) == []
    assert problems(events) == []


@pytest.mark.parametrize("mistake", MISTAKES, ids=[each["says"] for each in MISTAKES])
def test_the_mistake_is_found(mistake: dict[str, str]) -> None:
    texts = dict(sources())
    assert mistake["old"] in texts[mistake["file"]], "infra/ has changed: choose another place for this mistake"
    texts[mistake["file"]] = texts[mistake["file"]].replace(mistake["old"], mistake["new"], 1)
    main, events = profile("most", texts).deployments
    assert mistake["says"] in [problem.partition(": ")[2] for problem in problems(main) + problems(events)]


def test_types_that_the_tool_knows_are_not_written_down_by_hand() -> None:
    of_tool = {name.partition("@")[0] for name in schemas("provider_schemas.json")}
    by_hand = {name.partition("@")[0] for name in schemas("own_schemas.json")}
    assert of_tool & by_hand == set()


def test_every_schema_by_hand_says_where_it_is_from() -> None:
    document = json.loads((HERE / "own_schemas.json").read_text(encoding="utf-8"))
    assert document["sources"].keys() == document["resources"].keys()


def test_the_schemas_are_of_the_version_that_their_script_names() -> None:
    assert json.loads(FILE.read_text(encoding="utf-8"))["tool"] == TOOL
