"""What the published Python files import, without running them."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path


def modules(app: Path) -> dict[str, Path]:
    """Every module of the package, by its name."""
    return {_name(file.relative_to(app)): file for file in app.rglob("*.py")}


def named(file: Path) -> Iterator[str]:
    """Modules that a file names for certain: of `from a import b` a alone, for b may be anything."""
    for node in ast.walk(ast.parse(file.read_bytes())):
        match node:
            case ast.Import(names):
                yield from (alias.name for alias in names)
            case ast.ImportFrom(str(module)):
                yield module


def imports(file: Path) -> Iterator[str]:
    """Modules that a file imports anywhere; for `from a import b` both a and a.b, which may be a module, too."""
    for node in ast.walk(ast.parse(file.read_bytes())):
        match node:
            case ast.Import(names):
                yield from (alias.name for alias in names)
            case ast.ImportFrom(str(module), names):
                yield module
                yield from (f"{module}.{alias.name}" for alias in names)


def reached(app: Path, start: str) -> set[str]:
    """The modules of the package that importing one of them leads to, sooner or later."""
    own = modules(app)
    found: set[str] = set()
    waiting = [start]
    while waiting:
        name = waiting.pop()
        if name in own and name not in found:
            found.add(name)
            parents = name.split(".")
            waiting += [".".join(parents[:count]) for count in range(1, len(parents))]
            waiting += imports(own[name])
    return found


def _name(file: Path) -> str:
    parts = file.with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)
