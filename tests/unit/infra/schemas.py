"""Compares resources with the providers' schemas: names, required and read-only properties, types, fixed values."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import Any

from tests.unit.infra.evaluate import Deployment, Resource
from tests.unit.infra.values import Unknown

HERE = Path(__file__).parent
SIMPLE = {"string": str, "int": int, "bool": bool, "any": object}
# Bicep's own, besides what the provider takes.
OF_BICEP = {"scope", "dependsOn"}

type Types = Mapping[str, Any]


@cache
def schemas(name: str) -> dict[str, Types]:
    """The resource types of one of the two files, each with the types that it leads to."""
    return dict(json.loads((HERE / name).read_text(encoding="utf-8"))["resources"])


def problems(deployment: Deployment) -> list[str]:
    """All that a provider would refuse, as far as its schema says."""
    known = schemas("own_schemas.json") | schemas("provider_schemas.json")
    found = [
        f"{resource.file}: {resource.symbol}: {problem}"
        for resource in deployment.resources
        for problem in _resource(resource, known)
    ]
    return found + [problem for type_, path in sorted(deployment.reads) for problem in _read(type_, path, known)]


def _resource(resource: Resource, known: Mapping[str, Types]) -> Iterator[str]:
    name = f"{resource.type}@{resource.api_version}"
    types = known.get(name)
    if types is None:
        other = sorted(each for each in known if each.partition("@")[0] == resource.type)
        yield f"there is no schema of {name}" + (f", but of {other[0]}" if other else ": run provider_schemas.py")
    elif not resource.existing:
        body = {key: value for key, value in resource.body.items() if key not in OF_BICEP}
        yield from _object(body, types[""], types, "")


def _object(body: Mapping[str, Any], shape: Mapping[str, Any], types: Types, path: str) -> Iterator[str]:
    if "by" in shape:
        kind = body.get(shape["by"])
        shape = next((each for each in shape["kinds"] if each[shape["by"]].lstrip("!-") == kind), {})
        if not shape:
            yield f"{path or 'it'} has no kind {kind!r}"
            return
    for name, value in body.items():
        wanted = shape.get(name, shape.get("*"))
        if wanted is None:
            yield f"{path}{name} is no property of it"
        elif wanted.startswith("-"):
            yield f"{path}{name} is read-only"
        elif value is not None:
            yield from _value(value, wanted.lstrip("!"), types, f"{path}{name}")
    for name, wanted in shape.items():
        if wanted.startswith("!") and name not in body:
            yield f"{path}{name} is missing"


def _value(value: Any, wanted: str, types: Types, path: str) -> Iterator[str]:
    choices = wanted.split(" | ")
    if isinstance(value, Unknown) or wanted == "any":
        return
    if isinstance(value, list):
        items = [choice.removesuffix("[]") for choice in choices if choice.endswith("[]")]
        if not items:
            yield f"{path} is a list, not {wanted}"
        for index, item in enumerate(value):
            yield from _value(item, items[0] if items else "any", types, f"{path}[{index}]")
        return
    if isinstance(value, dict):
        shape = next((types[choice] for choice in choices if choice in types), None)
        if shape is None:
            yield f"{path} is an object, not {wanted}"
        else:
            yield from _object(value, shape, types, f"{path}.")
        return
    yield from _scalar(value, choices, wanted, path)


def _scalar(value: Any, choices: list[str], wanted: str, path: str) -> Iterator[str]:
    fixed = [choice for choice in choices if choice not in SIMPLE]
    # Where a schema names values and lets others pass, ours are among the named.
    if fixed:
        if str(value) not in fixed:
            yield f"{path} is {value!r}, not {wanted}"
    elif type(value) not in (SIMPLE[choice] for choice in choices):
        yield f"{path} is {value!r}, not {wanted}"


def _read(type_: str, path: str, known: Mapping[str, Types]) -> Iterator[str]:
    """What is read of a resource exists."""
    if type_ not in known or path == "id":
        return
    types = known[type_]
    shape: Mapping[str, Any] | None = types[""]
    for name in path.split("."):
        if shape is None:
            return
        kinds = shape.get("kinds", [shape])
        wanted = next((kind[key] for kind in kinds for key in (name, "*") if key in kind), None)
        if wanted is None:
            yield f"{type_}: {path} is read, but there is no {name}"
            return
        shape = types.get(wanted.lstrip("!-"))
