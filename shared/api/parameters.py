"""Parameters of operations: declared once, read for the handler, shown in OpenAPI."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Literal

type Schema = Mapping[str, Any]  # JSON Schema, as OpenAPI 3.1 has it


@dataclass(frozen=True, slots=True, eq=False)
class Parameter[T]:
    """One parameter. `read` makes a value of its text, and raises ValueError with what the text must be instead."""

    name: str
    description: str
    schema: Schema
    read: Callable[[str], T]
    default: T
    place: Literal["query", "path"] = "query"
    repeatable: bool = False  # several of them mean "or"


def integer(name: str, description: str, *, least: int, most: int, default: int) -> Parameter[int]:
    """A whole number within bounds."""

    def read(text: str) -> int:
        if not re.fullmatch("[0-9]{1,18}", text) or not least <= int(text) <= most:
            raise ValueError(f"must be a whole number from {least} to {most}")
        return int(text)

    schema = {"type": "integer", "minimum": least, "maximum": most, "default": default}
    return Parameter(name, description, schema, read, default)


def choice[T: str](name: str, description: str, choices: tuple[T, ...]) -> Parameter[T | None]:
    """One of a few words, or nothing."""

    def read(text: str) -> T:
        found = next((choice for choice in choices if choice == text), None)
        if found is None:
            raise ValueError(f"must be one of {', '.join(choices)}")
        return found

    return Parameter(name, description, {"type": "string", "enum": list(choices)}, read, None)


def flag(name: str, description: str) -> Parameter[bool]:
    """`true` or `false`, which it is by default."""

    def read(text: str) -> bool:
        if text not in ("true", "false"):
            raise ValueError("must be true or false")
        return text == "true"

    return Parameter(name, description, {"type": "boolean", "default": False}, read, default=False)


def text(name: str, description: str, *, longest: int = 1000, pattern: str | None = None) -> Parameter[str | None]:
    """Any text of some length, or nothing. `pattern` is for all of it, in the syntax that Python and ECMA share."""

    def read(given: str) -> str:
        if len(given) > longest:
            raise ValueError(f"must have at most {longest:,} characters")
        if pattern and not re.fullmatch(pattern, given):
            raise ValueError(f"must match {pattern}")
        return given

    schema: dict[str, Any] = {"type": "string", "maxLength": longest}
    return Parameter(name, description, schema | ({"pattern": f"^{pattern}$"} if pattern else {}), read, None)


def in_path(name: str, description: str) -> Parameter[str]:
    """A part of the route. What is not there is not found, so any text may be asked for."""
    return Parameter(name, description, {"type": "string", "minLength": 1}, str, "", place="path")
