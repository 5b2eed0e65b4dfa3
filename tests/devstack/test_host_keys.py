"""Who may call what, with keys on."""

import json
import stat
from collections.abc import Callable
from pathlib import Path

import pytest

from devstack.host.errors import HostError
from devstack.host.keys import load_keys
from tests.devstack.conftest import RunningHost, StartHost

KEYS = {"master": "master-key", "default": "default-key", "systemKeys": {"blobs_extension": "system-key"}}


def test_keys_are_made_once_and_only_their_owner_may_read_them(tmp_path: Path) -> None:
    path = tmp_path / "state" / "keys.json"
    made = load_keys(path)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert load_keys(path) == made
    assert len({made.master, made.default, made.system["blobs_extension"]}) == 3


@pytest.mark.parametrize("content", ["{}", '{"master": "", "default": "x", "systemKeys": {}}', "not JSON"])
def test_key_file_that_is_not_right_is_refused(tmp_path: Path, content: str) -> None:
    path = tmp_path / "keys.json"
    path.write_text(content)
    with pytest.raises(HostError, match=r"keys\.json"):
        load_keys(path)


@pytest.fixture(scope="module")
def host(copy_app: Callable[[str], Path], start_host: StartHost) -> RunningHost:
    root = copy_app("http")
    (root / "keys.json").write_text(json.dumps(KEYS))
    return start_host(root, None, "--keys", str(root / "keys.json"))


@pytest.mark.parametrize(
    ("path", "key", "status"),
    [
        ("/api/echo", None, 200),
        ("/api/for-function", None, 401),
        ("/api/for-function", "wrong", 401),
        ("/api/for-function", "system-key", 401),
        ("/api/for-function", "default-key", 200),
        ("/api/for-function", "master-key", 200),
        ("/api/for-admin", "default-key", 401),
        ("/api/for-admin", "master-key", 200),
        ("/admin/host/status", None, 401),
        ("/admin/host/status", "default-key", 401),
        ("/admin/host/status", "master-key", 200),
    ],
)
def test_level_decides_which_key_opens(host: RunningHost, path: str, key: str | None, status: int) -> None:
    headers = {"x-functions-key": key} if key else {}
    assert host.request("GET", path, headers=headers).status == status


def test_key_may_come_in_the_query(host: RunningHost) -> None:
    assert host.request("GET", "/api/for-function?code=default-key").status == 200


def test_header_is_looked_at_before_the_query(host: RunningHost) -> None:
    answer = host.request("GET", "/api/for-function?code=default-key", headers={"x-functions-key": "wrong"})
    assert (answer.status, answer.data) == (401, b"")
