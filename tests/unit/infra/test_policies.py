"""The rules for hosting, identity, data and surroundings hold for every way to deploy, and refuse what breaks them."""

from __future__ import annotations

import tomllib
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.unit.infra.policies import data, hosting, identity, surroundings
from tests.unit.infra.project import PROFILES, Profile, profile, sources

type Policy = Callable[[Profile], Iterator[str]]

POLICIES: dict[str, Policy] = {
    policy.__name__: policy for module in (hosting, identity, data, surroundings) for policy in module.POLICIES
}
FIXTURE = Path(__file__).with_name("fixtures") / "policy_mistakes.toml"
MISTAKES = tomllib.loads(FIXTURE.read_text("utf-8"))["mistake"]


@pytest.mark.parametrize("name", PROFILES)
@pytest.mark.parametrize("policy", POLICIES)
def test_the_policy_holds(policy: str, name: str) -> None:
    assert list(POLICIES[policy](profile(name, sources()))) == []


@pytest.mark.parametrize("mistake", MISTAKES, ids=[f"{each['policy']}: {each['new']}" for each in MISTAKES])
def test_the_policy_refuses(mistake: dict[str, str]) -> None:
    texts = dict(sources())
    assert mistake["old"] in texts[mistake["file"]], "infra/ has changed: choose another place for this mistake"
    texts[mistake["file"]] = texts[mistake["file"]].replace(mistake["old"], mistake["new"], 1)
    policy = POLICIES[mistake["policy"]]
    assert any(list(policy(profile(name, texts))) for name in ("least", "most"))


def test_every_policy_was_seen_to_refuse_something() -> None:
    assert {mistake["policy"] for mistake in MISTAKES} == POLICIES.keys()
