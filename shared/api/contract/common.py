"""What several operations have in common: paging, problems, shapes."""

from __future__ import annotations

from http import HTTPStatus
from typing import Any

from shared.api.operation import JSON, PROBLEM, Answer
from shared.api.parameters import Schema, integer

TOP = integer("top", "At most so many items on a page.", least=1, most=1000, default=100)

TEXT: Schema = {"type": "string"}
NUMBER: Schema = {"type": "integer", "minimum": 0}
TIME: Schema = {"type": "string", "format": "date-time"}
LINK: Schema = {"type": "string", "format": "uri"}


def shape(required: dict[str, Schema], optional: dict[str, Schema] | None = None) -> Schema:
    """An object with just these fields."""
    return {
        "type": "object",
        "properties": required | (optional or {}),
        "required": list(required),
        "additionalProperties": False,
    }


def listing(item: Schema, **fields: Schema) -> Schema:
    """A page of a list, with fields of its own."""
    return shape({**fields, "value": {"type": "array", "items": item}}, {"nextLink": LINK})


def nullable(schema: Schema) -> Schema:
    """The same, or null."""
    return {"anyOf": [schema, {"type": "null"}]}


MISTAKE = shape({"code": TEXT, "message": TEXT}, {"parameter": TEXT})
PROBLEM_SHAPE = shape(
    {
        "type": TEXT,
        "title": TEXT,
        "status": {"type": "integer"},
        "detail": TEXT,
        "instance": TEXT,
        "code": TEXT,
        "errors": {"type": "array", "items": MISTAKE},
    },
    {"traceId": TEXT},
)


def ok(meaning: str, schema: Schema, **others: Schema) -> Answer:
    """200 with JSON, or another content by its media type."""
    return Answer(HTTPStatus.OK, meaning, {JSON: schema, **others})


def refused(status: HTTPStatus, meaning: str) -> Answer:
    """A problem that says what is wrong."""
    return Answer(status, meaning, {PROBLEM: PROBLEM_SHAPE})


NOT_MODIFIED = Answer(HTTPStatus.NOT_MODIFIED, "The caller has this version already (`If-None-Match`).")
BAD_REQUEST = refused(HTTPStatus.BAD_REQUEST, "Parameters that are not known or make no sense; `errors` has them all.")
NOT_FOUND = refused(HTTPStatus.NOT_FOUND, "There is no such thing.")
NO_KEY = Answer(HTTPStatus.UNAUTHORIZED, "The function key is missing or wrong. The host answers, without a body.")
UNAVAILABLE = refused(HTTPStatus.SERVICE_UNAVAILABLE, "A service behind the API does not answer. Try again.")

PROBLEM_FIELDS: dict[str, Any] = {"line": nullable(NUMBER), "column": nullable(TEXT), "code": TEXT, "message": TEXT}
