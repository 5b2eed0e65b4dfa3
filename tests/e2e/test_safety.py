"""What nobody should send: every route answers with a problem of the caller's, and without a key with nothing."""

import http.client
from urllib.parse import quote, urlsplit

import pytest
import requests

from shared.api.contract import OPERATIONS
from shared.api.contract.common import BAD_REQUEST
from shared.api.cursors import CURSOR

WITH_KEY = [operation for operation in OPERATIONS if not operation.anonymous]
WITHOUT_KEY = [operation for operation in OPERATIONS if operation.anonymous]
NAMES = [parameter.name for operation in OPERATIONS for parameter in operation.parameters if parameter.place == "path"]
NO_NAMES = [
    "..",
    "../../host.json",
    "..\\..\\host.json",
    "%2e%2e%2f",
    "a\0b",
    "a\r\nX-Injected: 1",
    "\x7f",
    "x" * 10_000,
    "' OR 1=1 --",
    "{id}",
    "\ud800".encode("utf-8", "surrogatepass"),
    b"\xff\xfe",
    "🙂",
    "<script>alert(1)</script>",
]
NO_CURSORS = ["W10", "e30", "MQ", "bnVsbA", "IiI", "WyJhIiwtMV0", "-", "=", "a" * 10_000, "\0", "WzFlOTk5XQ"]


def name_of(operation):
    return operation.name


@pytest.fixture
def ask(pipeline):
    """A request with a path exactly as given, which most clients would tidy up."""

    def ask(method, path, *, key=True, body=None):
        address = urlsplit(pipeline.stack.host_url)
        connection = http.client.HTTPConnection(address.hostname, address.port, timeout=60)
        connection.request(method, path, body, {"x-functions-key": pipeline.stack.key()} if key else {})
        answer = connection.getresponse()
        answer.text = answer.read().decode()
        connection.close()
        return answer

    return ask


def path_of(operation, value="nothing"):
    names = dict.fromkeys(NAMES, quote(value, safe=""))
    return f"/api/{operation.route.replace('{*', '{').format_map(names)}"


@pytest.mark.parametrize("operation", WITH_KEY, ids=name_of)
@pytest.mark.parametrize("key", [None, "", "wrong", "ü"])
def test_without_the_key_there_is_no_answer(pipeline, operation, key):
    headers = {} if key is None else {"x-functions-key": key.encode()}
    url = f"{pipeline.stack.host_url}{path_of(operation)}"
    for parameters in ({}, {"code": key or ""}):
        answer = requests.request(operation.method, url, headers=headers, params=parameters, timeout=30)
        assert (answer.status_code, answer.content) == (401, b"")


@pytest.mark.parametrize("operation", WITHOUT_KEY, ids=name_of)
def test_what_needs_no_key_shows_no_data(pipeline, operation):
    assert operation.route in ("health", "ready", "openapi.json", "docs", "dashboard", "assets/{*path}")
    answer = requests.get(f"{pipeline.stack.host_url}{path_of(operation)}", timeout=30)
    assert answer.status_code in (200, 404)


@pytest.mark.parametrize("operation", [o for o in OPERATIONS if "{" in o.route], ids=name_of)
@pytest.mark.parametrize("name", NO_NAMES, ids=repr)
def test_a_name_that_is_none_is_not_found(ask, operation, name):
    answer = ask(operation.method, path_of(operation, name))
    assert answer.status in (400, 404), answer.text
    assert "X-Injected" not in answer.headers
    if answer.text:
        assert answer.headers["content-type"] == "application/problem+json"


@pytest.mark.parametrize("operation", [o for o in OPERATIONS if CURSOR in o.parameters], ids=name_of)
@pytest.mark.parametrize("cursor", NO_CURSORS, ids=lambda cursor: repr(cursor[:20]))
def test_a_cursor_that_was_not_given_out_is_refused(ask, operation, cursor):
    answer = ask(operation.method, f"{path_of(operation)}?cursor={quote(cursor)}")
    assert answer.status in (400, 404), answer.text


@pytest.mark.parametrize("operation", [o for o in OPERATIONS if BAD_REQUEST in o.answers], ids=name_of)
@pytest.mark.parametrize("query", ["nothing=1", "top=1&top=2", "%00=%00", "%ff=%ff", "&" * 300, "a" * 20_000])
def test_parameters_that_are_none_are_refused_or_lead_to_nothing(ask, operation, query):
    assert 400 <= ask(operation.method, f"{path_of(operation)}?{query}").status < 500


@pytest.mark.parametrize(("path", "size"), [("uploads", 10_001), ("validate", 4 * 1024 * 1024 + 1)])
def test_a_body_that_is_too_large_is_refused(ask, path, size):
    answer = ask("POST", f"/api/{path}", body=b"x" * size)
    assert (answer.status, answer.headers["content-type"]) == (413, "application/problem+json")


def test_a_body_beyond_what_the_host_takes_is_refused_by_the_host(ask):
    assert ask("POST", "/api/validate", body=b"x" * (100 * 1024 * 1024 + 1)).status == 413


@pytest.mark.parametrize("body", [b"", b"\xff", b"{}", b"[" * 9000, b'{"name": "\\ud800.csv"}', b'{"name": 1e999}'])
def test_a_body_that_is_none_is_refused(ask, body):
    assert ask("POST", "/api/uploads", body=body).status == 400


@pytest.mark.parametrize("name", ["../a.csv", "/a.csv", "a\r\nX-Injected: 1.csv", "a\0.csv", "a\\b.csv"])
def test_no_address_is_given_out_for_a_name_that_leads_elsewhere(pipeline, name):
    url = f"{pipeline.stack.host_url}/api/uploads"
    answer = requests.post(url, json={"name": name}, headers={"x-functions-key": pipeline.stack.key()}, timeout=30)
    assert (answer.status_code, answer.json()["errors"][0]["parameter"]) == (400, "name")


def test_a_name_with_a_line_end_gets_into_no_header(pipeline, folder, wait_until):
    name = f"{folder}/a\nX-Injected: 1.csv"
    record = pipeline.ingest(name, b"item,amount\nx,1\ny\n" + b"z,1\n" * 9)
    answer = pipeline.get(f"files/{record['id']}/rejected", format="csv")
    assert (answer.status_code, "X-Injected" in answer.headers) == (200, False)
    assert "\n" not in answer.headers["content-disposition"]
