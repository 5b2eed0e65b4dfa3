"""The one shape of every answer: resources, pages and problems."""

import base64
import json
import logging
from collections.abc import Callable
from http import HTTPStatus
from typing import Any
from urllib.parse import urlsplit

import azure.functions as func
import pytest

from shared.errors import BadRequest, Conflict, NotFound, NotPossible, PipelineError, PlatformError
from shared.http import answers, check_parameters, decode_cursor, encode_cursor, page, paging, problem, resource

type Calls = Callable[..., Any]


def test_a_problem_has_the_fields_of_rfc_9457_and_a_code(request_of: Calls, read: Calls) -> None:
    answer = read(problem(request_of("/api/files/ä b", top="5"), HTTPStatus.NOT_FOUND, "not_found", "There is none."))
    assert (answer.status, answer.type) == (404, "application/problem+json")
    assert answer.body == {
        "type": "about:blank",
        "title": "Not Found",
        "status": 404,
        "detail": "There is none.",
        "instance": "/api/files/%C3%A4%20b",
        "code": "not_found",
        "errors": [],
    }


@pytest.mark.parametrize(
    ("error", "status", "code"),
    [
        (NotFound("There is no report 'x'."), 404, "not_found"),
        (BadRequest("top is 'x'."), 400, "bad_request"),
        (NotPossible("The upload is gone."), 409, "not_possible"),
        (PlatformError("Could not query: secret host name"), 503, "unavailable"),
        (Conflict("changed"), 500, "conflict"),
        (ZeroDivisionError("secret"), 500, "internal"),
    ],
)
def test_an_error_becomes_the_problem_of_its_kind(
    request_of: Calls, call: Calls, error: Exception, status: int, code: str
) -> None:
    def handler(req: func.HttpRequest) -> func.HttpResponse:
        raise error

    answer = call(answers(handler), request_of())
    assert (answer.status, answer.type, answer.body["code"]) == (status, "application/problem+json", code)
    assert (answer.body["detail"] == str(error)) is (status < 500)
    assert "secret" not in answer.text


@pytest.mark.parametrize("error", [PlatformError("Cosmos DB does not answer."), ZeroDivisionError("the cause")])
def test_what_the_caller_is_not_told_is_in_the_log(
    request_of: Calls, call: Calls, caplog: pytest.LogCaptureFixture, error: Exception
) -> None:
    def list_things(req: func.HttpRequest) -> func.HttpResponse:
        raise error

    with caplog.at_level(logging.ERROR):
        call(answers(list_things), request_of())
    assert "list_things" in caplog.text
    assert str(error) in caplog.text


@pytest.mark.parametrize("error", [NotFound("x"), BadRequest("x"), NotPossible("x")])
def test_mistakes_of_the_caller_are_no_errors_of_the_app(
    request_of: Calls, call: Calls, caplog: pytest.LogCaptureFixture, error: PipelineError
) -> None:
    def handler(req: func.HttpRequest) -> func.HttpResponse:
        raise error

    call(answers(handler), request_of())
    assert caplog.records == []


def test_a_resource_is_json_as_it_is_written(request_of: Calls, read: Calls) -> None:
    answer = read(resource(request_of(), {"name": "größe", "b": 1, "a": None}))
    assert (answer.status, answer.type, answer.text) == (200, "application/json", '{"name":"größe","b":1,"a":null}')


def etag(request_of: Calls, read: Calls, body: dict[str, Any]) -> str:
    return str(read(resource(request_of(), body)).headers["ETag"])


def test_an_etag_is_quoted_and_follows_the_content(request_of: Calls, read: Calls) -> None:
    one = etag(request_of, read, {"a": 1})
    assert one == etag(request_of, read, {"a": 1})
    assert one != etag(request_of, read, {"a": 2})
    assert one.startswith('"')
    assert one.endswith('"')


@pytest.mark.parametrize("known", ["{}", "W/{}", '"other", {}', '"other",W/{}', "*"])
def test_who_has_the_version_already_gets_304_and_no_body(request_of: Calls, read: Calls, known: str) -> None:
    current = etag(request_of, read, {"a": 1})
    answer = read(resource(request_of(headers={"If-None-Match": known.format(current)}), {"a": 1}))
    assert (answer.status, answer.text, answer.headers["ETag"]) == (304, "null", current)


