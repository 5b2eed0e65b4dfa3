"""Answers in one shape: JSON, lists with `value` and `nextLink`, problems as RFC 9457, strong ETags, gzip."""

from __future__ import annotations

import functools
import hashlib
import json
import logging
from collections.abc import Callable, Iterable, Mapping
from http import HTTPStatus
from typing import Any
from urllib.parse import quote, unquote, urlsplit

import azure.functions as func

from shared.api.call import ROUTE_PREFIX, Call, read_call
from shared.api.cursors import encode_cursor
from shared.api.operation import JSON, PROBLEM, TRACE_HEADER, Operation
from shared.errors import BadRequest, NotAcceptable, NotFound, NotPossible, PipelineError, PlatformError, TooLarge
from shared.telemetry.names import Key
from shared.telemetry.tracing import failed, here, invocation

log = logging.getLogger(__name__)

STATUS: dict[type[PipelineError], HTTPStatus] = {
    NotFound: HTTPStatus.NOT_FOUND,
    BadRequest: HTTPStatus.BAD_REQUEST,
    NotAcceptable: HTTPStatus.NOT_ACCEPTABLE,
    NotPossible: HTTPStatus.CONFLICT,
    TooLarge: HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
    PlatformError: HTTPStatus.SERVICE_UNAVAILABLE,
}
WORTH_PACKING = 2_000  # bytes; below, packing costs more than it saves
VARY = "Accept, Accept-Encoding"

type Handler = Callable[[Call], func.HttpResponse]
type Function = Callable[[func.HttpRequest, func.Context], func.HttpResponse]
type MessageHandler = Callable[[Call, func.Out[str]], func.HttpResponse]
type MessageFunction = Callable[[func.HttpRequest, func.Out[str], func.Context], func.HttpResponse]


def answers(operation: Operation) -> Callable[[Handler], Function]:
    """Make a function of a handler: it reads the call, gives it a span, turns errors into problems."""

    def decorate(handler: Handler) -> Function:
        def answer(req: func.HttpRequest, context: func.Context) -> func.HttpResponse:
            return _answered(operation, req, context, handler)

        return _named_as(handler, answer)

    return decorate


def answers_with_message(operation: Operation) -> Callable[[MessageHandler], MessageFunction]:
    """The same for a handler that has the binding of a queue, `message`."""

    def decorate(handler: MessageHandler) -> MessageFunction:
        # The runtime reads the names and types of these parameters: they are what it binds.
        def answer(req: func.HttpRequest, message: func.Out[str], context: func.Context) -> func.HttpResponse:
            return _answered(operation, req, context, lambda call: handler(call, message))

        return _named_as(handler, answer)

    return decorate


def _named_as[**P](
    handler: Callable[..., func.HttpResponse], answer: Callable[P, func.HttpResponse]
) -> Callable[P, func.HttpResponse]:
    functools.update_wrapper(
        answer, handler, assigned=("__name__", "__qualname__", "__module__", "__doc__"), updated=()
    )
    del answer.__wrapped__  # type: ignore[attr-defined]  # the runtime must see its parameters, not the handler's own
    return answer


def _answered(operation: Operation, req: func.HttpRequest, context: func.Context, handle: Handler) -> func.HttpResponse:
    """What a handler answers; a problem where it raises an error. The only place where that happens."""
    told = {Key.METHOD: operation.method, Key.ROUTE: f"{ROUTE_PREFIX}/{operation.route}"}
    with invocation(operation.name, context, "http", told) as current:
        try:
            answer = handle(read_call(operation, req))
        except PipelineError as error:
            status = STATUS.get(type(error), HTTPStatus.INTERNAL_SERVER_ERROR)
            if status >= HTTPStatus.INTERNAL_SERVER_ERROR:
                log.error("%s: %s", operation.name, error)
                failed(current, error)
            mistakes = error.mistakes if isinstance(error, BadRequest) else ()
            errors = [{"code": error.code, "parameter": m.parameter, "message": m.message} for m in mistakes]
            answer = problem(req, status, error.code, _detail(error, status), errors)
        except Exception as error:
            # Left to the host, it would be an empty answer.
            log.exception("%s failed", operation.name)
            failed(current, error)
            detail = "The app made a mistake. Its log tells more; please report it."
            answer = problem(req, HTTPStatus.INTERNAL_SERVER_ERROR, "internal", detail)
        current.set_attributes({Key.STATUS_CODE: answer.status_code})
        if span := here():
            answer.headers[TRACE_HEADER] = span.trace
        return answer


def _detail(error: PipelineError, status: HTTPStatus) -> str:
    if status < HTTPStatus.INTERNAL_SERVER_ERROR:
        return str(error)
    return "A service behind the API does not answer. Try again in a moment; GET /api/ready says which one it is."


