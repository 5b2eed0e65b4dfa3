"""The contract as an OpenAPI 3.1 document: made of the declarations that handlers read, so it says what they do."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import cache
from http import HTTPStatus
from typing import Any

from shared.api.call import KEY_PARAMETER, ROUTE_PREFIX
from shared.api.contract import OPERATIONS, common, datasets, files, reports, service, uploads, validate
from shared.api.operation import TRACE_HEADER, Answer, Body, Operation
from shared.api.parameters import Parameter, Schema

OPENAPI = "3.1.1"
VERSION = "1.0.0"  # of the contract: the first number changes where a caller would have to change
ABOUT = """\
Ask for reports as JSON, CSV or NDJSON, see what became of every uploaded file, upload more.

Lists come as `{"value": [...], "nextLink": "…"}`: follow `nextLink` until there is none. Mistakes are answered with a
problem document (RFC 9457) whose `errors` has all of them. Send an answer's `ETag` as `If-None-Match`, and what has not
changed is not sent again. Data is for those who have a function key."""

SERVICE = "service"
TAGS = {
    "reports": "Aggregates over all files of a dataset, kept up to date.",
    "files": "What became of every upload, and what can be done with one.",
    "uploads": "Bringing in files without keys to the storage.",
    "validate": "Trying a file without keeping it.",
    "datasets": "The definitions, as understood.",
    SERVICE: "Whether the app is there, and its pages.",
}
SHAPES: dict[str, Schema] = {
    "Dataset": datasets.DATASET,
    "File": files.FILE,
    "InputProblem": common.shape(common.PROBLEM_FIELDS),
    "Mistake": common.MISTAKE,
    "Problem": common.PROBLEM_SHAPE,
    "RejectedRow": files.REJECTED_ROW,
    "Report": reports.SUMMARY,
    "ReportPeriod": reports.DOCUMENT,
    "Row": reports.ROW,
    "Upload": uploads.UPLOAD,
    "Validation": validate.VALIDATION,
}
ETAG = {"description": "The version of this answer, for `If-None-Match`.", "schema": {"type": "string"}}
TRACE = {"description": "The id under which telemetry tells how this answer came about.", "schema": {"type": "string"}}
IF_NONE_MATCH = {
    "name": "If-None-Match",
    "in": "header",
    "description": "ETags of versions that the caller has already.",
    "schema": {"type": "string"},
}
KEYS = {
    "functionKey": {"type": "apiKey", "in": "header", "name": "x-functions-key", "description": "A function key."},
    "functionKeyInQuery": {
        "type": "apiKey",
        "in": "query",
        "name": KEY_PARAMETER,
        "description": "The same as a parameter. It ends up in logs and histories: prefer the header.",
    },
}


@cache
def document() -> Mapping[str, Any]:
    """The document of all operations."""
    paths: dict[str, dict[str, Any]] = {}
    for operation in OPERATIONS:
        paths.setdefault(_path(operation), {})[operation.method.lower()] = _operation(operation)
    used = {_tag(operation) for operation in OPERATIONS}
    return {
        "openapi": OPENAPI,
        "info": {"title": "Reports from CSV files", "version": VERSION, "description": ABOUT},
        "servers": [{"url": ROUTE_PREFIX}],
        "tags": [{"name": name, "description": about} for name, about in TAGS.items() if name in used],
        "paths": paths,
        "components": {
            "schemas": {name: _inside(shape) for name, shape in SHAPES.items()},
            "securitySchemes": KEYS,
        },
    }


def _path(operation: Operation) -> str:
    return "/" + operation.route.replace("{*", "{")  # a wildcard of the host; OpenAPI knows none


def _tag(operation: Operation) -> str:
    return SERVICE if operation in service.OPERATIONS else operation.route.partition("/")[0]


def _operation(operation: Operation) -> dict[str, Any]:
    known = any(answer.status == HTTPStatus.NOT_MODIFIED for answer in operation.answers)
    parameters = [_parameter(parameter) for parameter in operation.parameters]
    parameters += [_FILTERS] if operation.filters else []
    parameters += [IF_NONE_MATCH] if known else []
    shown: dict[str, Any] = {
        "operationId": operation.name,
        "summary": operation.summary,
        "tags": [_tag(operation)],
        "parameters": parameters,
        "responses": {str(answer.status.value): _answer(answer, known=known) for answer in operation.answers},
        "security": [] if operation.anonymous else [{name: []} for name in KEYS],
    }
    if operation.body:
        shown["requestBody"] = _body(operation.body)
    return shown


def _parameter(parameter: Parameter[Any]) -> dict[str, Any]:
    shown: dict[str, Any] = {
        "name": parameter.name,
        "in": parameter.place,
        "description": parameter.description,
        "schema": _schema(parameter.schema),
    }
    if parameter.place == "path":
        shown["required"] = True
    if parameter.repeatable:
        shown |= {"schema": {"type": "array", "items": shown["schema"]}, "style": "form", "explode": True}
    return shown


_FILTERS = {
    "name": "filters",
    "in": "query",
    "description": "Any group column as a parameter of its own, such as `region=north`; repeated (`region=north&"
    "region=south`) it means either. An empty value means null. Where a column has the name of another parameter, "
    "it is `group.` and the name.",
    "schema": {"type": "object", "additionalProperties": {"type": "string"}},
    "style": "form",
    "explode": True,
}


def _body(body: Body) -> dict[str, Any]:
    about = f"{body.meaning} At most {body.most:,} bytes."
    return {"description": about, "required": True, "content": _content(body.content)}


def _answer(answer: Answer, *, known: bool) -> dict[str, Any]:
    shown: dict[str, Any] = {"description": answer.meaning}
    headers: dict[str, Any] = {} if answer is common.NO_KEY else {TRACE_HEADER: TRACE}
    if known and answer.status in (HTTPStatus.OK, HTTPStatus.NOT_MODIFIED):
        headers["ETag"] = ETAG
    if headers:
        shown["headers"] = headers
    return shown | ({"content": _content(answer.content)} if answer.content else {})


def _content(content: Mapping[str, Schema]) -> dict[str, Any]:
    return {media_type: {"schema": _schema(schema)} for media_type, schema in content.items()}


def _schema(schema: Any) -> Any:
    """A schema in which every shape that has a name is called by it."""
    name = next((name for name, shape in SHAPES.items() if schema == shape), None)
    return {"$ref": f"#/components/schemas/{name}"} if name else _inside(schema)


def _inside(schema: Any) -> Any:
    if isinstance(schema, Mapping):
        return {key: _schema(value) for key, value in schema.items()}
    if isinstance(schema, Iterable) and not isinstance(schema, str):
        return [_schema(item) for item in schema]
    return schema
