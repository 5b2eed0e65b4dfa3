"""Cosmos DB indexes what queries filter and sort by, and nothing else: every index is paid for with every write."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest

from tests.unit.infra.evaluate import Deployment
from tests.unit.infra.project import PROFILES, ROOT, profile, sources

CONTAINERS = "Microsoft.DocumentDB/databaseAccounts/sqlDatabases/containers"
# Azure indexes these whatever the policy says.
ALWAYS_INDEXED = {"/id/?", "/_ts/?"}
CONDITION = re.compile(r"c\.\w+ (?:[=<>!]|IN\b|LIKE\b)")


def texts(source: str) -> list[str]:
    """Every string in a module, with its parts put together."""
    inner: set[ast.expr] = set()
    found = []
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.JoinedStr):
            inner |= set(node.values)
            # What is put in is either names of parameters or conditions, which are strings of their own.
            found.append("".join(str(part.value) if isinstance(part, ast.Constant) else " " for part in node.values))
        elif isinstance(node, ast.Constant) and isinstance(node.value, str) and node not in inner:
            found.append(node.value)
    return found


def paths(text: str) -> set[str]:
    """The index paths that a query, or a condition that is put into one, makes use of."""
    if "SELECT" in text:
        text = " ".join(re.findall(r"(?:\bWHERE\b|\bORDER BY\b).*", text))
    elif not CONDITION.match(text):
        return set()
    arrays = set(re.findall(r"ARRAY_CONTAINS\(c\.(\w+)", text))
    return {f"/{name}/[]/?" if name in arrays else f"/{name}/?" for name in re.findall(r"\bc\.(\w+)", text)}


def queried() -> dict[str, set[str]]:
    """What the queries of each container make use of."""
    found = {}
    for path in sorted((ROOT / "shared").rglob("*.py")):
        source = path.read_text(encoding="utf-8")
        if re.search(r"\bSELECT\b.*\bFROM c\b", source, re.DOTALL):
            container = re.search(r'^(?:FILES|REPORTS) = "(\w+)"', source, re.MULTILINE)
            assert container, f"{path}: a query outside the modules of the containers"
            found[container[1]] = {used for text in texts(source) for used in paths(text)} - ALWAYS_INDEXED
    return found


def wrong_indexes(deployment: Deployment) -> list[str]:
    """Where an indexing policy differs from what the queries of its container use."""
    found = []
    for container in deployment.made(CONTAINERS):
        policy = container["properties.resource.indexingPolicy"]
        included = {path["path"] for path in policy["includedPaths"]}
        found += [f"{container['name']}: {path}" for path in sorted(included ^ queried()[container["name"]])]
        if policy["excludedPaths"] != [{"path": "/*"}] or policy["indexingMode"] != "consistent":
            found.append(f"{container['name']}: other paths")
    return found


@pytest.mark.parametrize("name", PROFILES)
def test_what_queries_filter_and_sort_by_is_indexed_and_nothing_else(name: str) -> None:
    assert wrong_indexes(profile(name, sources()).main) == []


@pytest.mark.parametrize(
    ("old", "new", "wrong"),
    [
        ("'/status/?'", "'/dataset/?'", ["files: /dataset/?", "files: /status/?"]),
        ("path: '/*'", "path: '/groups/*'", ["files: other paths"]),
        ("'consistent'", "'none'", ["files: other paths"]),
    ],
)
def test_another_policy_is_noticed(old: str, new: str, wrong: list[str]) -> None:
    texts = sources() | {"modules/cosmos.bicep": sources()["modules/cosmos.bicep"].replace(old, new, 1)}
    assert wrong_indexes(profile("least", texts).main) == wrong


@pytest.mark.parametrize(
    ("text", "used"),
    [
        ("SELECT c.name FROM c", set()),
        ("SELECT c.a, c.b FROM c WHERE c.d = true AND c.e > @e ORDER BY c.f DESC", {"/d/?", "/e/?", "/f/?"}),
        ("SELECT * FROM c WHERE ARRAY_CONTAINS(c.shares, @pair)", {"/shares/[]/?"}),
        ("SELECT * FROM c WHERE IS_DEFINED(c.rows)", {"/rows/?"}),
        ("c.status = @status", {"/status/?"}),
        ("c.f. of a text that is none", set()),
    ],
)
def test_a_query_shows_what_it_uses(text: str, used: set[str]) -> None:
    assert paths(text) == used


def test_a_query_in_parts_is_read_whole() -> None:
    source = "q = 'SELECT c.id FROM c' f' WHERE c.a = @a {more} ORDER BY c.b'\nmore = {'x': 'c.d < @d'}\n"
    assert {path for text in texts(source) for path in paths(text)} == {"/a/?", "/b/?", "/d/?"}


def test_no_order_has_two_keys_which_would_want_a_composite_index() -> None:
    stores = (path.read_text(encoding="utf-8") for path in Path(ROOT / "shared/stores").glob("*.py"))
    orders = [order for source in stores for text in texts(source) for order in re.findall(r"ORDER BY (.*)", text)]
    assert orders
    assert [order for order in orders if "," in order] == []
