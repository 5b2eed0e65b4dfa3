"""Bicep as a tree: declarations, and the expressions they are made of."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Literal:
    value: str | int | bool | None
    line: int


@dataclass(frozen=True, slots=True)
class Text:
    """A string with `${…}` in it."""

    parts: tuple[str | Node, ...]
    line: int


@dataclass(frozen=True, slots=True)
class Name:
    name: str
    line: int


@dataclass(frozen=True, slots=True)
class Member:
    of: Node
    name: str
    line: int


@dataclass(frozen=True, slots=True)
class Index:
    of: Node
    index: Node
    line: int


@dataclass(frozen=True, slots=True)
class Call:
    function: str
    arguments: tuple[Node, ...]
    line: int


@dataclass(frozen=True, slots=True)
class Operation:
    """One or two operands."""

    operator: str
    operands: tuple[Node, ...]
    line: int


@dataclass(frozen=True, slots=True)
class Choice:
    condition: Node
    then: Node
    otherwise: Node
    line: int


@dataclass(frozen=True, slots=True)
class Array:
    items: tuple[Node, ...]
    line: int


@dataclass(frozen=True, slots=True)
class Object:
    entries: tuple[tuple[Node, Node], ...]
    line: int


@dataclass(frozen=True, slots=True)
class Loop:
    names: tuple[str, ...]
    over: Node
    body: Node
    line: int


@dataclass(frozen=True, slots=True)
class If:
    condition: Node
    body: Node
    line: int


type Node = Literal | Text | Name | Member | Index | Call | Operation | Choice | Array | Object | Loop | If


@dataclass(frozen=True, slots=True)
class Declaration:
    """One `param`, `var`, `resource`, `module` or `output`."""

    kind: str
    name: str
    type: str  # of a resource without its version; of a module, the file it names; of a var, nothing
    api_version: str
    existing: bool
    value: Node | None
    decorators: dict[str, tuple[Node, ...]]
    line: int


@dataclass(frozen=True, slots=True)
class BicepFile:
    """One file that was read."""

    name: str
    scope: str
    declarations: tuple[Declaration, ...]

    def of_kind(self, *kinds: str) -> list[Declaration]:
        return [declaration for declaration in self.declarations if declaration.kind in kinds]

    def named(self, name: str) -> Declaration | None:
        """What a name in an expression stands for: anything but an output."""
        return next((each for each in self.declarations if each.name == name and each.kind != "output"), None)

    def output(self, name: str) -> Declaration | None:
        return next((output for output in self.of_kind("output") if output.name == name), None)


def children(node: Node) -> list[Node]:  # noqa: C901 - one arm for each kind of node
    """The expressions that an expression is made of."""
    match node:
        case Text():
            return [part for part in node.parts if not isinstance(part, str)]
        case Member():
            return [node.of]
        case Index():
            return [node.of, node.index]
        case Call():
            return list(node.arguments)
        case Operation():
            return list(node.operands)
        case Choice():
            return [node.condition, node.then, node.otherwise]
        case Array():
            return list(node.items)
        case Object():
            return [side for entry in node.entries for side in entry]
        case Loop():
            return [node.over, node.body]
        case If():
            return [node.condition, node.body]
        case _:
            return []


def entry(node: Node | None, path: str) -> Node | None:
    """What stands at a dotted path in objects, also behind `[for …: …]` and `if (…)`."""
    while isinstance(node, Loop | If):
        node = node.body
    for key in path.split("."):
        if not isinstance(node, Object):
            return None
        node = next((v for k, v in node.entries if isinstance(k, Literal) and k.value == key), None)
    return node
