"""A module comes after those whose resources it takes as existing."""

from __future__ import annotations

import pytest

from tests.unit.infra.order import problems
from tests.unit.infra.project import PROFILES, files, profile, read, sources


@pytest.mark.parametrize("name", PROFILES)
def test_what_a_module_takes_as_existing_is_made_before_it(name: str) -> None:
    assert problems(profile(name, sources()).main, files()) == []


@pytest.mark.parametrize(
    ("old", "new", "user", "made_by"),
    [
        ("storageAccountName: storage.outputs.accountName", "storageAccountName: 'st${token}'", "identity", "storage"),
        ("dependsOn: [\n    network\n  ]", "dependsOn: []", "storageEndpoints", "network"),
    ],
)
def test_a_module_that_does_not_wait_is_noticed(old: str, new: str, user: str, made_by: str) -> None:
    assert old in sources()["resources.bicep"], "infra/ has changed: choose another place for this mistake"
    texts = sources() | {"resources.bicep": sources()["resources.bicep"].replace(old, new, 1)}
    (problem, *_) = problems(profile("most", texts).main, read(texts))
    assert problem.startswith(f"resources.bicep: {user} takes ")
    assert problem.endswith(f" as existing, but does not wait for {made_by}")
