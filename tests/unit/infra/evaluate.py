"""What a template would deploy for given parameters: every resource, modules and loops unrolled, conditions decided.

What only Azure knows (keys, ids of principals) stays Unknown: a string that says where it comes from.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tests.unit.infra.functions import call, operate
from tests.unit.infra.semantics import Files, joined
from tests.unit.infra.tree import (
    Array,
    BicepFile,
    Call,
    Choice,
    Declaration,
    If,
    Index,
    Literal,
    Loop,
    Member,
    Name,
    Node,
    Object,
    Operation,
    Text,
)
from tests.unit.infra.values import Reference, Unknown


class NotDeployedError(Exception):
    """An expression asks something of a module whose condition is false."""


@dataclass(frozen=True, slots=True)
class Resource:
    """One resource that would be deployed, or that is referred to as existing."""

    type: str
    api_version: str
    id: str  # the type, with the name of each part after it
    symbol: str
    file: str
    existing: bool
    body: dict[str, Any]
    modules: tuple[tuple[str, str], ...]  # the way to it: each file with the module's symbol in it

    def __getitem__(self, path: str) -> Any:
        """The value at a dotted path; None where there is none."""
        value: Any = self.body
        for key in path.split("."):
            value = value.get(key) if isinstance(value, dict) else None
        return value


@dataclass(slots=True)
class Deployment:
    """All resources of one template, and the properties of resources that expressions read."""

    resources: list[Resource] = field(default_factory=list)
    reads: set[tuple[str, str]] = field(default_factory=set)
    outputs: dict[str, Any] = field(default_factory=dict)

    def made(self, type_: str = "") -> list[Resource]:
        """The resources that are made (of one type)."""
        return [each for each in self.resources if not each.existing and type_ in ("", each.type)]

    def only(self, type_: str) -> Resource:
        """The only resource of a type."""
        (resource,) = self.made(type_)
        return resource


def deploy(files: Files, name: str, parameters: Mapping[str, Any], folder: Path) -> Deployment:
    """Evaluate one template. `folder` has the files that it loads."""
    deployment = Deployment()
    deployment.outputs = _Template(files, files[name], dict(parameters), folder, deployment).run()
    return deployment


@dataclass(slots=True)
class _Template:
    files: Files
    file: BicepFile
    parameters: dict[str, Any]
    folder: Path
    deployment: Deployment
    modules: tuple[tuple[str, str], ...] = ()
    known: dict[str, Any] = field(default_factory=dict)
    busy: set[str] = field(default_factory=set)

    def run(self) -> dict[str, Any]:
        for declaration in self.file.of_kind("resource", "module"):
            self.value(declaration)
        return {output.name: self.evaluate(output.value, {}) for output in self.file.of_kind("output") if output.value}

    def value(self, declaration: Declaration) -> Any:
        """What a name stands for; each is worked out once."""
        if declaration.name not in self.known:
            if declaration.name in self.busy:
                raise ValueError(f"{self.file.name}:{declaration.line}: {declaration.name} needs itself")
            self.busy.add(declaration.name)
            self.known[declaration.name] = self._work_out(declaration)
        return self.known[declaration.name]

    def _work_out(self, declaration: Declaration) -> Any:
        if declaration.kind == "param":
            if declaration.name in self.parameters:
                return self.parameters[declaration.name]
            return self.evaluate(declaration.value, {}) if declaration.value else None
        assert declaration.value is not None
        if declaration.kind == "var":
            return self.evaluate(declaration.value, {})
        make = self._resource if declaration.kind == "resource" else self._module
        return self._each(declaration.value, {}, lambda body, names: make(declaration, body, names))

    def _each(self, node: Node, names: dict[str, Any], make: Any) -> Any:
        """A resource or module, a list of them for a loop, None where its condition is false."""
        if isinstance(node, If):
            decided = self.evaluate(node.condition, names)
            return None if decided is False else self._each(node.body, names, make)
        if isinstance(node, Loop):
            return [self._each(node.body, names | local, make) for local in self._turns(node, names)]
        return make(node, names)

    def _turns(self, loop: Loop, names: dict[str, Any]) -> list[dict[str, Any]]:
        over = self.evaluate(loop.over, names)
        if not isinstance(over, list):
            raise TypeError(f"{self.file.name}:{loop.line}: the loop runs over {over!r}, which is no list known here")
        return [dict(zip(loop.names, (item, index), strict=False)) for index, item in enumerate(over)]

    def _resource(self, declaration: Declaration, node: Node, names: dict[str, Any]) -> Reference:
        body = self.evaluate(node, names)
        parent = body.pop("parent", None)
        scope = body.get("scope")
        owner = parent if isinstance(parent, Reference) else None
        own = f"{parent.id}/{declaration.type.rpartition('/')[2]}" if owner else declaration.type
        resource_id = f"{own}/{body['name']}" + (f" on {scope}" if scope else "")
        resource = Resource(
            declaration.type,
            declaration.api_version,
            resource_id,
            declaration.name,
            self.file.name,
            declaration.existing,
            body,
            self.modules,
        )
        self.deployment.resources.append(resource)
        return Reference(resource_id, f"{declaration.type}@{declaration.api_version}", body, self.deployment.reads)

    def _module(self, declaration: Declaration, node: Node, names: dict[str, Any]) -> dict[str, Any]:
        body = self.evaluate(node, names)
        used = self.files[joined(self.file.name, declaration.type)]
        way = (*self.modules, (self.file.name, declaration.name))
        inner = _Template(self.files, used, body.get("params", {}), self.folder, self.deployment, way)
        return {"name": body["name"], "outputs": inner.run()}

    def evaluate(self, node: Node, names: dict[str, Any]) -> Any:  # noqa: C901 - one arm for each kind of node
        match node:
            case Literal():
                return node.value
            case Text():
                return _text([part if isinstance(part, str) else self.evaluate(part, names) for part in node.parts])
            case Name():
                return self._named(node, names)
            case Member():
                return self._member(self.evaluate(node.of, names), node)
            case Index():
                return self._item(self.evaluate(node.of, names), self.evaluate(node.index, names))
            case Call():
                arguments = [self.evaluate(argument, names) for argument in node.arguments]
                return call(node.function, arguments, self.folder / self.file.name)
            case Operation():
                return operate(node.operator, [self.evaluate(operand, names) for operand in node.operands])
            case Choice():
                decided = self.evaluate(node.condition, names)
                return self.evaluate(node.otherwise if decided is False else node.then, names)
            case Array():
                return [self.evaluate(item, names) for item in node.items]
            case Object():
                return {str(self.evaluate(k, names)): self.evaluate(v, names) for k, v in node.entries}
            case Loop():
                return [self.evaluate(node.body, names | local) for local in self._turns(node, names)]
            case If():
                raise TypeError(f"{self.file.name}:{node.line}: a condition stands where a value is needed")

    def _named(self, node: Name, names: dict[str, Any]) -> Any:
        if node.name in names:
            return names[node.name]
        declaration = self.file.named(node.name)
        if declaration is None:
            raise KeyError(f"{self.file.name}:{node.line}: {node.name} is not declared")
        return self.value(declaration)

    def _member(self, of: Any, node: Member) -> Any:
        if of is None:
            raise NotDeployedError(f"{self.file.name}:{node.line}: .{node.name} is asked of what is not deployed")
        if isinstance(of, dict):
            if node.name not in of:
                raise KeyError(f"{self.file.name}:{node.line}: there is no .{node.name}")
            return of[node.name]
        if isinstance(of, Reference):
            return of.member(node.name)
        return Unknown(f"{of}.{node.name}")

    def _item(self, of: Any, index: Any) -> Any:
        return Unknown(f"{of}[{index}]") if isinstance(of, Unknown) or isinstance(index, Unknown) else of[index]


def _text(parts: list[Any]) -> str:
    written = "".join(f"${{{part}}}" if isinstance(part, Unknown) else str(part) for part in parts)
    return Unknown(written) if any(isinstance(part, Unknown) for part in parts) else written
