"""The dashboard and the files it is made of: which are served, how, and what a page of them may do."""

import gzip
import re
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any
from urllib.parse import urljoin

import azure.functions as func
import pytest

from blueprints import web
from shared.settings import StorageSettings
from shared.web import FOLDER, blob_origin, files

OWN = [name for name in files() if not name.startswith("vendor/")]
SCRIPTS = [name for name in OWN if name.endswith(".js")]
CHART = "vendor/chart.js-4.6.1/chart.umd.min.js"

type Get = Callable[..., func.HttpResponse]


@pytest.fixture
def page(request_of: Any, monkeypatch: pytest.MonkeyPatch) -> Get:
    """GET /api/dashboard."""
    storage = StorageSettings(blob_endpoint="https://account.blob.core.windows.net/")
    monkeypatch.setattr("shared.configuration.settings", lambda: SimpleNamespace(storage=storage))
    return lambda **headers: web.dashboard(request_of("/api/dashboard", headers=_named(headers)))


@pytest.fixture
def asset(request_of: Any) -> Get:
    """GET /api/assets/{path}."""
    return lambda path, **headers: web.asset(request_of(headers=_named(headers), route={"path": path}))


def _named(headers: dict[str, str]) -> dict[str, str]:
    return {name.replace("_", "-"): value for name, value in headers.items()}


def policy_of(response: func.HttpResponse) -> dict[str, list[str]]:
    rules = (rule.split() for rule in response.headers["Content-Security-Policy"].split(";"))
    return {name: values for name, *values in rules}


def test_the_dashboard_is_a_page(page: Get) -> None:
    answer = page()
    assert (answer.status_code, answer.mimetype) == (200, "text/html")
    assert b"<!doctype html>" in answer.get_body()


@pytest.mark.parametrize(
    ("path", "media_type"),
    [("dashboard/main.js", "text/javascript"), ("dashboard/page.css", "text/css"), ("icon.svg", "image/svg+xml")],
)
def test_a_file_is_served_as_it_is_with_its_type(asset: Get, path: str, media_type: str) -> None:
    answer = asset(path)
    assert (answer.status_code, answer.mimetype) == (200, media_type)
    assert answer.get_body() == (FOLDER / path).read_bytes()


@pytest.mark.parametrize(
    "path",
    [
        "",
        ".",
        "nothing.js",
        "dashboard",
        "dashboard/",
        "dashboard.html",  # it has an address of its own, and a policy with it
        "../host.json",
        "dashboard/../../host.json",
        "dashboard/../icon.svg",
        "..%2fhost.json",
        "..\\host.json",
        "/etc/passwd",
        "//icon.svg",
        "icon.svg\0",
        "ICON.SVG",
    ],
)
def test_only_known_files_are_served(asset: Get, path: str) -> None:
    answer = asset(path)
    assert (answer.status_code, answer.get_body()) == (404, b"")


def test_a_file_that_comes_later_is_not_served(asset: Get, tmp_path: Path) -> None:
    assert files(tmp_path) == {}
    (tmp_path / "late.js").write_text("1")
    assert files(tmp_path) == {}


def test_a_file_of_a_kind_that_no_page_uses_is_not_served(tmp_path: Path) -> None:
    for name in ("a.js", "notes.txt", "key.pem", "a.js.map"):
        (tmp_path / name).write_text("1")
    assert list(files(tmp_path)) == ["a.js"]


def test_the_policy_of_the_page_lets_it_do_nothing_that_it_need_not(page: Get) -> None:
    assert policy_of(page()) == {
        "default-src": ["'none'"],
        "script-src": ["'self'"],
        "style-src": ["'self'"],
        "img-src": ["'self'", "data:"],
        "connect-src": ["'self'", "https://account.blob.core.windows.net"],
        "base-uri": ["'none'"],
        "form-action": ["'none'"],
        "frame-ancestors": ["'none'"],
        "require-trusted-types-for": ["'script'"],
        "trusted-types": ["'none'"],
    }


@pytest.mark.parametrize("path", ["dashboard/main.js", "icon.svg", "nothing.js"])
def test_a_browser_does_not_guess_what_a_file_is(asset: Get, path: str) -> None:
    assert asset(path).headers["X-Content-Type-Options"] == "nosniff"


def test_the_page_tells_nobody_where_its_users_come_from(page: Get) -> None:
    assert page().headers["Referrer-Policy"] == "no-referrer"


