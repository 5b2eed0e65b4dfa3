"""Requests as calls: typed arguments, and every mistake named."""

import base64
import json
from collections.abc import Callable
from typing import Any

import pytest

from shared.api.call import MOST_ARGUMENTS
from shared.api.contract.common import TOP
from shared.api.cursors import CURSOR, decode_cursor, encode_cursor
from shared.api.operation import Body, Operation
from shared.api.parameters import Parameter, choice, flag, in_path, text
from shared.errors import BadRequest, TooLarge

type Calls = Callable[..., Any]

COLOUR = choice("colour", "…", ("red", "green"))
LOUD = flag("loud", "…")
NAME = text("name", "…", longest=5, pattern="[a-z]+")
TAG = Parameter[str]("tag", "…", {}, str, "", repeatable=True)
ID = in_path("id", "…")
THINGS = Operation("things", "GET", "x/{id}", "…", (), (TOP, CURSOR, COLOUR, LOUD, NAME, TAG, ID))
NOTHING = Operation("nothing", "GET", "x", "…", ())
ANYTHING = Operation("anything", "GET", "x", "…", (), (TOP,), filters=True)


def things(call_of: Calls, **arguments: Any) -> Any:
    return call_of(THINGS, route={"id": "7"}, **arguments)


def test_without_arguments_there_are_the_defaults(call_of: Calls) -> None:
    call = things(call_of, code="secret")
    assert (call[TOP], call[CURSOR], call[COLOUR], call[LOUD], call.every(TAG)) == (100, None, None, False, ())


def test_arguments_are_values_of_their_types(call_of: Calls) -> None:
    call = things(call_of, query="top=7&colour=red&loud=true&name=abc&tag=a&tag=b")
    assert (call[TOP], call[COLOUR], call[LOUD], call[NAME], call.every(TAG)) == (7, "red", True, "abc", ("a", "b"))


def test_a_part_of_the_route_is_an_argument_too(call_of: Calls) -> None:
    assert things(call_of)[ID] == "7"


@pytest.mark.parametrize("top", ["0", "1001", "-1", "1.5", "ten", "", "٥", " 5", "9" * 5000])
def test_a_top_out_of_bounds_is_refused(call_of: Calls, top: str) -> None:
    with pytest.raises(BadRequest, match=r"top: .* from 1 to 1000"):
        things(call_of, top=top)


@pytest.mark.parametrize("top", ["1", "1000"])
def test_the_bounds_of_top_are_allowed(call_of: Calls, top: str) -> None:
    assert things(call_of, top=top)[TOP] == int(top)


@pytest.mark.parametrize(
    ("query", "says"),
    [
        ("colour=blue", "colour: is 'blue': it must be one of red, green."),
        ("loud=yes", "loud: is 'yes': it must be true or false."),
        ("name=ab1", "must match"),
        ("name=abcdef", "at most 5 characters"),
        ("top=1&top=2", "top: is given more than once."),
    ],
)
def test_a_value_that_makes_no_sense_is_told_what_it_must_be(call_of: Calls, query: str, says: str) -> None:
    with pytest.raises(BadRequest) as refused:
        things(call_of, query=query)
    assert says in str(refused.value)


def test_every_mistake_is_named_at_once(call_of: Calls) -> None:
    with pytest.raises(BadRequest) as refused:
        things(call_of, query="top=x&filter=1&colour=blue")
    assert [mistake.parameter for mistake in refused.value.mistakes] == ["top", "filter", "colour"]


def test_an_unknown_parameter_is_refused_with_those_there_are(call_of: Calls) -> None:
    with pytest.raises(BadRequest, match=r"filter: there is no such parameter. This request takes top, cursor, colour"):
        things(call_of, filter="x")


def test_where_there_are_none_every_parameter_is_refused(call_of: Calls) -> None:
    with pytest.raises(BadRequest, match=r"a: .* takes none\. b: .* takes none"):
        call_of(NOTHING, a="1", b="2")


def test_the_function_key_is_no_parameter(call_of: Calls) -> None:
    call_of(NOTHING, code="secret")


def test_an_operation_with_filters_takes_any_other_name(call_of: Calls) -> None:
    call = call_of(ANYTHING, query="region=a&region=b&top=2&x=")
    assert (call[TOP], call.filters) == (2, {"region": ("a", "b"), "x": ("",)})


def test_too_many_arguments_are_refused_before_they_are_read(call_of: Calls) -> None:
    with pytest.raises(BadRequest, match="more than 200 arguments"):
        call_of(ANYTHING, query="&".join(f"a{n}=1" for n in range(MOST_ARGUMENTS + 1)))


def test_a_long_value_is_not_sent_back_whole(call_of: Calls) -> None:
    with pytest.raises(BadRequest) as refused:
        things(call_of, colour="x" * 5000)
    assert len(str(refused.value)) < 250


POST = Operation("post", "POST", "x", "…", (), body=Body("…", {}, most=10))


def test_a_body_is_read_as_json(call_of: Calls) -> None:
    assert call_of(POST, body=b'{"a":1}').json() == {"a": 1}


@pytest.mark.parametrize("body", [b"", b"{", b"\xff", b"[" * 10])
def test_a_body_that_is_no_json_is_refused(call_of: Calls, body: bytes) -> None:
    with pytest.raises(BadRequest, match="The body is not JSON"):
        call_of(POST, body=body).json()


def test_a_body_that_is_too_large_is_refused(call_of: Calls) -> None:
    with pytest.raises(TooLarge, match="11 bytes; this request takes at most 10"):
        call_of(POST, body=b"x" * 11).body()


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
def test_a_cursor_that_was_never_given_out_is_refused(call_of: Calls, cursor: str) -> None:
    with pytest.raises(BadRequest, match="cursor"):
        things(call_of, cursor=cursor)


def test_cursors_are_json_inside() -> None:
    assert json.loads(base64.urlsafe_b64decode(encode_cursor(["a", 1]) + "==")) == ["a", 1]
