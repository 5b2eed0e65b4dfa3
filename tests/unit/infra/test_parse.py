"""Every Bicep file is Bicep, and of the part of the language that the checks understand."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
import tree_sitter
import tree_sitter_bicep

from tests.unit.infra.project import sources
from tests.unit.infra.syntax import BicepSyntaxError, read_bicep
from tests.unit.infra.tree import Call, Choice, Member, Name, Operation

PARSER = tree_sitter.Parser(tree_sitter.Language(tree_sitter_bicep.language()))


def mistakes(source: str) -> list[str]:
    def broken(node: tree_sitter.Node) -> Iterator[tree_sitter.Node]:
        if node.type == "ERROR" or node.is_missing:
            yield node
        for child in node.children:
            yield from broken(child)

    root = PARSER.parse(source.encode()).root_node
    return [f"line {node.start_point.row + 1}: {(node.text or b'').decode()[:60]}" for node in broken(root)]


def test_there_are_files() -> None:
    assert {"main.bicep", "resources.bicep", "eventgrid.bicep"} < sources().keys()


@pytest.mark.parametrize("name", sources())
def test_the_file_parses(name: str) -> None:
    assert mistakes(sources()[name]) == []


@pytest.mark.parametrize("name", sources())
def test_the_checks_understand_the_file(name: str) -> None:
    assert read_bicep(name, sources()[name]).declarations


def test_a_file_that_is_no_bicep_is_noticed() -> None:
    assert mistakes("var a = {\n  b: [\n}\n")


@pytest.mark.parametrize(
    ("source", "message"),
    [
        ("var a = 'b\n", "x.bicep:1: the string does not end at ''"),
        ("var a = 1 2\n", "x.bicep:1: the declaration should end at '2'"),
        ("param a strin\n", "x.bicep:1: not a simple type at 'strin'"),
        ("var a = {\n  ...b\n}\n", "x.bicep:2: a name is missing at '...b'"),
        ("type a = string\n", "x.bicep:1: 'type' declares nothing that is known here, at ' a = string'"),
    ],
)
def test_what_the_checks_do_not_understand_is_an_error_with_its_place(source: str, message: str) -> None:
    with pytest.raises(BicepSyntaxError) as error:
        read_bicep("x.bicep", source)
    assert str(error.value) == message


def test_operators_bind_as_in_bicep() -> None:
    (declaration,) = read_bicep("x.bicep", "var v = a == 1 && !b.c ? d.e : f(g)!.h\n").declarations
    assert isinstance(declaration.value, Choice)
    assert isinstance(declaration.value.condition, Operation)
    assert declaration.value.condition.operator == "&&"
    assert declaration.value.condition.operands[1] == Operation("!", (Member(Name("b", 1), "c", 1),), 1)
    assert declaration.value.otherwise == Member(Call("f", (Name("g", 1),), 1), "h", 1)