def test_a_caller_who_takes_gzip_gets_it(asset: Get) -> None:
    answer = asset(CHART, accept_encoding="br, gzip")
    assert answer.headers["Content-Encoding"] == "gzip"
    assert gzip.decompress(answer.get_body()) == (FOLDER / CHART).read_bytes()


@pytest.mark.parametrize("encoding", ["", "br", "gzip;q=0", "identity"])
def test_who_does_not_take_gzip_does_not_get_it(asset: Get, encoding: str) -> None:
    assert "Content-Encoding" not in asset(CHART, accept_encoding=encoding).headers


def test_caches_keep_packed_and_plain_apart(asset: Get) -> None:
    plain, packed = asset(CHART), asset(CHART, accept_encoding="gzip")
    assert plain.headers["ETag"] != packed.headers["ETag"]
    assert plain.headers["Vary"] == packed.headers["Vary"] == "Accept-Encoding"


@pytest.mark.parametrize("encoding", ["", "gzip"])
def test_who_has_a_file_already_is_told_so(asset: Get, encoding: str) -> None:
    first = asset(CHART, accept_encoding=encoding)
    again = asset(CHART, accept_encoding=encoding, if_none_match=f'"other", {first.headers["ETag"]}')
    assert (again.status_code, again.get_body(), again.headers["ETag"]) == (304, b"", first.headers["ETag"])


def test_another_version_is_sent_whole(asset: Get) -> None:
    assert asset(CHART, if_none_match='"other"').status_code == 200


def test_a_vendored_file_is_kept_for_good_and_others_are_asked_for_again(asset: Get, page: Get) -> None:
    assert "immutable" in asset(CHART).headers["Cache-Control"]
    assert asset("dashboard/main.js").headers["Cache-Control"] == page().headers["Cache-Control"] == "no-cache"


@pytest.mark.parametrize(
    ("settings", "origin"),
    [
        (StorageSettings(blob_endpoint="https://a.blob.core.windows.net/"), "https://a.blob.core.windows.net"),
        (
            StorageSettings("DefaultEndpointsProtocol=http;BlobEndpoint=http://127.0.0.1:10000/dev;AccountKey=ab=="),
            "http://127.0.0.1:10000",
        ),
        (
            StorageSettings("DefaultEndpointsProtocol=https;AccountName=a;AccountKey=b==;EndpointSuffix=core.x.cn"),
            "https://a.blob.core.x.cn",
        ),
        (StorageSettings("AccountName=a;AccountKey=b=="), "https://a.blob.core.windows.net"),
        (StorageSettings("UseDevelopmentStorage=true"), "http://127.0.0.1:10000"),
    ],
)
def test_the_storage_that_a_page_may_reach_is_that_of_the_settings(settings: StorageSettings, origin: str) -> None:
    assert blob_origin(settings) == origin


@pytest.mark.parametrize("name", SCRIPTS)
def test_text_never_becomes_html(name: str) -> None:
    ways = r"innerHTML|outerHTML|insertAdjacentHTML|document\.write|DOMParser|\beval\(|new Function|srcdoc|setHTML"
    assert re.findall(ways, (FOLDER / name).read_text()) == []


@pytest.mark.parametrize("name", [name for name in OWN if name.startswith("dashboard/") and name.endswith(".js")])
def test_a_module_imports_what_is_there(name: str) -> None:
    imports = re.findall(r'^import (?:.* from )?"(.+?)";$', (FOLDER / name).read_text(), re.MULTILINE)
    assert [path for path in imports if urljoin(name, path) not in files()] == []


def test_the_page_is_made_of_files_that_are_there() -> None:
    named = re.findall(r'(?:src|href)="assets/(.+?)"', (FOLDER / "dashboard.html").read_text())
    assert named
    assert [path for path in named if path not in files()] == []


@pytest.mark.parametrize("name", [name for name in OWN if name.startswith("dashboard")])
def test_nothing_comes_from_elsewhere(name: str) -> None:
    addresses = re.findall(r"https?://[^\s\"'`]+", (FOLDER / name).read_text())
    assert [address for address in addresses if address != "http://www.w3.org/2000/svg"] == []


@pytest.mark.parametrize("folder", sorted((FOLDER / "vendor").iterdir()), ids=lambda folder: folder.name)
def test_what_is_vendored_comes_with_its_version_and_licence(folder: Path) -> None:
    assert re.fullmatch(r".+-\d+\.\d+\.\d+", folder.name)
    assert [path.name for path in folder.iterdir() if "LICENSE" in path.name.upper()]
