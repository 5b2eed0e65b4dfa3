"""Route templates, as ASP.NET understands them."""

import pytest

from devstack.host.errors import HostError
from devstack.host.routes import parse_route


def match(template: str, path: str) -> dict[str, str] | None:
    return parse_route(template, "Function 'f'").match(path)


@pytest.mark.parametrize(
    ("template", "path", "values"),
    [
        ("api/files", "/api/files", {}),
        ("api/files", "/API/Files/", {}),
        ("api/files/{id}", "/api/files/A b", {"id": "A b"}),
        ("api/files/{id}", "/api/files", None),
        ("api/files/{id}", "/api/files/a/b", None),
        ("api/files/{id?}", "/api/files", {}),
        ("api/files/{id?}", "/api/files/a", {"id": "a"}),
        ("api/files/{id:int}", "/api/files/-12", {"id": "-12"}),
        ("api/files/{id:int}", "/api/files/twelve", None),
        ("api/files/{id:int}", "/api/files/99999999999", None),
        ("api/files/{id:long}", "/api/files/99999999999", {"id": "99999999999"}),
        (
            "api/files/{id:guid}",
            "/api/files/0f8fad5b-d9cb-469f-a165-70867728950e",
            {"id": "0f8fad5b-d9cb-469f-a165-70867728950e"},
        ),
        ("api/files/{id:guid}", "/api/files/0f8fad5b", None),
        ("api/flag/{on:bool}", "/api/flag/True", {"on": "True"}),
        ("api/{*rest}", "/api/a/b/c", {"rest": "a/b/c"}),
        ("api/{*rest}", "/api", {}),
        ("api/{name}.{ext}", "/api/a.b.csv", {"name": "a.b", "ext": "csv"}),
        ("api/v{version}", "/api/v2", {"version": "2"}),
    ],
)
def test_template_matches_path(template: str, path: str, values: dict[str, str] | None) -> None:
    assert match(template, path) == values


def test_more_specific_routes_come_first() -> None:
    templates = ["a/{*rest}", "a/{x}", "a", "a/{x:int}", "a/{x}/b", "a/b"]
    routes = sorted((parse_route(template, "f") for template in templates), key=lambda route: route.order())
    assert [route.template for route in routes] == ["a/b", "a/{x:int}", "a/{x}/b", "a/{x}", "a/{*rest}", "a"]


@pytest.mark.parametrize("template", ["a/{x:lenght(3)}", "a/{x", "a/{x=5}"])
def test_template_this_host_does_not_understand_is_refused(template: str) -> None:
    with pytest.raises(HostError, match="Function 'f'"):
        match(template, "/a/b")
