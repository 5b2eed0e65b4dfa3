"""The functions and operators of Bicep that `infra/` uses."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

from tests.unit.infra.values import Unknown

LOCATION = "westeurope"

_ENVIRONMENT = {"suffixes": {"storage": "core.windows.net"}}
_GROUP = {"id": Unknown("resourceGroup().id"), "name": "rg-test", "location": LOCATION, "tags": {}}
_PLAIN: dict[str, Callable[..., Any]] = {
    "concat": lambda *a: "".join(a) if isinstance(a[0], str) else [item for part in a for item in part],
    "contains": lambda of, value: value in of,
    "deployment": lambda: {"name": "test", "location": LOCATION},
    "empty": lambda value: value is None or len(value) == 0,
    "environment": lambda: _ENVIRONMENT,
    "guid": lambda *a: f"guid({', '.join(map(str, a))})",
    "padLeft": lambda value, width, sign=" ": str(value).rjust(width, sign),
    "resourceGroup": lambda: _GROUP,
    "string": lambda value: json.dumps(value) if isinstance(value, dict | list) else str(value),
    "uniqueString": lambda *_: "unique0string",  # as long as Azure's
}
# Whatever they are given, they say where it is from.
_SHOWN = {"listKeys", "resourceId", "subscriptionResourceId"}
# They work on what is unknown, too.
_LENIENT = {"empty", "guid", "uniqueString"}


def names() -> set[str]:
    """The functions that are known."""
    return _PLAIN.keys() | _SHOWN | {"loadTextContent", "union"}


def call(name: str, arguments: list[Any], file: Path) -> Any:
    """The value of a function; Unknown where an argument is."""
    if name == "loadTextContent":
        return (file.parent / arguments[0]).read_text(encoding="utf-8")
    if name == "union":
        return _union(arguments)
    unknown = any(isinstance(argument, Unknown) for argument in arguments)
    if name in _SHOWN or (unknown and name not in _LENIENT):
        return Unknown(f"{name}({', '.join(map(str, arguments))})")
    return _PLAIN[name](*arguments)


def _union(arguments: list[Any]) -> Any:
    if any(isinstance(argument, Unknown) for argument in arguments):
        return Unknown(f"union({', '.join(map(str, arguments))})")
    if isinstance(arguments[0], dict):
        merged: dict[str, Any] = {}
        for argument in arguments:
            for key, value in argument.items():
                both = isinstance(value, dict) and isinstance(merged.get(key), dict)
                merged[key] = _union([merged[key], value]) if both else value
        return merged
    return list(dict.fromkeys(item for argument in arguments for item in argument))


_OPERATORS: dict[str, Callable[..., Any]] = {
    "==": lambda a, b: a == b,
    "!=": lambda a, b: a != b,
    "<": lambda a, b: a < b,
    ">": lambda a, b: a > b,
    "<=": lambda a, b: a <= b,
    ">=": lambda a, b: a >= b,
    "+": lambda a, b: a + b,
    "*": lambda a, b: a * b,
    "/": lambda a, b: a // b,
    "%": lambda a, b: a % b,
    "&&": lambda a, b: a and b,
    "||": lambda a, b: a or b,
    "??": lambda a, b: b if a is None else a,
    "!": lambda a: not a,
    "-": lambda a, b=None: -a if b is None else a - b,
}


def operate(operator: str, operands: list[Any]) -> Any:
    """The value of an operation; Unknown where an operand is."""
    if any(isinstance(operand, Unknown) for operand in operands):
        return Unknown(f" {operator} ".join(map(str, operands)))
    return _OPERATORS[operator](*operands)
