"""HTTP answers in one shape: JSON, lists with `value` and `nextLink`, problems as RFC 9457, strong ETags."""

from __future__ import annotations

import base64
import functools
import hashlib
import json
import logging
from collections.abc import Callable, Iterable, Mapping
from http import HTTPStatus
from typing import Any
from urllib.parse import quote, unquote, urlencode, urlsplit

import azure.functions as func

from shared.errors import BadRequest, NotFound, NotPossible, PipelineError, PlatformError
from shared.telemetry import invocation

log = logging.getLogger(__name__)

DEFAULT_TOP = 100
MAX_TOP = 1000
ROUTE_PREFIX = "/api"  # of host.json
KEY_PARAMETER = "code"  # the function key, which the host has dealt with

STATUS: dict[type[PipelineError], HTTPStatus] = {
    NotFound: HTTPStatus.NOT_FOUND,
    BadRequest: HTTPStatus.BAD_REQUEST,
    NotPossible: HTTPStatus.CONFLICT,
    PlatformError: HTTPStatus.SERVICE_UNAVAILABLE,
}

type Handler = Callable[[func.HttpRequest], func.HttpResponse]
type InContext = Callable[[func.HttpRequest, func.Context], func.HttpResponse]
type MessageHandler = Callable[[func.HttpRequest, func.Out[str]], func.HttpResponse]
type MessageInContext = Callable[[func.HttpRequest, func.Out[str], func.Context], func.HttpResponse]


def answers(handler: Handler) -> InContext:
    """Give a handler its span, and turn the errors it raises into problems."""

    def answer(req: func.HttpRequest, context: func.Context) -> func.HttpResponse:
        return _answered(handler.__name__, req, context, lambda: handler(req))

    return _named_as(handler, answer)


def answers_with_message(handler: MessageHandler) -> MessageInContext:
    """The same for a handler that has the binding of a queue, `message`."""

    # The runtime reads the names and types of these parameters: they are what it binds.
    def answer(req: func.HttpRequest, message: func.Out[str], context: func.Context) -> func.HttpResponse:
        return _answered(handler.__name__, req, context, lambda: handler(req, message))

    return _named_as(handler, answer)


def _answered(
    name: str, req: func.HttpRequest, context: func.Context, handle: Callable[[], func.HttpResponse]
) -> func.HttpResponse:
    """What a handler answers; a problem where it raises an error. The only place where that happens."""
    with invocation(name, context.trace_context):
        try:
            return handle()
        except PipelineError as error:
            status = STATUS.get(type(error), HTTPStatus.INTERNAL_SERVER_ERROR)
            if status >= HTTPStatus.INTERNAL_SERVER_ERROR:
                log.error("%s: %s", name, error)
            return problem(req, status, error.code, _detail(error, status))
        except Exception:
            # Left to the host, it would be an empty answer.
            log.exception("%s failed", name)
            detail = "The app made a mistake. Its log tells more; please report it."
            return problem(req, HTTPStatus.INTERNAL_SERVER_ERROR, "internal", detail)


def _named_as[**P](
    handler: Callable[..., func.HttpResponse], answer: Callable[P, func.HttpResponse]
) -> Callable[P, func.HttpResponse]:
    functools.update_wrapper(
        answer, handler, assigned=("__name__", "__qualname__", "__module__", "__doc__"), updated=()
    )
    del answer.__wrapped__  # type: ignore[attr-defined]  # the runtime must see its parameters, not the handler's own
    return answer


def _detail(error: PipelineError, status: HTTPStatus) -> str:
    if status < HTTPStatus.INTERNAL_SERVER_ERROR:
        return str(error)
    return "A service behind the API does not answer. Try again in a moment; GET /api/ready says which one it is."


def problem(
    req: func.HttpRequest, status: HTTPStatus, code: str, detail: str, errors: Iterable[Mapping[str, Any]] = ()
) -> func.HttpResponse:
    """A problem document (RFC 9457)."""
    body = {
        "type": "about:blank",
        "title": status.phrase,
        "status": status.value,
        "detail": detail,
        "instance": quote(unquote(urlsplit(req.url).path)),
        "code": code,
        "errors": list(errors),
    }
    return func.HttpResponse(_dumps(body), status_code=status, mimetype="application/problem+json")


