"""`%SETTING%`, `{name}` and the paths of blob triggers."""

import uuid

import pytest

from devstack.host.binding_expressions import expand, parse_blob_path, resolve_settings
from devstack.host.errors import HostError


def test_settings_are_filled_in(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ENVIRONMENT", "test")
    assert resolve_settings("jobs-%ENVIRONMENT%-new", "Function 'f'") == "jobs-test-new"


def test_missing_setting_names_who_wants_it() -> None:
    with pytest.raises(HostError, match=r"^Function 'f' needs the setting NOT_THERE, which is missing"):
        resolve_settings("%NOT_THERE%", "Function 'f'")


def test_trigger_data_is_filled_in() -> None:
    assert expand("{name}-{order.id}", {"name": "a", "order": {"id": 7}}) == "a-7"


def test_names_are_case_sensitive() -> None:
    with pytest.raises(HostError, match="No value for named parameter 'Name'"):
        expand("{Name}", {"name": "a"})


def test_rand_guid_is_another_one_each_time() -> None:
    assert uuid.UUID(expand("{rand-guid}", {})) != uuid.UUID(expand("{rand-guid}", {}))


@pytest.mark.parametrize(
    ("path", "blob", "values"),
    [
        ("in/{name}", "a/b/c.csv", {"name": "a/b/c.csv"}),
        ("in/{name}.{ext}", "a.b.csv", {"name": "a.b", "ext": "csv"}),
        ("in/{folder}/{name}", "a/b/c", {"folder": "a/b", "name": "c"}),
        ("in/fixed/{name}", "other/c", None),
        ("in/{name}.csv", "A.CSV", None),
        ("in/{name}", "with\nnewline", {"name": "with\nnewline"}),
        ("in/a(b)+{name}", "a(b)+c", {"name": "c"}),
        ("in", "anything/at all", {}),
    ],
)
def test_blob_path_captures_greedily(path: str, blob: str, values: dict[str, str] | None) -> None:
    assert parse_blob_path(path, "Function 'f'").match(blob) == values


@pytest.mark.parametrize("path", ["{container}/{name}", "/name", "in/{x}{x}"])
def test_blob_path_without_a_fixed_container_or_with_a_repeated_name_is_refused(path: str) -> None:
    with pytest.raises(HostError, match="Function 'f'"):
        parse_blob_path(path, "Function 'f'")
