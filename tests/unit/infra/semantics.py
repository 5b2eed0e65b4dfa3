"""What the compiler would say of names, types, bounds and modules. Each problem is a line `file:line: what`."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from pathlib import PurePosixPath

from tests.unit.infra.simple_types import FUNCTIONS, bounds, fits
from tests.unit.infra.tree import (
    BicepFile,
    Call,
    Declaration,
    Index,
    Literal,
    Loop,
    Member,
    Name,
    Node,
    Object,
    children,
    entry,
)

DECORATORS = {"description", "allowed", "minValue", "maxValue", "minLength", "maxLength", "secure", "batchSize"}
IN_MODULES = {"name", "scope", "params", "dependsOn"}

type Files = Mapping[str, BicepFile]


def problems(files: Files) -> list[str]:
    """All that is wrong, in the order of the files."""
    return [
        f"{file.name}:{problem}"
        for file in files.values()
        for check in (_names, _use, _decorators, _types, _resources)
        for problem in check(file)
    ] + [problem for file in files.values() for problem in _modules(file, files)]


def _names(file: BicepFile) -> Iterator[str]:
    """Every name means something, and one thing only."""
    for (name, _), count in Counter((each.name, each.kind == "output") for each in file.declarations).items():
        if count > 1:
            yield f"1: {name} is declared {count} times"
    declared = frozenset(declaration.name for declaration in file.declarations if declaration.kind != "output")
    for declaration in file.declarations:
        if declaration.value is not None:
            yield from _unknown(declaration.value, declared)


def _unknown(node: Node, scope: frozenset[str]) -> Iterator[str]:
    match node:
        case Name() if node.name not in scope:
            yield f"{node.line}: {node.name} is not declared"
        case Call() if node.function not in FUNCTIONS:
            yield f"{node.line}: the function {node.function} is not known to simple_types.py"
        case Object():
            keys = [key.value for key, _ in node.entries if isinstance(key, Literal)]
            yield from (f"{node.line}: {key} is given twice" for key, count in Counter(keys).items() if count > 1)
    if isinstance(node, Loop):
        yield from _unknown(node.over, scope)
        yield from _unknown(node.body, scope | set(node.names))
        return
    for child in children(node):
        yield from _unknown(child, scope)


def _use(file: BicepFile) -> Iterator[str]:
    """Nothing is declared for nothing."""
    used = {name for declaration in file.declarations if declaration.value for name in names_in(declaration.value)}
    for declaration in file.declarations:
        idle = declaration.kind in ("param", "var") or declaration.existing
        if idle and declaration.name not in used:
            yield f"{declaration.line}: {declaration.name} is not used"


def names_in(node: Node) -> Iterator[str]:
    """The names that an expression mentions."""
    if isinstance(node, Name):
        yield node.name
    for child in children(node):
        yield from names_in(child)


def _decorators(file: BicepFile) -> Iterator[str]:
    """Parameters and outputs say what they are; numbers have bounds; bounds are in order and hold for the default."""
    for declaration in file.declarations:
        at = f"{declaration.line}: {declaration.name}"
        for name in declaration.decorators.keys() - DECORATORS:
            yield f"{at} has the decorator {name}, which is not known"
        if declaration.kind in ("param", "output") and not declaration.decorators.get("description"):
            yield f"{at} has no @description"
        if declaration.kind == "param":
            yield from (f"{at} {problem}" for problem in _parameter(declaration))


def _parameter(parameter: Declaration) -> Iterator[str]:
    limits = bounds(parameter)
    if parameter.type == "int" and not (limits.allowed or (limits.least is not None and limits.most is not None)):
        yield "is a number without bounds"
    if limits.least is not None and limits.most is not None and limits.least > limits.most:
        yield "has a lower bound above its upper one"
    of_lengths = {"minLength", "maxLength"} & parameter.decorators.keys()
    of_values = {"minValue", "maxValue"} & parameter.decorators.keys()
    if (of_lengths and parameter.type == "int") or (of_values and parameter.type != "int"):
        yield f"has bounds that a parameter of type {parameter.type} cannot have"


def _types(file: BicepFile) -> Iterator[str]:
    """Defaults and outputs are of the type they are declared with, and within bounds."""
    for declaration in file.of_kind("param", "output"):
        if declaration.value is not None:
            problem = fits(declaration.value, declaration, file)
            if problem:
                yield f"{declaration.line}: {declaration.name} {problem}"


def _resources(file: BicepFile) -> Iterator[str]:
    """Resources have a version, a name, and a parent of the type that theirs begins with."""
    for resource in file.of_kind("resource"):
        at = f"{resource.line}: {resource.name}"
        if not resource.api_version:
            yield f"{at} has no API version"
        if entry(resource.value, "name") is None:
            yield f"{at} has no name"
        parent = entry(resource.value, "parent")
        if parent is None:
            continue
        owner = file.named(parent.name) if isinstance(parent, Name) else None
        if owner is None or owner.kind != "resource" or resource.type.rpartition("/")[0] != owner.type:
            yield f"{at} has a parent that is no {resource.type.rpartition('/')[0]}"


def _modules(file: BicepFile, files: Files) -> Iterator[str]:
    """A module is given what it declares, all that it requires, of the right type; its outputs exist."""
    used: dict[str, BicepFile] = {}
    for module in file.of_kind("module"):
        path = joined(file.name, module.type)
        if path not in files:
            yield f"{file.name}:{module.line}: there is no file {path}"
            continue
        used[module.name] = files[path]
        yield from (f"{file.name}:{module.line}: {problem}" for problem in _given(module, file, files[path]))
    for declaration in file.declarations:
        if declaration.value is not None:
            for name, output, line in _outputs(declaration.value):
                if name in used and used[name].output(output) is None:
                    yield f"{file.name}:{line}: {used[name].name} has no output {output}"


def joined(file: str, path: str) -> str:
    """A path that one file gives, as seen from the folder of all."""
    parts: list[str] = []
    for part in (PurePosixPath(file).parent / path).parts:
        if part == "..":
            parts.pop()
        else:
            parts.append(part)
    return "/".join(parts)


def _given(module: Declaration, file: BicepFile, used: BicepFile) -> Iterator[str]:
    params = entry(module.value, "params")
    entries = params.entries if isinstance(params, Object) else ()
    given = {str(key.value): value for key, value in entries if isinstance(key, Literal)}
    declared = {parameter.name: parameter for parameter in used.of_kind("param")}
    for name in given.keys() - declared.keys():
        yield f"{module.name} is given {name}, which {used.name} does not declare"
    for name, parameter in declared.items():
        if name in given:
            problem = fits(given[name], parameter, file)
            if problem:
                yield f"{module.name} is given {name}, which {problem}"
        elif parameter.value is None and not parameter.type.endswith("?"):
            yield f"{module.name} is not given {name}, which {used.name} requires"


def _outputs(node: Node) -> Iterator[tuple[str, str, int]]:
    """Each `module.outputs.name`, also of one module out of many."""
    if isinstance(node, Member) and isinstance(node.of, Member) and node.of.name == "outputs":
        of = node.of.of.of if isinstance(node.of.of, Index) else node.of.of
        if isinstance(of, Name):
            yield of.name, node.name, node.line
    for child in children(node):
        yield from _outputs(child)