def resource(req: func.HttpRequest, body: Mapping[str, Any]) -> func.HttpResponse:
    """A resource with its ETag; 304 where the caller has that version already."""
    data = _dumps(body)
    etag = f'"{hashlib.sha256(data).hexdigest()[:32]}"'
    known = [tag.strip().removeprefix("W/") for tag in req.headers.get("if-none-match", "").split(",")]
    if etag in known or "*" in known:
        return func.HttpResponse(status_code=HTTPStatus.NOT_MODIFIED, headers={"ETag": etag})
    return func.HttpResponse(data, mimetype="application/json", headers={"ETag": etag})


def accepted(req: func.HttpRequest, route: str, body: Mapping[str, Any]) -> func.HttpResponse:
    """A resource of which something will become yet; `route` is where it can be looked at."""
    headers = {"Location": _address(req, route)}
    return func.HttpResponse(
        _dumps(body), status_code=HTTPStatus.ACCEPTED, mimetype="application/json", headers=headers
    )


def done() -> func.HttpResponse:
    """What was asked for is done, and there is nothing to say."""
    return func.HttpResponse(status_code=HTTPStatus.NO_CONTENT)


def page(
    req: func.HttpRequest,
    route: str,
    value: list[dict[str, Any]],
    cursor: object | None = None,
    head: Mapping[str, Any] | None = None,
) -> func.HttpResponse:
    """One page of the list at `route`. `cursor`: where the next page begins, None on the last."""
    body: dict[str, Any] = {**(head or {}), "value": value}
    if cursor is not None:
        body["nextLink"] = _link(req, route, encode_cursor(cursor))
    return resource(req, body)


def _link(req: func.HttpRequest, route: str, cursor: str) -> str:
    kept = {name: text for name, text in req.params.items() if name not in ("cursor", KEY_PARAMETER)}
    return f"{_address(req, route)}?{urlencode(kept | {'cursor': cursor})}"


def _address(req: func.HttpRequest, route: str) -> str:
    # The host gives the path decoded, so a name with `?` in it cannot be told from a query: it is made anew.
    address = urlsplit(req.url)
    path = route.format_map({name: quote(value, safe="") for name, value in req.route_params.items()})
    return f"{address.scheme}://{address.netloc}{ROUTE_PREFIX}/{path}"


def paging(req: func.HttpRequest, *others: str) -> tuple[int, Any]:
    """`top` and `cursor` of a list request. Raises BadRequest for them and for parameters not among `others`."""
    check_parameters(req, "top", "cursor", *others)
    top = req.params.get("top", str(DEFAULT_TOP))
    if not (top.isascii() and top.isdigit() and 1 <= int(top[:9]) <= MAX_TOP):
        raise BadRequest(f"top is {top!r}: it must be a whole number from 1 to {MAX_TOP}.")
    cursor = req.params.get("cursor")
    return int(top), decode_cursor(cursor) if cursor else None


def check_parameters(req: func.HttpRequest, *known: str) -> None:
    """Raises BadRequest where the request has a parameter that is not known: an ignored filter is a wrong answer."""
    unknown = [name for name in req.params if name not in (*known, KEY_PARAMETER)]
    if unknown:
        can = f"It takes {', '.join(known)}." if known else "It takes none."
        raise BadRequest(f"This request takes no parameter {', '.join(map(repr, unknown))}. {can}")


def encode_cursor(position: object) -> str:
    """A position in a list as an opaque text."""
    return base64.urlsafe_b64encode(_dumps(position)).decode().rstrip("=")


def decode_cursor(text: str) -> Any:
    """The inverse of `encode_cursor`. Raises BadRequest for what that never made."""
    try:
        position = json.loads(base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True))
        given_out = position is not None and encode_cursor(position) == text
    except (ValueError, RecursionError):
        given_out = False
    if not given_out:
        raise BadRequest("cursor is not one that this API gave out. Leave it away to begin at the start.")
    return position


def _dumps(body: object) -> bytes:
    return json.dumps(body, ensure_ascii=False, allow_nan=False, separators=(",", ":")).encode()
