"""Requests as the runtime hands them to a function, and answers as a caller reads them."""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import SimpleNamespace
from typing import Any
from urllib.parse import parse_qsl, quote, urlencode, urlsplit

import azure.functions as func
import pytest

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
    path: str = "/api/x", *, headers: dict[str, str] | None = None, route: dict[str, str] | None = None, **params: str
) -> func.HttpRequest:
    """A GET of this path."""
    query = f"?{urlencode(params)}" if params else ""
    return func.HttpRequest(
        "GET", f"{HOST}{quote(path)}{query}", headers=headers, params=params, route_params=route, body=b""
    )


def following(answer: Answer) -> dict[str, str]:
    """The parameters of an answer's next page."""
    return dict(parse_qsl(urlsplit(answer.body["nextLink"]).query))


def read(response: func.HttpResponse) -> Answer:
    return Answer(
        response.status_code, response.mimetype, dict(response.headers), response.get_body().decode() or "null"
    )


def call(handler: Callable[..., func.HttpResponse], req: func.HttpRequest) -> Answer:
    """The answer of a function to a request."""
    return read(handler(req, SimpleNamespace(trace_context=None)))


@pytest.fixture(autouse=True)
def without_telemetry(monkeypatch: pytest.MonkeyPatch) -> None:
    """Handlers are called without any settings."""
    monkeypatch.setattr("shared.telemetry.configure", lambda _: None)
    monkeypatch.setattr("shared.configuration.settings", lambda: None)


@pytest.fixture(name="request_of")
def request_fixture() -> Callable[..., func.HttpRequest]:
    return request


@pytest.fixture(name="read")
def read_fixture() -> Callable[..., Answer]:
    return read


@pytest.fixture(name="call")
def call_fixture() -> Callable[..., Answer]:
    return call


@pytest.fixture(name="following")
def following_fixture() -> Callable[..., dict[str, str]]:
    return following
