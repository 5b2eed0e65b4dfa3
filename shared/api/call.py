"""One call of an operation: its arguments as typed values. What cannot be read is refused, all of it at once."""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import cached_property
from typing import Any, cast
from urllib.parse import parse_qsl, quote, urlencode, urlsplit

import azure.functions as func

from shared.api.operation import Operation
from shared.api.parameters import Parameter
from shared.errors import BadRequest, Mistake, TooLarge

ROUTE_PREFIX = "/api"  # of host.json
KEY_PARAMETER = "code"  # the function key, which the host has dealt with
CURSOR_PARAMETER = "cursor"
MOST_ARGUMENTS = 200


@dataclass(frozen=True)
class Call:
    """A request to an operation."""

    operation: Operation
    request: func.HttpRequest
    values: dict[str, tuple[Any, ...]]
    filters: dict[str, tuple[str, ...]]  # by column; for operations that take any
    mistakes: tuple[Mistake, ...] = ()  # the same: their handlers find more of them, and tell all at once

    def __getitem__[T](self, parameter: Parameter[T]) -> T:
        """The value of a parameter, or its default."""
        values = self.values.get(parameter.name)
        return cast(T, values[0]) if values else parameter.default

    def every[T](self, parameter: Parameter[T]) -> tuple[T, ...]:
        """All values of a parameter that may come several times."""
        return self.values.get(parameter.name, ())

    @cached_property
    def query(self) -> tuple[tuple[str, str], ...]:
        """The arguments as they came, but for the key."""
        return _query(self.request)

    def header(self, name: str) -> str:
        """A header of the request; empty where there is none."""
        return str(self.request.headers.get(name, ""))

    def json(self) -> Any:
        """The body as JSON. Raises BadRequest."""
        try:
            return json.loads(self.body())
        except (ValueError, RecursionError) as error:
            raise BadRequest(f"The body is not JSON: {error}.") from error

    def body(self) -> bytes:
        """The body. Raises TooLarge."""
        body = self.request.get_body()
        most = self.operation.body.most if self.operation.body else 0
        if len(body) > most:
            raise TooLarge(f"The body has {len(body):,} bytes; this request takes at most {most:,}.")
        return body

    def address(self, operation: Operation | None = None) -> str:
        """Where an operation is, with the path arguments of this call."""
        # The host gives the path decoded, so a name with `?` in it cannot be told from a query: it is made anew.
        origin = urlsplit(self.request.url)
        names = {name: quote(value, safe="") for name, value in self.request.route_params.items()}
        path = (operation or self.operation).route.format_map(names)
        return f"{origin.scheme}://{origin.netloc}{ROUTE_PREFIX}/{path}"

    def next_link(self, cursor: str) -> str:
        """The next page of this list, with every parameter as it came."""
        kept = [(name, text) for name, text in self.query if name != CURSOR_PARAMETER]
        return f"{self.address()}?{urlencode([*kept, (CURSOR_PARAMETER, cursor)])}"


def read_call(operation: Operation, request: func.HttpRequest) -> Call:
    """The call that a request is. Raises BadRequest with every mistake: an ignored filter would be a wrong answer."""
    known = {parameter.name: parameter for parameter in operation.in_query}
    given: dict[str, list[str]] = {}
    for name, text in _query(request):
        given.setdefault(name, []).append(text)
    mistakes: list[Mistake] = []
    values: dict[str, tuple[Any, ...]] = {}
    for name, texts in given.items():
        if name in known:
            values[name] = tuple(_values(known[name], texts, mistakes))
        elif not operation.filters:
            mistakes.append(Mistake(name, f"there is no such parameter. {_takes(known)}"))
    if mistakes and not operation.filters:
        raise BadRequest.because(mistakes)
    values |= {p.name: (request.route_params[p.name],) for p in operation.parameters if p.place == "path"}
    filters = {name: tuple(texts) for name, texts in given.items() if name not in known}
    return Call(operation, request, values, filters, tuple(mistakes))


def _values(parameter: Parameter[Any], texts: list[str], mistakes: list[Mistake]) -> list[Any]:
    if len(texts) > 1 and not parameter.repeatable:
        mistakes.append(Mistake(parameter.name, "is given more than once"))
        return []
    values = []
    for text in texts:
        try:
            values.append(parameter.read(text))
        except ValueError as error:
            mistakes.append(Mistake(parameter.name, f"is {_short(text)!r}: it {error}"))
    return values


def _takes(known: dict[str, Parameter[Any]]) -> str:
    return f"This request takes {', '.join(known)}" if known else "This request takes none"


def _short(text: str) -> str:
    return text if len(text) <= 100 else f"{text[:100]}…"


def _query(request: func.HttpRequest) -> tuple[tuple[str, str], ...]:
    """The arguments, repeated ones too: `request.params` keeps only one of them, or joins them with commas."""
    text = urlsplit(request.url).query
    if text.count("&") >= MOST_ARGUMENTS:
        raise BadRequest(f"The request has more than {MOST_ARGUMENTS} arguments.")
    return tuple((name, value) for name, value in parse_qsl(text, keep_blank_values=True) if name != KEY_PARAMETER)
