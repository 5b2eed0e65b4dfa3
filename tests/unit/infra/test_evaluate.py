"""What a template would deploy is worked out as Azure would: conditions, loops, modules, and what only Azure knows."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.unit.infra import functions, simple_types
from tests.unit.infra.evaluate import Deployment, NotDeployedError, deploy
from tests.unit.infra.project import read

PART = """
param names array
resource things 'A.B/things@2024-01-01' = [for (name, index) in names: if (name != 'none') {
  name: '${name}-${index}'
}]
output first string = names[0]
"""


def deployed(source: str, **parameters: Any) -> Deployment:
    return deploy(read({"main.bicep": source, "part.bicep": PART}), "main.bicep", parameters, Path())


def output(expression: str, **parameters: Any) -> Any:
    declared = "".join(f"param {name} object\n" for name in parameters)
    return deployed(f"{declared}output it string = {expression}\n", **parameters).outputs["it"]


@pytest.mark.parametrize(
    ("expression", "value"),
    [
        ("1 + 2 * 3", 7),
        ("!true || 1 < 2 && 'a' != 'b'", True),
        ("false ? 1 : true ? 2 : 3", 2),
        ("null ?? 'a'", "a"),
        ("'${1}-${'b'}'", "1-b"),
        ("union({ a: { b: 1 } }, { a: { c: 2 } })", {"a": {"b": 1, "c": 2}}),
        ("union([1, 2], [2, 3])", [1, 2, 3]),
        ("concat([1], [2])", [1, 2]),
        ("[for x in [1, 2]: x + 1]", [2, 3]),
        ("empty('') && !empty([0])", True),
        ("padLeft(string(5), 2, '0')", "05"),
        ("a.b[0].c", 4),
    ],
)
def test_an_expression_has_the_value_that_it_has_in_bicep(expression: str, value: object) -> None:
    assert output(expression, a={"b": [{"c": 4}]}) == value


@pytest.mark.parametrize(
    ("expression", "text"),
    [
        ("listKeys('x', '2024').k", "listKeys(x, 2024).k"),
        ("'a-${listKeys('x', '2024').k}'", "a-${listKeys(x, 2024).k}"),
        ("concat('a', resourceId('T', 'n'))", "concat(a, resourceId(T, n))"),
    ],
)
def test_what_only_azure_knows_says_where_it_is_from(expression: str, text: str) -> None:
    assert output(expression) == text


def test_a_module_deploys_its_resources_for_what_it_is_given() -> None:
    source = "module part 'part.bicep' = {\n  name: 'p'\n  params: {\n    names: ['a', 'none', 'c']\n  }\n}\n"
    assert [each.id for each in deployed(source).made()] == ["A.B/things/a-0", "A.B/things/c-2"]


def test_what_is_asked_of_a_module_that_is_not_deployed_is_an_error() -> None:
    source = "module part 'part.bicep' = if (1 > 2) {\n  name: 'p'\n}\noutput it string = part.outputs.first\n"
    with pytest.raises(NotDeployedError, match=r"main\.bicep:4: \.outputs is asked of what is not deployed"):
        deployed(source)


def test_a_variable_that_needs_itself_is_an_error() -> None:
    with pytest.raises(ValueError, match="a needs itself"):
        deployed("var a = b\nvar b = a\noutput it string = a\n")


def test_a_child_has_the_id_of_its_parent_and_its_own_name() -> None:
    source = (
        "resource a 'A.B/as@2024-01-01' existing = {\n  name: 'x'\n}\n"
        "resource b 'A.B/as/bs@2024-01-01' = {\n  parent: a\n  name: 'y'\n}\noutput it string = b.properties.c\n"
    )
    deployment = deployed(source)
    assert deployment.outputs["it"] == "A.B/as/x/bs/y.properties.c"
    assert ("A.B/as/bs@2024-01-01", "properties.c") in deployment.reads


def test_every_function_that_has_a_type_has_a_value() -> None:
    assert simple_types.FUNCTIONS.keys() == functions.names()
