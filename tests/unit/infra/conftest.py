"""Reads `infra/` as data: each Bicep file's declarations, with literals as Python values."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import pytest
import tree_sitter
import tree_sitter_bicep

ROOT = Path(__file__).parents[3]


@dataclass(frozen=True, slots=True)
class Expression:
    """Anything that is not a literal: a reference, a call, a choice. As a string, it is what is written."""

    text: str

    def __str__(self) -> str:
        return self.text


type Value = str | int | bool | Expression | list[Value] | dict[str, Value] | None
"""A literal, or an Expression. An interpolated string stays as it is written, with `${…}`."""


@dataclass(frozen=True, slots=True)
class Declaration:
    """One `param`, `var`, `resource`, `module` or `output`."""

    kind: str
    name: str
    type: str  # of a resource without its version; of a module, the file it names
    api_version: str
    value: Value
    decorators: Mapping[str, Value]
    existing: bool
    each: Value  # what a loop runs over
    file: str

    def __getitem__(self, path: str) -> Value:
        """The value at a dotted path; None where there is none."""
        value = self.value
        for key in path.split("."):
            value = value.get(key) if isinstance(value, dict) else None
        return value


@dataclass(frozen=True, slots=True)
class BicepFile:
    """One parsed file."""

    name: str
    source: str
    mistakes: tuple[str, ...]
    declarations: tuple[Declaration, ...]

    def of_kind(self, kind: str) -> list[Declaration]:
        return [declaration for declaration in self.declarations if declaration.kind == kind]

    def named(self, name: str) -> Declaration:
        return next(declaration for declaration in self.declarations if declaration.name == name)


@dataclass(frozen=True, slots=True)
class Infrastructure:
    """All files of `infra/`, by their path below it."""

    files: Mapping[str, BicepFile]

    def __getitem__(self, name: str) -> BicepFile:
        return self.files[name]

    def resources(self, type_: str = "") -> list[Declaration]:
        """The resources that are created (of one type), not those that are only referred to."""
        return [
            resource
            for file in self.files.values()
            for resource in file.of_kind("resource")
            if not resource.existing and type_ in ("", resource.type)
        ]

    def resource(self, type_: str) -> Declaration:
        """The only resource of a type."""
        (resource,) = self.resources(type_)
        return resource


@pytest.fixture(scope="session")
def infra() -> Infrastructure:
    folder = ROOT / "infra"
    files = (read_bicep(path.relative_to(folder).as_posix(), path.read_bytes()) for path in folder.rglob("*.bicep"))
    return Infrastructure({file.name: file for file in sorted(files, key=lambda file: file.name)})


def read_bicep(name: str, source: bytes) -> BicepFile:
    root = tree_sitter.Parser(tree_sitter.Language(tree_sitter_bicep.language())).parse(source).root_node
    mistakes = tuple(f"{name}:{node.start_point.row + 1}: {text_of(node)[:60]}" for node in broken_nodes(root))
    if mistakes:
        return BicepFile(name, source.decode(), mistakes, ())
    declarations = []
    decorators: dict[str, Value] = {}
    for node in root.named_children:
        if node.type == "decorators":
            decorators = read_decorators(node)
        elif node.type.endswith("_declaration"):
            declarations.append(read_declaration(name, node, decorators))
            decorators = {}
    return BicepFile(name, source.decode(), mistakes, tuple(declarations))


def broken_nodes(node: tree_sitter.Node) -> Iterator[tree_sitter.Node]:
    if node.type == "ERROR" or node.is_missing:
        yield node
    for child in node.children:
        yield from broken_nodes(child)


def read_decorators(node: tree_sitter.Node) -> dict[str, Value]:
    """Each decorator's name and its first argument."""
    found: dict[str, Value] = {}
    for decorator in node.named_children:
        call = decorator.named_children[0]
        name, arguments = call.named_children
        found[text_of(name)] = read_value(arguments.named_children[0]) if arguments.named_children else None
    return found


def read_declaration(file: str, node: tree_sitter.Node, decorators: dict[str, Value]) -> Declaration:
    kind = node.children[0].type
    name, *rest = node.named_children
    has_type = kind != "var"
    type_, _, api_version = text_of(rest[0]).strip("'").partition("@") if has_type else ("", "", "")
    values = rest[1:] if has_type else rest
    body, each = unwrap(values[-1]) if values else (None, None)
    return Declaration(
        kind=kind,
        name=text_of(name),
        type=type_,
        api_version=api_version,
        value=read_value(body) if body else None,
        decorators=decorators,
        existing=any(child.type == "existing" for child in node.children),
        each=each,
        file=file,
    )


def unwrap(node: tree_sitter.Node) -> tuple[tree_sitter.Node, Value]:
    """The body inside `[for … in … : …]` and `if (…) …`, and what the loop runs over."""
    each: Value = None
    while node.type in ("for_statement", "if_statement"):
        if node.type == "for_statement":
            each = read_value(node.named_children[1])
        node = node.named_children[-1]
    return node, each


def read_value(node: tree_sitter.Node) -> Value:
    match node.type:
        case "string" | "number" | "boolean" | "null":
            return read_literal(node)
        case "array":
            return [read_value(item) for item in values_in(node)]
        case "object":
            return dict(read_property(item) for item in values_in(node))
        case _:
            return Expression(text_of(node))


def read_literal(node: tree_sitter.Node) -> Value:
    match node.type:
        case "string":
            return text_of(node).strip("'")
        case "number":
            return int(text_of(node))
        case "boolean":
            return text_of(node) == "true"
        case _:
            return None


def values_in(node: tree_sitter.Node) -> list[tree_sitter.Node]:
    return [child for child in node.named_children if child.type != "comment"]


def read_property(node: tree_sitter.Node) -> tuple[str, Value]:
    key, value = values_in(node)
    return text_of(key).strip("'"), read_value(value)


def text_of(node: tree_sitter.Node) -> str:
    return (node.text or b"").decode()
