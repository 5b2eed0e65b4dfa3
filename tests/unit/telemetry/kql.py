"""Looks for mistakes in a KQL query, as far as that goes without a server: names, values, brackets."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from itertools import pairwise

TOKEN = re.compile(
    r"""(?P<comment>//[^\n]*)|(?P<string>@?"(?:\\.|[^"\\\n])*"|@?'(?:\\.|[^'\\\n])*')
    |(?P<number>datetime\(\d[^)]*\)|\d+(?:\.\d+)?(?:e\d+)?[a-z]*)|(?P<name>[A-Za-z_$][\w-]*\w|[A-Za-z_$])|(?P<symbol>==|!=|=~|!~|>=|<=|\S)""",
    re.VERBOSE,
)
PAIRS = {")": "(", "]": "[", "}": "{"}
EQUALS = ("==", "!=", "=~", "!~", "in", "in~", "has", "has_any", "contains", "startswith")

# Without operation_Name: it is empty in the app's traces and exceptions, and no function in its dependencies.
COMMON = """timestamp operation_Id operation_ParentId itemType itemCount customDimensions
    cloud_RoleName cloud_RoleInstance application_Version sdkVersion"""
COLUMNS = {
    "requests": "id name url source success resultCode duration",
    "dependencies": "id name target type data success resultCode duration",
    "traces": "message severityLevel",
    "exceptions": "type outerType outerMessage innermostMessage problemId method details severityLevel",
    "customMetrics": "name value valueCount valueSum valueMin valueMax",
    "Usage": "TimeGenerated DataType Quantity IsBillable",  # of the workspace
}
OPERATORS = {
    "where", "summarize", "project", "extend", "order", "top", "take", "distinct", "count", "join", "union", "render",
    "mv-expand", "project-away", "lookup", "sort", "limit",
}  # fmt: skip
WORDS = {
    "let", "by", "on", "asc", "desc", "and", "or", "not", "in", "has", "has_any", "contains", "startswith",
    "matches", "regex", "between", "kind", "inner", "leftouter", "leftanti", "timechart", "columnchart", "true",
    "false", "sum", "sumif", "count", "countif", "dcount", "min", "max", "avg", "make_set", "take_any",
    "arg_max", "arg_min", "percentile", "percentilew", "bin", "ago", "now", "datetime", "tostring", "tolong",
    "todouble", "toreal", "iff", "coalesce", "strcat", "isempty", "isnotempty", "isnull", "isnotnull", "round",
    "max_of", "min_of", "extract", "substring",
}  # fmt: skip


@dataclass(frozen=True)
class Vocabulary:
    """What there is to be asked for.

    `dimensions`: of each table, by name of a row, what customDimensions has. `names`: the row that a name stands for.
    """

    dimensions: Mapping[str, Mapping[str, set[str]]]
    names: Mapping[str, Mapping[str, str]]
    values: Mapping[str, set[str]] = field(default_factory=dict)


@dataclass(frozen=True)
class _Token:
    kind: str
    text: str
    depth: int

    @property
    def literal(self) -> str:
        return self.text.lstrip("@")[1:-1]


@dataclass
class _Source:
    """Tables, and what is asked of them up to the next table."""

    tables: list[str]
    depth: int
    tokens: list[_Token] = field(default_factory=list)


def problems(query: str, vocabulary: Vocabulary) -> list[str]:
    """What is wrong with a query; nothing where nothing was found."""
    tokens = [token for token in _tokens(query) if token.kind != "comment"]
    found = [*_brackets(tokens), *_operators(tokens)]
    sources = list(_sources(tokens))
    if not sources:
        found.append("no table is asked")
    found += _unknown(tokens, [table for source in sources for table in source.tables])
    for source in sources:
        found += _names(source, vocabulary)
        found += _dimensions(source, sources, vocabulary)
    return found


def _tokens(query: str) -> Iterator[_Token]:
    depth = 0
    for match in TOKEN.finditer(query):
        text = match.group()
        depth -= text in PAIRS and match.lastgroup == "symbol"
        yield _Token(str(match.lastgroup), text, depth)
        depth += text in PAIRS.values() and match.lastgroup == "symbol"


def _brackets(tokens: list[_Token]) -> Iterator[str]:
    open_ones: list[str] = []
    for token in tokens:
        if token.kind == "symbol" and token.text in PAIRS.values():
            open_ones.append(token.text)
        elif token.kind == "symbol" and token.text in PAIRS and (not open_ones or open_ones.pop() != PAIRS[token.text]):
            yield f"{token.text} closes nothing"
        elif token.text in ('"', "'"):
            yield f"{token.text} is not closed"
    yield from (f"{bracket} is not closed" for bracket in open_ones)


def _operators(tokens: list[_Token]) -> Iterator[str]:
    for before, token in pairwise(tokens):
        if before.text == "|" and token.text not in OPERATORS:
            yield f"| {token.text} is no operator"


def _sources(tokens: list[_Token]) -> Iterator[_Source]:
    current: _Source | None = None
    for token in tokens:
        if token.kind == "name" and token.text in COLUMNS:
            if current and all(between.text == "," for between in current.tokens):
                current.tables.append(token.text)
                current.tokens.clear()
                continue
            if current:
                yield current
            current = _Source([token.text], token.depth)
        elif current:
            current.tokens.append(token)
    if current:
        yield current


def _unknown(tokens: list[_Token], tables: list[str]) -> Iterator[str]:
    """Names that are neither of the language, nor of the tables, nor given by the query itself."""
    known = {*WORDS, *OPERATORS, *COLUMNS, *COMMON.split(), *(c for table in tables for c in COLUMNS[table].split())}
    known |= {token.text for token, after in pairwise(tokens) if token.kind == "name" and after.text == "="}
    for before, token in pairwise([_Token("symbol", "", 0), *tokens]):
        if token.kind == "name" and token.text not in known and before.text != ".":
            yield f"{token.text} is unknown"


def _names(source: _Source, vocabulary: Vocabulary) -> Iterator[str]:
    known = {name for table in source.tables for name in vocabulary.names.get(table, {})}
    for name in _compared(source):
        if name not in known:
            yield f'nothing in {", ".join(source.tables)} is called "{name}"'


def _compared(source: _Source) -> list[str]:
    """What `name` is compared with."""
    found = []
    for at, token in enumerate(source.tokens):
        if token.text == "name":
            found += list(_literals(source.tokens[at + 1 :]))
    return found


def _literals(tokens: list[_Token]) -> Iterator[str]:
    """The text or the texts that a comparison begins with."""
    if not tokens or tokens[0].text not in EQUALS:
        return
    for token in tokens[1:]:
        if token.kind == "string":
            yield token.literal
        elif token.text not in ("(", ","):
            return
        if tokens[1].text != "(":
            return


def _dimensions(source: _Source, sources: list[_Source], vocabulary: Vocabulary) -> Iterator[str]:
    for at, token in enumerate(source.tokens):
        if token.text != "customDimensions" or source.tokens[at + 1 : at + 2] == []:
            continue
        bracket, key, closing = source.tokens[at + 1 : at + 4] if len(source.tokens) > at + 3 else (token,) * 3
        if bracket.text != "[" or key.kind != "string":
            continue
        asked = sources if token.depth < source.depth else [source]
        if key.literal not in set().union(*(_has(one, vocabulary) for one in asked)):
            yield f'customDimensions of {", ".join(source.tables)} has no "{key.literal}" there'
        rest = [t for t in source.tokens[at + 4 :] if t.text != ")"] if closing.text == "]" else []
        for value in _literals(rest):
            if key.literal in vocabulary.values and value not in vocabulary.values[key.literal]:
                yield f'{key.literal} is never "{value}"'


def _has(source: _Source, vocabulary: Vocabulary) -> set[str]:
    """What the rows asked for have: those with the names that are asked for, or all of the tables."""
    found: set[str] = set()
    for table in source.tables:
        of_table = vocabulary.dimensions.get(table, {})
        names = vocabulary.names.get(table, {})
        rows = {names[name] for name in _compared(source) if name in names} or set(of_table)
        found = found.union(*(of_table.get(row, set()) for row in rows))
    return found
