"""HTTP functions behind the real server."""

import re
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.devstack.conftest import RunningHost, StartHost


@pytest.fixture(scope="module")
def host(copy_app: Callable[[str], Path], start_host: StartHost) -> RunningHost:
    return start_host(copy_app("http"))


def test_start_shows_functions_with_methods_and_urls(host: RunningHost) -> None:
    assert f"item_latest: [GET,HEAD] {host.url}/api/items/latest" in host.log
    assert f"echo: [all methods] {host.url}/api/echo/{{name?}}" in host.log


def test_function_sees_the_request(host: RunningHost) -> None:
    answer = host.request(
        "POST", "/api/echo/a%20b%2Fc?x=1&y=%20&x=2", body=b"hello", headers={"X-Mixed-Case": "1"}
    ).json()
    assert answer["method"] == "POST"
    assert answer["url"] == f"{host.url}/api/echo/a b%2Fc?x=1&y=%20&x=2"
    assert answer["route"] == {"name": "a b%2Fc"}
    assert answer["query"] == {"x": "1,2", "y": " "}
    assert answer["headers"]["x-mixed-case"] == "1"
    assert answer["body"] == "hello"


def test_no_key_is_asked_for_without_a_key_file(host: RunningHost) -> None:
    assert host.request("GET", "/api/for-admin").status == 200


@pytest.mark.parametrize(
    ("path", "body"),
    [("/api/items/12", b"number 12"), ("/api/items/twelve", b"name twelve"), ("/api/ITEMS/Latest", b"latest")],
)
def test_most_specific_route_answers(host: RunningHost, path: str, body: bytes) -> None:
    assert host.request("GET", path).data == body


@pytest.mark.parametrize(
    ("method", "path"),
    [("POST", "/api/items/12"), ("HEAD", "/api/items/12"), ("GET", "/api/nothing"), ("GET", "/items/12"), ("GET", "/")],
)
def test_wrong_method_or_path_answers_404(host: RunningHost, method: str, path: str) -> None:
    answer = host.request(method, path)
    assert (answer.status, answer.data) == (404, b"")


def test_head_has_the_headers_without_the_body(host: RunningHost) -> None:
    answer = host.request("HEAD", "/api/items/latest")
    assert (answer.status, answer.headers["content-length"], answer.data) == (200, "6", b"")


@pytest.mark.parametrize(("status", "body"), [(200, b"body"), (204, b""), (304, b""), (404, b"body"), (503, b"body")])
def test_status_headers_and_body_arrive(host: RunningHost, status: int, body: bytes) -> None:
    answer = host.request("GET", f"/api/answer/{status}")
    assert (answer.status, answer.data) == (status, body)
    assert (answer.headers["etag"], answer.headers["x-some"]) == ('"1"', "thing")
    assert answer.headers["set-cookie"] == "a=b; Max-Age=60; Path=/; SameSite=Lax; HttpOnly"


@pytest.mark.parametrize("status", [204, 304])
def test_answer_without_a_body_has_no_length_either(host: RunningHost, status: int) -> None:
    headers = host.request("GET", f"/api/answer/{status}").headers
    assert "content-length" not in headers
    assert "transfer-encoding" not in headers


def test_exception_answers_500_with_an_empty_body_and_is_logged(host: RunningHost) -> None:
    answer = host.request("GET", "/api/fail")
    assert (answer.status, answer.data) == (500, b"")
    host.wait_for(r"Executed 'Functions\.fail' \(Failed, \d+ ms, .*\): ValueError: this one always fails\nTraceback")


def test_function_that_exits_does_not_end_the_host(host: RunningHost) -> None:
    assert host.request("GET", "/api/exit").status == 500
    assert host.request("GET", "/api/echo").status == 200


@pytest.mark.parametrize("kind", ["sync", "async"])
def test_function_that_takes_too_long_is_given_up(host: RunningHost, kind: str) -> None:
    assert host.request("GET", f"/api/slow-{kind}").status == 500
    host.wait_for(rf"Functions\.slow_{kind}' \(Failed.*Timeout value of 1 s exceeded")


def test_trace_parent_of_the_caller_reaches_the_function(host: RunningHost) -> None:
    sent = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"
    assert host.request("GET", "/api/echo", headers={"traceparent": sent}).json()["trace_parent"] == sent


@pytest.mark.parametrize("sent", ["nonsense", "00-00000000000000000000000000000000-b7ad6b7169203331-01"])
def test_a_new_trace_begins_where_the_caller_sent_no_valid_one(host: RunningHost, sent: str) -> None:
    made = [host.request("GET", "/api/echo", headers={"traceparent": sent}).json()["trace_parent"] for _ in range(2)]
    assert all(re.fullmatch(r"00-[0-9a-f]{32}-[0-9a-f]{16}-01", parent) for parent in made)
    assert made[0] != made[1]


def test_logs_of_functions_show_time_function_and_level(host: RunningHost) -> None:
    host.request("GET", "/api/log?text=hello")
    host.wait_for(r"\[\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z\] \[log\] INFO an async function says hello")
    assert "nobody sees this" not in host.log


def test_output_has_no_colours_when_it_is_not_a_terminal(host: RunningHost) -> None:
    assert "\x1b" not in host.log


def test_admin_status_says_running(host: RunningHost) -> None:
    assert host.request("GET", "/admin/host/status").json()["state"] == "Running"


def test_admin_lists_functions_with_their_bindings(host: RunningHost) -> None:
    functions = {each["name"]: each for each in host.request("GET", "/admin/functions").json()}
    assert functions["item_by_number"]["config"]["bindings"][0]["route"] == "items/{id:int}"
    assert host.request("GET", "/admin/functions/ECHO").json()["name"] == "echo"
    assert host.request("GET", "/admin/functions/nobody").status == 404
