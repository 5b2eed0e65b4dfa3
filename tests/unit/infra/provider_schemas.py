"""Asks Microsoft's Azure MCP server for the schema of every resource type in `infra/`, into provider_schemas.json.

    python3 -m venv .devstack/azmcp && .devstack/azmcp/bin/pip install msmcp-azure==3.0.0
    .venv/bin/python -m tests.unit.infra.provider_schemas .devstack/azmcp/bin/azmcp

It works offline and needs no account. For each type it knows one API version: that is the one to use in Bicep.
Types it does not know are written down by hand in own_schemas.json.
"""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

TOOL = "msmcp-azure 3.0.0"
FILE = Path(__file__).with_name("provider_schemas.json")
INFRA = Path(__file__).parents[3] / "infra"
FLAGS = {"Required": "!", "ReadOnly": "-"}


def main(azmcp: str) -> None:
    """Write the file anew."""
    schemas: dict[str, Any] = {}
    for type_ in sorted(used_types()):
        answer = ask(azmcp, type_)
        if answer is None:
            print(f"{type_}: not known to {TOOL}, belongs into own_schemas.json", file=sys.stderr)
            continue
        name, schema = compact(answer)
        schemas[name] = schema
        print(name)
    header = "Made by provider_schemas.py. A type's prefix: ! required, - read-only. '*' stands for any other name."
    lines = [f"  {json.dumps(name)}: {json.dumps(schema, separators=(',', ':'))}" for name, schema in schemas.items()]
    text = f'{{\n"about": {json.dumps(header)},\n"tool": {json.dumps(TOOL)},\n"resources": {{\n'
    FILE.write_text(text + ",\n".join(lines) + "\n}}\n", encoding="utf-8")


def used_types() -> set[str]:
    """The resource types of all Bicep files, without their versions."""
    sources = (path.read_text(encoding="utf-8") for path in INFRA.rglob("*.bicep"))
    return {type_ for source in sources for type_ in re.findall(r"^resource \w+ '([^@']+)@", source, re.MULTILINE)}


def ask(azmcp: str, type_: str) -> list[dict[str, Any]] | None:
    """The tool's answer for one type; None where it does not know it."""
    done = subprocess.run(
        [azmcp, "bicepschema", "get", "--resource-type", type_],
        env=os.environ | {"AZURE_MCP_COLLECT_TELEMETRY": "false"},
        capture_output=True,
        check=False,
    )
    answer = json.loads(done.stdout)
    if answer["status"] == 200:
        return list(answer["results"]["BicepSchemaResult"])
    if "not supported" in answer["message"]:
        return None
    sys.exit(f"{type_}: {answer['message']}")


def compact(answer: list[dict[str, Any]]) -> tuple[str, dict[str, Any]]:
    """A type with its version, and its body with all types that it leads to: names, types and flags only."""
    (resource,) = [part for part in answer if part["$type"] == "Resource"]
    known = {part["name"]: part for part in answer if part["$type"].endswith("Object")}
    found: dict[str, Any] = {}
    waiting = [("", resource["bodyType"])]
    while waiting:
        name, part = waiting.pop()
        found[name] = shape(part)
        named = {type_ for type_ in names_in(found[name]) if type_ in known and type_ not in found}
        waiting += [(type_, known[type_]) for type_ in sorted(named)]
    return resource["name"], found


def shape(part: Mapping[str, Any]) -> dict[str, Any]:
    """An object's properties; of an object that comes in several kinds, what tells them apart and each of them."""
    if part["$type"] == "DiscriminatedObject":
        base = properties(part["baseProperties"])
        kinds = [base | properties(element["properties"]) for element in part["elements"]]
        return {"by": part["discriminator"], "kinds": kinds}
    others = part.get("additionalPropertiesType")
    return properties(part["properties"]) | ({"*": others} if others else {})


def properties(listed: list[Mapping[str, Any]]) -> dict[str, str]:
    return {
        each["name"]: next((sign for flag, sign in FLAGS.items() if flag in each.get("flags", "")), "") + each["type"]
        for each in listed
    }


def names_in(shaped: Mapping[str, Any]) -> Iterator[str]:
    for types in shaped.get("kinds", [shaped]):
        for type_ in types.values():
            yield from (name.lstrip("!-").removesuffix("[]") for name in type_.split(" | "))


if __name__ == "__main__":
    main(sys.argv[1])
