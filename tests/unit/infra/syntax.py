"""Reads Bicep into a tree, as far as `infra/` uses the language.

tree-sitter says whether a file is Bicep at all; its grammar binds `a ? b : c.d` as `(a ? b : c).d`, so what an
expression means is read here.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, field

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


class BicepSyntaxError(Exception):
    """What this reader does not understand; the message begins with file and line."""


def read_bicep(name: str, source: str) -> BicepFile:
    """Read one file. Raises BicepSyntaxError."""
    return _Reader(name, source).file()


BINDING = [["??"], ["||"], ["&&"], ["==", "!=", "=~", "!~"], ["<=", ">=", "<", ">"], ["+", "-"], ["*", "/", "%"]]
ESCAPES = {"n": "\n", "r": "\r", "t": "\t", "\\": "\\", "'": "'", "$": "$"}
IDENTIFIER = re.compile(r"[A-Za-z_]\w*")
SPACE = re.compile(r"(?:[ \t]|//[^\n]*|/\*.*?\*/)*", re.DOTALL)
SPACE_AND_LINES = re.compile(r"(?:\s|//[^\n]*|/\*.*?\*/)*", re.DOTALL)


@dataclass(slots=True)
class _Reader:
    name: str
    source: str
    at: int = 0
    declarations: list[Declaration] = field(default_factory=list)

    # --- what the source says at this place

    @property
    def line(self) -> int:
        return self.source.count("\n", 0, self.at) + 1

    def fail(self, message: str) -> BicepSyntaxError:
        rest = self.source[self.at : self.at + 30].split("\n")[0]
        return BicepSyntaxError(f"{self.name}:{self.line}: {message} at {rest!r}")

    def skip(self, *, lines: bool = False) -> None:
        found = (SPACE_AND_LINES if lines else SPACE).match(self.source, self.at)
        self.at = found.end() if found else self.at

    def take(self, text: str, *, lines: bool = False) -> bool:
        before = self.at
        self.skip(lines=lines)
        word = text[-1].isalnum() and self.source[self.at + len(text) : self.at + len(text) + 1]
        found = self.source.startswith(text, self.at) and not (word and (word.isalnum() or word == "_"))
        self.at = self.at + len(text) if found else before
        return found

    def need(self, text: str, *, lines: bool = False) -> None:
        if not self.take(text, lines=lines):
            raise self.fail(f"{text!r} is missing")

    def identifier(self, *, lines: bool = False) -> str:
        self.skip(lines=lines)
        found = IDENTIFIER.match(self.source, self.at)
        if not found:
            raise self.fail("a name is missing")
        self.at = found.end()
        return found[0]

    def within(self, close: str, read: Callable[[], None]) -> None:
        """What stands up to a bracket, with commas or new lines between."""
        while not self.take(close, lines=True):
            read()
            before = self.at
            self.skip(lines=True)
            if not self.take(",", lines=True) and "\n" not in self.source[before : self.at]:
                self.need(close)
                return

    # --- declarations

    def file(self) -> BicepFile:
        scope = "resourceGroup"
        decorators: dict[str, tuple[Node, ...]] = {}
        while self.skip(lines=True) or self.at < len(self.source):
            if self.take("@"):
                call = self.operand()
                if not isinstance(call, Call):
                    raise self.fail("a decorator is a call")
                decorators[call.function] = call.arguments
                continue
            kind = self.identifier()
            if kind == "targetScope":
                self.need("=")
                scope = str(self.plain_string())
            else:
                self.declarations.append(self.declaration(kind, decorators))
            decorators = {}
            self.end_of_line()
        return BicepFile(self.name, scope, tuple(self.declarations))

    def end_of_line(self) -> None:
        self.skip()
        if self.at < len(self.source) and self.source[self.at] not in "\r\n":
            raise self.fail("the declaration should end")

    def declaration(self, kind: str, decorators: dict[str, tuple[Node, ...]]) -> Declaration:
        line = self.line
        if kind not in ("param", "var", "resource", "module", "output"):
            raise self.fail(f"{kind!r} declares nothing that is known here,")
        name = self.identifier()
        type_, version, existing = "", "", False
        if kind in ("resource", "module"):
            type_, _, version = self.plain_string().partition("@")
            existing = self.take("existing")
        elif kind != "var":
            type_ = self.simple_type()
        value = self.expression() if self.take("=") else None
        if value is None and kind != "param":
            raise self.fail("'=' is missing")
        return Declaration(kind, name, type_, version, existing, value, decorators, line)

    def simple_type(self) -> str:
        self.skip()
        found = re.compile(r"(?:string|int|bool|object|array)(?:\[\])?\??(?!\w)").match(self.source, self.at)
        if not found:
            raise self.fail("not a simple type")
        self.at = found.end()
        return found[0]

    def plain_string(self) -> str:
        self.skip()
        node = self.string()
        if not isinstance(node, Literal) or not isinstance(node.value, str):
            raise self.fail("a plain string is needed")
        return node.value

    # --- expressions

    def expression(self) -> Node:
        self.skip(lines=True)
        line = self.line
        condition = self.operation(0)
        if not self.take("?", lines=True):
            return condition
        then = self.expression()
        self.need(":", lines=True)
        return Choice(condition, then, self.expression(), line)

    def operation(self, level: int) -> Node:
        if level == len(BINDING):
            return self.unary()
        left = self.operation(level + 1)
        while operator := next((sign for sign in BINDING[level] if self.takes_operator(sign)), None):
            left = Operation(operator, (left, self.operation(level + 1)), self.line)
        return left

    def takes_operator(self, sign: str) -> bool:
        here = self.at
        # An operator may begin the next line, but what begins the next line after `-` or `/` is not meant.
        self.skip(lines=sign in ("&&", "||", "??"))
        if self.take(sign):
            return True
        self.at = here
        return False

    def unary(self) -> Node:
        self.skip(lines=True)
        line = self.line
        for sign in "!-":
            if self.take(sign):
                return Operation(sign, (self.unary(),), line)
        return self.operand()

    def operand(self) -> Node:
        node = self.primary()
        while True:
            line = self.line
            if self.take(".?") or self.take("."):
                name = self.identifier()
                node = self.call(name, line) if self.source.startswith("(", self.at) else Member(node, name, line)
            elif self.take("["):
                self.take("?")
                index = self.expression()
                self.need("]", lines=True)
                node = Index(node, index, line)
            elif self.source.startswith("!", self.at) and not self.source.startswith(("!=", "!~"), self.at):
                self.at += 1
            else:
                return node

    def primary(self) -> Node:
        self.skip(lines=True)
        line = self.line
        match self.source[self.at : self.at + 1]:
            case "'":
                return self.string()
            case "(":
                self.at += 1
                inner = self.expression()
                self.need(")", lines=True)
                return inner
            case "{":
                return self.object()
            case "[":
                return self.array_or_loop()
            case digit if digit.isdigit():
                found = re.compile(r"\d+").match(self.source, self.at)
                assert found
                self.at = found.end()
                return Literal(int(found[0]), line)
        name = self.identifier()
        if name in ("true", "false", "null"):
            return Literal({"true": True, "false": False, "null": None}[name], line)
        if name == "if" and self.take("("):
            condition = self.expression()
            self.need(")", lines=True)
            return If(condition, self.expression(), line)
        return self.call(name, line) if self.source.startswith("(", self.at) else Name(name, line)

    def call(self, name: str, line: int) -> Call:
        self.need("(")
        arguments: list[Node] = []
        self.within(")", lambda: arguments.append(self.expression()))
        return Call(name, tuple(arguments), line)

    def object(self) -> Object:
        line = self.line
        self.need("{")
        entries: list[tuple[Node, Node]] = []

        def read() -> None:
            self.skip(lines=True)
            start = self.line
            key = self.string() if self.source.startswith("'", self.at) else Literal(self.identifier(), start)
            self.need(":")
            entries.append((key, self.expression()))

        self.within("}", read)
        return Object(tuple(entries), line)

    def array_or_loop(self) -> Node:
        line = self.line
        self.need("[")
        if self.take("for", lines=True):
            return self.loop(line)
        items: list[Node] = []
        self.within("]", lambda: items.append(self.expression()))
        return Array(tuple(items), line)

    def loop(self, line: int) -> Loop:
        names: list[str] = []
        if self.take("("):
            self.within(")", lambda: names.append(self.identifier(lines=True)))
        else:
            names.append(self.identifier())
        self.need("in")
        over = self.expression()
        self.need(":")
        body = self.expression()
        self.need("]", lines=True)
        return Loop(tuple(names), over, body, line)

    def string(self) -> Node:
        line = self.line
        if self.source.startswith("'''", self.at):
            end = self.source.index("'''", self.at + 3)
            text = self.source[self.at + 3 : end].removeprefix("\n")
            self.at = end + 3
            return Literal(text, line)
        self.need("'")
        parts: list[str | Node] = [""]
        while not self.source.startswith("'", self.at):
            self.string_part(parts)
        self.at += 1
        kept = tuple(part for part in parts if part != "")
        return Literal("".join(map(str, kept)), line) if all(isinstance(p, str) for p in kept) else Text(kept, line)

    def string_part(self, parts: list[str | Node]) -> None:
        if self.take_exactly("${"):
            parts += [self.expression(), ""]
            self.need("}", lines=True)
            return
        character = self.source[self.at : self.at + 1]
        if character in ("", "\n"):
            raise self.fail("the string does not end")
        if character == "\\":
            character = ESCAPES.get(self.source[self.at + 1], "")
            if not character:
                raise self.fail("no such escape")
            self.at += 1
        self.at += 1
        parts[-1] = f"{parts[-1]}{character}"

    def take_exactly(self, text: str) -> bool:
        found = self.source.startswith(text, self.at)
        self.at += len(text) if found else 0
        return found
