"""The one shape of every answer: resources, pages and problems."""

import gzip
import logging
from collections.abc import Callable
from http import HTTPStatus
from typing import Any
from urllib.parse import urlsplit

import azure.functions as func
import pytest

from shared.api.answers import WORTH_PACKING, answers, page, problem, resource
from shared.api.call import Call
from shared.api.cursors import CURSOR, decode_cursor
from shared.api.operation import Operation
from shared.api.parameters import in_path, text
from shared.errors import (
    BadRequest,
    Conflict,
    Mistake,
    NotFound,
    NotPossible,
    PipelineError,
    PlatformError,
    TooLarge,
)

type Calls = Callable[..., Any]

THINGS = Operation("list_things", "GET", "x", "Things.", (), (CURSOR, text("top", "…"), text("region", "…")))
CHILDREN = Operation("list_children", "GET", "reports/{report}", "…", (), (in_path("report", "…"), *THINGS.parameters))


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
        (TooLarge("The body has 5 bytes."), 413, "too_large"),
        (PlatformError("Could not query: secret host name"), 503, "unavailable"),
        (Conflict("changed"), 500, "conflict"),
        (ZeroDivisionError("secret"), 500, "internal"),
    ],
)
def test_an_error_becomes_the_problem_of_its_kind(
    request_of: Calls, call: Calls, error: Exception, status: int, code: str
) -> None:
    def handler(_: Call) -> func.HttpResponse:
        raise error

    answer = call(answers(THINGS)(handler), request_of())
    assert (answer.status, answer.type, answer.body["code"]) == (status, "application/problem+json", code)
    assert (answer.body["detail"] == str(error)) is (status < 500)
    assert "secret" not in answer.text


def test_every_mistake_of_a_request_is_an_error_of_its_own(request_of: Calls, call: Calls) -> None:
    def handler(_: Call) -> func.HttpResponse:
        raise BadRequest.because([Mistake("top", "is 'x': it must be a number"), Mistake("by", "is no column")])

    answer = call(answers(THINGS)(handler), request_of())
    assert answer.body["detail"] == "top: is 'x': it must be a number. by: is no column."
    assert answer.body["errors"] == [
        {"code": "bad_request", "parameter": "top", "message": "is 'x': it must be a number"},
        {"code": "bad_request", "parameter": "by", "message": "is no column"},
    ]


@pytest.mark.parametrize("error", [PlatformError("Cosmos DB does not answer."), ZeroDivisionError("the cause")])
def test_what_the_caller_is_not_told_is_in_the_log(
    request_of: Calls, call: Calls, caplog: pytest.LogCaptureFixture, error: Exception
) -> None:
    def handler(_: Call) -> func.HttpResponse:
        raise error

    with caplog.at_level(logging.ERROR):
        call(answers(THINGS)(handler), request_of())
    assert "list_things" in caplog.text
    assert str(error) in caplog.text


@pytest.mark.parametrize("error", [NotFound("x"), BadRequest("x"), NotPossible("x")])
def test_mistakes_of_the_caller_are_no_errors_of_the_app(
    request_of: Calls, call: Calls, caplog: pytest.LogCaptureFixture, error: PipelineError
) -> None:
    def handler(_: Call) -> func.HttpResponse:
        raise error

    call(answers(THINGS)(handler), request_of())
    assert caplog.records == []


def test_a_resource_is_json_as_it_is_written(call_of: Calls, read: Calls) -> None:
    answer = read(resource(call_of(THINGS), {"name": "größe", "b": 1, "a": None}))
    assert (answer.status, answer.type, answer.text) == (200, "application/json", '{"name":"größe","b":1,"a":null}')


def etag(call: Call, read: Calls, body: dict[str, Any]) -> str:
    return str(read(resource(call, body)).headers["ETag"])


def test_an_etag_is_quoted_and_follows_the_content(call_of: Calls, read: Calls) -> None:
    one = etag(call_of(THINGS), read, {"a": 1})
    assert one == etag(call_of(THINGS), read, {"a": 1})
    assert one != etag(call_of(THINGS), read, {"a": 2})
    assert one.startswith('"')
    assert one.endswith('"')