def problem(
    req: func.HttpRequest, status: HTTPStatus, code: str, detail: str, errors: Iterable[Mapping[str, Any]] = ()
) -> func.HttpResponse:
    """A problem document (RFC 9457)."""
    body: dict[str, Any] = {
        "type": "about:blank",
        "title": status.phrase,
        "status": status.value,
        "detail": detail,
        "instance": quote(unquote(urlsplit(req.url).path)),
        "code": code,
        "errors": list(errors),
    }
    if span := here():
        body["traceId"] = span.trace
    headers = {"Cache-Control": "no-store", "X-Content-Type-Options": "nosniff"}
    return func.HttpResponse(to_json(body), status_code=status, mimetype=PROBLEM, headers=headers)


def resource(call: Call, body: Mapping[str, Any]) -> func.HttpResponse:
    """A resource; 304 where the caller has that version already."""
    data = to_json(body)
    tag = entity_tag(call, data)
    return unchanged(call, tag) or content(call, data, JSON, tag)


def page(
    call: Call, value: list[dict[str, Any]], cursor: object | None = None, head: Mapping[str, Any] | None = None
) -> func.HttpResponse:
    """One page of a list. `cursor`: where the next page begins, None on the last."""
    body: dict[str, Any] = {**(head or {}), "value": value}
    if cursor is not None:
        body["nextLink"] = call.next_link(encode_cursor(cursor))
    return resource(call, body)


def accepted(call: Call, of: Operation, body: Mapping[str, Any]) -> func.HttpResponse:
    """A resource of which something will become yet, and the operation that shows it."""
    return _written(HTTPStatus.ACCEPTED, body, {"Location": call.address(of)})


def created(body: Mapping[str, Any]) -> func.HttpResponse:
    """Something that was made for this caller alone."""
    return _written(HTTPStatus.CREATED, body, {})


def computed(body: Mapping[str, Any]) -> func.HttpResponse:
    """What came out of what the caller sent; it is kept nowhere."""
    return _written(HTTPStatus.OK, body, {})


def _written(status: HTTPStatus, body: Mapping[str, Any], headers: dict[str, str]) -> func.HttpResponse:
    headers |= {"Cache-Control": "no-store", "X-Content-Type-Options": "nosniff"}
    return func.HttpResponse(to_json(body), status_code=status, mimetype=JSON, headers=headers)


def done() -> func.HttpResponse:
    """What was asked for is done, and there is nothing to say."""
    return func.HttpResponse(status_code=HTTPStatus.NO_CONTENT)


def entity_tag(call: Call, state: bytes | str) -> str:
    """The strong ETag of an answer that follows from some state: the same state, asked for otherwise, is another."""
    wanted = [*call.query, call.header("accept"), str(packs(call))]
    parts = [state if isinstance(state, bytes) else state.encode(), to_json(wanted), call.address().encode()]
    return f'"{hashlib.sha256(b"|".join(parts)).hexdigest()[:32]}"'


def unchanged(call: Call, tag: str) -> func.HttpResponse | None:
    """304 where the caller has the answer with this ETag already."""
    if not is_known(tag, call.header("if-none-match")):
        return None
    return func.HttpResponse(status_code=HTTPStatus.NOT_MODIFIED, headers=_cached(tag))


def content(
    call: Call, data: bytes, media_type: str, tag: str, headers: Mapping[str, str] | None = None
) -> func.HttpResponse:
    """An answer that may be kept, as long as it is asked for again with its ETag."""
    sent = {**_cached(tag), "X-Content-Type-Options": "nosniff", **(headers or {})}
    if packs(call) and len(data) >= WORTH_PACKING:
        import gzip  # noqa: PLC0415 - few first answers are that large

        data = gzip.compress(data, compresslevel=1, mtime=0)  # most of the saving, in a quarter of the time
        sent["Content-Encoding"] = "gzip"
    return func.HttpResponse(data, mimetype=media_type, headers=sent)


def packs(call: Call) -> bool:
    """Whether the caller takes gzip."""
    return takes_gzip(call.header("accept-encoding"))


def takes_gzip(accept_encoding: str) -> bool:
    """Whether this header lets an answer be packed."""
    codings = [coding.partition(";") for coding in accept_encoding.lower().split(",")]
    return any(name.strip() in ("gzip", "*") and q.replace(" ", "") not in ("q=0", "q=0.0") for name, _, q in codings)


def is_known(tag: str, if_none_match: str) -> bool:
    """Whether this header has an ETag; a weak one is as good where nothing but a 304 comes of it (RFC 9110, 13.1.2)."""
    known = [known.strip().removeprefix("W/") for known in if_none_match.split(",")]
    return tag in known or "*" in known


def _cached(tag: str) -> dict[str, str]:
    return {"ETag": tag, "Cache-Control": "private, no-cache", "Vary": VARY}


def to_json(body: object) -> bytes:
    """As the API writes it: compact, in UTF-8."""
    return json.dumps(body, ensure_ascii=False, allow_nan=False, separators=(",", ":")).encode()
