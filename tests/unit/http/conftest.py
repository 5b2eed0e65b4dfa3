"""Requests as the runtime hands them to a function, and answers as a caller reads them."""

import gzip
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import SimpleNamespace
from typing import Any
from urllib.parse import parse_qsl, quote, urlencode, urlsplit

import azure.functions as func
import pytest

from shared.api.call import Call, read_call
from shared.api.operation import Operation

HOST = "https://app.example"


@dataclass(frozen=True)
class Answer:
    """What came back."""

    status: int
    type: str
    headers: Mapping[str, str]
    text: str

    @property
    def body(self) -> Any:
        return json.loads(self.text)


def request(
    path: str = "/api/x",
    *,
    headers: dict[str, str] | None = None,
    route: dict[str, str] | None = None,
    query: str | None = None,
    body: bytes = b"",
    **params: str,
) -> func.HttpRequest:
    """A request of this path; `query` where `params` cannot say it."""
    query = urlencode(params) if query is None else query
    url = f"{HOST}{quote(path)}" + (f"?{query}" if query else "")
    return func.HttpRequest("GET", url, headers=headers, params=params, route_params=route, body=body)


def call_of(operation: Operation, **request_arguments: Any) -> Call:
    """A call as a handler gets it."""
    return read_call(operation, request(**request_arguments))


def following(answer: Answer) -> dict[str, str]:
    """The parameters of an answer's next page."""
    return dict(parse_qsl(urlsplit(answer.body["nextLink"]).query))


def read(response: func.HttpResponse) -> Answer:
    body = response.get_body()
    data = gzip.decompress(body) if response.headers.get("Content-Encoding") == "gzip" else body
    return Answer(response.status_code, response.mimetype, dict(response.headers), data.decode() or "null")


def call(handler: Callable[..., func.HttpResponse], req: func.HttpRequest) -> Answer:
    """The answer of a function to a request."""
    return read(handler(req, SimpleNamespace(trace_context=None)))


@pytest.fixture(autouse=True)
def without_telemetry(monkeypatch: pytest.MonkeyPatch) -> None:
    """Handlers are called without any settings."""
    monkeypatch.setattr("shared.telemetry.providers.configure", lambda: None)


@pytest.fixture(name="request_of")
def request_fixture() -> Callable[..., func.HttpRequest]:
    return request


@pytest.fixture(name="call_of")
def call_of_fixture() -> Callable[..., Call]:
    return call_of


@pytest.fixture(name="read")
def read_fixture() -> Callable[..., Answer]:
    return read


@pytest.fixture(name="call")
def call_fixture() -> Callable[..., Answer]:
    return call


@pytest.fixture(name="following")
def following_fixture() -> Callable[..., dict[str, str]]:
    return following