def test_an_etag_is_of_one_representation(call_of: Calls, read: Calls) -> None:
    """A strong one says that the bytes are the same: not packed and unpacked, nor of another question."""
    calls = [
        call_of(THINGS),
        call_of(THINGS, top="5"),
        call_of(THINGS, headers={"Accept-Encoding": "gzip"}),
        call_of(THINGS, headers={"Accept": "text/csv"}),
    ]
    assert len({etag(call, read, {"a": 1}) for call in calls}) == len(calls)


@pytest.mark.parametrize("known", ["{}", "W/{}", '"other", {}', '"other",W/{}', "*"])
def test_who_has_the_version_already_gets_304_and_no_body(call_of: Calls, read: Calls, known: str) -> None:
    current = etag(call_of(THINGS), read, {"a": 1})
    answer = read(resource(call_of(THINGS, headers={"If-None-Match": known.format(current)}), {"a": 1}))
    assert (answer.status, answer.text, answer.headers["ETag"]) == (304, "null", current)


@pytest.mark.parametrize("known", ['"other"', "", 'W/"other"'])
def test_who_has_another_version_gets_this_one(call_of: Calls, read: Calls, known: str) -> None:
    assert read(resource(call_of(THINGS, headers={"If-None-Match": known}), {"a": 1})).body == {"a": 1}


def test_an_answer_may_be_kept_by_the_caller_alone_and_is_asked_for_again(call_of: Calls, read: Calls) -> None:
    headers = read(resource(call_of(THINGS), {"a": 1})).headers
    assert (headers["Cache-Control"], headers["Vary"]) == ("private, no-cache", "Accept, Accept-Encoding")


LARGE = {"text": "x" * WORTH_PACKING}


def test_a_large_answer_is_packed_for_who_takes_that(call_of: Calls) -> None:
    answer = resource(call_of(THINGS, headers={"Accept-Encoding": "br, gzip;q=0.8"}), LARGE)
    assert answer.headers["Content-Encoding"] == "gzip"
    assert LARGE["text"].encode() in gzip.decompress(answer.get_body())


@pytest.mark.parametrize("encodings", ["", "br", "gzip;q=0", "identity"])
def test_who_does_not_take_packed_answers_gets_none(call_of: Calls, encodings: str) -> None:
    answer = resource(call_of(THINGS, headers={"Accept-Encoding": encodings}), LARGE)
    assert "Content-Encoding" not in answer.headers


def test_a_small_answer_is_not_packed(call_of: Calls) -> None:
    assert "Content-Encoding" not in resource(call_of(THINGS, headers={"Accept-Encoding": "gzip"}), {"a": 1}).headers


def test_the_last_page_has_no_next_link(call_of: Calls, read: Calls) -> None:
    assert read(page(call_of(THINGS), [{"a": 1}])).body == {"value": [{"a": 1}]}


def test_the_next_link_is_absolute_and_keeps_the_parameters(call_of: Calls, read: Calls, following: Calls) -> None:
    call = call_of(
        CHILDREN, path="/api/reports/a b?/c", route={"report": "a b?/c"}, top="2", region="nörd & süd", cursor="Im9sZCI"
    )
    answer = read(page(call, [], ["2026", 2]))
    assert answer.body["nextLink"].startswith("https://app.example/api/reports/a%20b%3F%2Fc?")
    parameters = following(answer)
    assert decode_cursor(parameters.pop("cursor")) == ["2026", 2]
    assert parameters == {"top": "2", "region": "nörd & süd"}


def test_the_next_link_keeps_parameters_that_come_several_times(call_of: Calls, read: Calls) -> None:
    every = Operation("x", "GET", "x", "…", (), (CURSOR,), filters=True)
    link = read(page(call_of(every, query="region=a&region=b"), [], 1)).body["nextLink"]
    assert "region=a&region=b&cursor=" in link


def test_the_next_link_does_not_hand_on_the_function_key(call_of: Calls, read: Calls) -> None:
    answer = read(page(call_of(THINGS, code="secret", top="2"), [], "position"))
    assert "secret" not in answer.text
    assert "code" not in urlsplit(answer.body["nextLink"]).query


def test_a_page_can_have_fields_of_its_own(call_of: Calls, read: Calls) -> None:
    assert read(page(call_of(THINGS), [], None, {"period": "2026"})).body == {"period": "2026", "value": []}
