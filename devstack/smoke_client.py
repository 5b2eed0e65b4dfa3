"""Requests as any client of the app makes them, with the standard library alone: a build server has nothing else."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from email.message import Message
from enum import IntEnum
from http import HTTPStatus
from http.client import HTTPException
from typing import Any
from urllib.error import HTTPError, URLError
from urllib.parse import quote, urlsplit
from urllib.request import HTTPRedirectHandler, Request, build_opener

REQUEST_SECONDS = 60  # a cold start is part of the first answers


class Status(IntEnum):
    """The exit status, one for each thing that somebody does something else about."""

    PASSED = 0
    WRONG = 1  # the app did something else than it should
    USAGE = 2
    UNREACHABLE = 3  # no answer, or not from this app
    KEY_REFUSED = 4
    NOT_READY = 5  # it answers, and cannot reach storage or Cosmos DB
    TIMED_OUT = 6  # the file or its report has not come
    LEFT_BEHIND = 7  # all is well, but the test's own file could not be taken out again


class SmokeError(Exception):
    """The test has not passed: how it ends, and what is wrong, where, and what to do."""

    def __init__(self, status: Status, message: str) -> None:
        super().__init__(message)
        self.status = status


class NoAnswer(Exception):  # noqa: N818 - not yet a failure: it is asked again
    """Nobody has answered, and why."""


@dataclass(frozen=True)
class Answer:
    """What came back."""

    status: int
    headers: Mapping[str, str]  # names in lower case
    body: bytes

    def json(self) -> dict[str, Any]:
        """The body; empty where it is no JSON object."""
        try:
            found = json.loads(self.body)
        except ValueError:
            return {}
        return found if isinstance(found, dict) else {}

    def __str__(self) -> str:
        try:
            reason = f"{self.status} {HTTPStatus(self.status).phrase}"
        except ValueError:
            reason = str(self.status)
        detail = self.json().get("detail") or self.headers.get("x-ms-error-code")
        return f"{reason}: {detail}" if detail else reason


class _NoRedirects(HTTPRedirectHandler):
    """The key must not follow a redirect to whoever is named there."""

    def redirect_request(self, *_: Any) -> None:
        return None


class Client:
    """The app at one address."""

    def __init__(self, url: str, key: str | None) -> None:
        self.url = url
        self._key = key
        self._opener = build_opener(_NoRedirects)

    def open(self, path: str) -> Answer:
        """GET what needs no key, and do not send it."""
        return self._send("GET", f"{self.url}/api/{path}", {}, None)

    def call(self, method: str, path: str, body: bytes | None = None, content: str = "application/json") -> Answer:
        """Any other request below /api. Raises SmokeError where the key is refused."""
        headers = {"x-functions-key": self._key} if self._key else {}
        if body is not None:
            headers["content-type"] = content
        answer = self._send(method, f"{self.url}/api/{path}", headers, body)
        if answer.status == HTTPStatus.UNAUTHORIZED:
            given = "The key that was given is not one of the app's" if self._key else "The app asks for a function key"
            raise SmokeError(
                Status.KEY_REFUSED,
                f"{method} {self.url}/api/{path} answered 401. {given}: give the host key `default` "
                "with --key or in FUNCTION_KEY.",
            )
        return answer

    def put(self, address: Mapping[str, Any], body: bytes) -> Answer:
        """Upload to an address that the app has given out. It is a secret: only its host may be told."""
        try:
            return self._send(str(address["method"]), str(address["url"]), dict(address["headers"]), body)
        except NoAnswer as error:
            raise NoAnswer(f"storage at {urlsplit(str(address['url'])).netloc}: {error}") from None

    def _send(self, method: str, url: str, headers: Mapping[str, str], body: bytes | None) -> Answer:
        request = Request(url, body, dict(headers), method=method)  # noqa: S310 - http or https: `address_of` sees to it
        try:
            with self._opener.open(request, timeout=REQUEST_SECONDS) as answer:
                return Answer(answer.status, _lowered(answer.headers), answer.read())
        except HTTPError as error:
            with error:
                return Answer(error.code, _lowered(error.headers), error.read())
        except URLError as error:
            raise NoAnswer(str(error.reason)) from None
        except (OSError, HTTPException) as error:
            raise NoAnswer(str(error) or type(error).__name__) from None


def _lowered(headers: Message) -> dict[str, str]:
    return {name.lower(): value for name, value in headers.items()}


def address_of(text: str) -> str:
    """The address without what may follow the host. Raises ValueError where it is none."""
    parts = urlsplit(text)
    if parts.scheme not in ("http", "https") or not parts.hostname or parts.query or parts.path.strip("/"):
        raise ValueError(f"{text!r} is no address of an app; give one like https://func-example.azurewebsites.net")
    return f"{parts.scheme}://{parts.netloc}"


def segment(text: str) -> str:
    """Text as one part of a path."""
    return quote(text, safe="")