@pytest.mark.parametrize("known", ['"other"', "", 'W/"other"'])
def test_who_has_another_version_gets_this_one(request_of: Calls, read: Calls, known: str) -> None:
    assert read(resource(request_of(headers={"If-None-Match": known}), {"a": 1})).body == {"a": 1}


def test_the_last_page_has_no_next_link(request_of: Calls, read: Calls) -> None:
    assert read(page(request_of(), "x", [{"a": 1}])).body == {"value": [{"a": 1}]}


def test_the_next_link_is_absolute_and_keeps_the_parameters(request_of: Calls, read: Calls, following: Calls) -> None:
    req = request_of("/api/reports/a b?/c", route={"report": "a b?/c"}, top="2", region="nörd & süd", cursor="old")
    answer = read(page(req, "reports/{report}", [], ["2026", 2]))
    assert answer.body["nextLink"].startswith("https://app.example/api/reports/a%20b%3F%2Fc?")
    parameters = following(answer)
    assert decode_cursor(parameters.pop("cursor")) == ["2026", 2]
    assert parameters == {"top": "2", "region": "nörd & süd"}


def test_the_next_link_does_not_hand_on_the_function_key(request_of: Calls, read: Calls) -> None:
    answer = read(page(request_of(code="secret", top="2"), "x", [], "position"))
    assert "secret" not in answer.text
    assert "code" not in urlsplit(answer.body["nextLink"]).query


def test_a_page_can_have_fields_of_its_own(request_of: Calls, read: Calls) -> None:
    assert read(page(request_of(), "x", [], None, {"period": "2026"})).body == {"period": "2026", "value": []}


def test_a_list_begins_at_its_start_with_100(request_of: Calls) -> None:
    assert paging(request_of(code="secret")) == (100, None)


@pytest.mark.parametrize("top", ["0", "1001", "-1", "1.5", "ten", "", "٥", " 5", "9" * 5000])
def test_a_top_out_of_bounds_is_refused(request_of: Calls, top: str) -> None:
    with pytest.raises(BadRequest, match="from 1 to 1000"):
        paging(request_of(top=top))


@pytest.mark.parametrize("top", ["1", "1000"])
def test_the_bounds_of_top_are_allowed(request_of: Calls, top: str) -> None:
    assert paging(request_of(top=top))[0] == int(top)


@pytest.mark.parametrize("position", ["2026-11-20 a", ["2026", 3], ["größe/%#", 0]])
def test_a_cursor_comes_back_and_is_safe_in_urls(position: object) -> None:
    cursor = encode_cursor(position)
    assert decode_cursor(cursor) == position
    assert cursor.replace("-", "").replace("_", "").isalnum()


def encoded(text: str) -> str:
    return base64.urlsafe_b64encode(text.encode()).decode().rstrip("=")


@pytest.mark.parametrize(
    "cursor",
    [
        "x",
        "äöü",
        "bm8",
        "ey!",
        encoded("null"),
        encoded('["2026", 3]'),  # with a space that the API does not write
        encoded('["2026",3]') + "=",
        encoded('"\\ud800"'),
        encoded("[" * 20_000),
        encoded("9" * 5000),
        encoded("NaN"),
    ],
)
def test_a_cursor_that_was_never_given_out_is_refused(cursor: str) -> None:
    with pytest.raises(BadRequest, match="cursor"):
        decode_cursor(cursor)


def test_an_unknown_parameter_is_refused_with_those_there_are(request_of: Calls) -> None:
    with pytest.raises(BadRequest, match=r"no parameter 'filter'\. It takes top, cursor"):
        paging(request_of(filter="x"))


def test_where_there_are_none_every_parameter_is_refused(request_of: Calls) -> None:
    with pytest.raises(BadRequest, match=r"'a', 'b'\. It takes none"):
        check_parameters(request_of(a="1", b="2"))


def test_the_function_key_is_no_parameter(request_of: Calls) -> None:
    check_parameters(request_of(code="secret"))


def test_cursors_are_json_inside() -> None:
    assert json.loads(base64.urlsafe_b64decode(encode_cursor(["a", 1]) + "==")) == ["a", 1]
