"""The simple types of expressions, and what a parameter takes."""

from __future__ import annotations

from dataclasses import dataclass

from tests.unit.infra.tree import (
    Array,
    BicepFile,
    Call,
    Choice,
    Declaration,
    If,
    Literal,
    Loop,
    Name,
    Node,
    Object,
    Operation,
    Text,
)

# What the functions that are used give. Any other is unknown to the checks: add it here and in functions.py.
FUNCTIONS = {
    "concat": "any",
    "contains": "bool",
    "deployment": "object",
    "empty": "bool",
    "environment": "object",
    "guid": "string",
    "listKeys": "object",
    "loadTextContent": "string",
    "padLeft": "string",
    "resourceGroup": "object",
    "resourceId": "string",
    "string": "string",
    "subscriptionResourceId": "string",
    "union": "any",
    "uniqueString": "string",
}


@dataclass(frozen=True, slots=True)
class Bounds:
    """What a parameter's value, or its length, must keep to."""

    allowed: tuple[object, ...] = ()
    least: int | None = None
    most: int | None = None


def bounds(parameter: Declaration) -> Bounds:
    """The bounds that a parameter's decorators give."""

    def number(*names: str) -> int | None:
        for name in names:
            for argument in parameter.decorators.get(name, ())[:1]:
                value = constant(argument)
                return value if isinstance(value, int) else None
        return None

    listed = next(iter(parameter.decorators.get("allowed", ())), None)
    allowed = tuple(constant(item) for item in listed.items) if isinstance(listed, Array) else ()
    return Bounds(allowed, number("minValue", "minLength"), number("maxValue", "maxLength"))


def constant(node: Node) -> str | int | bool | None:
    """The value of a literal, also of a negative number; None for anything else."""
    match node:
        case Literal():
            return node.value
        case Operation(operator="-", operands=(Literal(value=int() as value),)):
            return -value
        case _:
            return None


def type_of(node: Node, file: BicepFile) -> str:
    """string, int, bool, object, array, or any where it cannot be told from the file alone."""
    match node:
        case Literal():
            return {str: "string", int: "int", bool: "bool"}.get(type(node.value), "any")
        case Text():
            return "string"
        case Object():
            return "object"
        case Array() | Loop():
            return "array"
        case Operation():
            return "any" if node.operator == "??" else "int" if node.operator in "+-*/%" else "bool"
        case Call():
            return FUNCTIONS.get(node.function, "any")
        case Choice():
            types = {type_of(node.then, file), type_of(node.otherwise, file)}
            return types.pop() if len(types) == 1 else "any"
        case If():
            return type_of(node.body, file)
        case Name():
            return _declared_type(file.named(node.name), file)
        case _:
            return "any"


def _declared_type(declaration: Declaration | None, file: BicepFile) -> str:
    match declaration:
        case Declaration(kind="param"):
            return simple(declaration.type)
        case Declaration(kind="var", value=value) if value is not None:
            return type_of(value, file)
        case _:
            return "any"


def simple(type_: str) -> str:
    """A declared type without what may be missing, and lists without what is in them."""
    return "array" if type_.rstrip("?").endswith("[]") else type_.rstrip("?")


def fits(node: Node, taker: Declaration, file: BicepFile) -> str | None:
    """What keeps a value from being taken by a parameter or output; None where nothing does."""
    if isinstance(node, Choice):
        return fits(node.then, taker, file) or fits(node.otherwise, taker, file)
    giver = file.named(node.name) if isinstance(node, Name) else None
    if giver is not None and giver.kind == "var" and giver.value is not None:
        return fits(giver.value, taker, file)
    found, wanted = type_of(node, file), simple(taker.type)
    if found not in ("any", wanted):
        return f"is {found}, not {wanted}"
    limits = bounds(taker)
    if giver is not None and giver.kind == "param":
        return _exceeds(bounds(giver), limits)
    value = constant(node)
    return None if value is None else breaks(value, limits)


def breaks(value: object, limits: Bounds) -> str | None:
    """Which bound a value does not keep to."""
    if limits.allowed and value not in limits.allowed:
        return f"is {value!r}, not one of {list(limits.allowed)}"
    size = len(value) if isinstance(value, str | list) else value
    if not isinstance(size, int) or isinstance(size, bool):
        return None
    if limits.least is not None and size < limits.least:
        return f"is {value!r}, below {limits.least}"
    if limits.most is not None and size > limits.most:
        return f"is {value!r}, above {limits.most}"
    return None


def _exceeds(given: Bounds, taken: Bounds) -> str | None:
    """A parameter that is passed on may not have wider bounds than the one that takes it."""
    if taken.allowed and not (given.allowed and set(given.allowed) <= set(taken.allowed)):
        return f"may be other than {list(taken.allowed)}"
    if given.allowed:
        return next((problem for value in given.allowed if (problem := breaks(value, taken))), None)
    if taken.least is not None and taken.least > 0 and (given.least is None or given.least < taken.least):
        return f"may be below {taken.least}"
    if taken.most is not None and (given.most is None or given.most > taken.most):
        return f"may be above {taken.most}"
    return None
