"""Calls to the app over HTTP, as any client would make them."""

import json
from collections.abc import Iterator
from typing import Any
from urllib.error import HTTPError, URLError
from urllib.parse import quote
from urllib.request import Request, urlopen

from devstack.errors import StackError


class Api:
    """The app behind one host, with the key that it asks for."""

    def __init__(self, host_url: str, key: str | None) -> None:
        self.host_url = host_url
        self.key = key

    def items(self, path: str) -> Iterator[dict[str, Any]]:
        """The items of a list, over all of its pages."""
        link: str | None = f"{self.host_url}/api/{path}"
        while link:
            page = self._call("GET", link)
            yield from page.get("value", [])
            link = page.get("nextLink")

    def run_function(self, name: str, master_key: str | None) -> None:
        """Have the host run a function now, whatever triggers it otherwise."""
        Api(self.host_url, master_key)._call("POST", f"{self.host_url}/admin/functions/{name}", b'{"input": ""}')

    def curl(self, *segments: str) -> str:
        """A command line that makes a GET request, ready to be pasted."""
        key = f"-H 'x-functions-key: {self.key}' " if self.key else ""
        path = "/".join(quote(segment, safe="") for segment in segments)
        return f"curl -s {key}'{self.host_url}/api/{path}'"

    def _call(self, method: str, url: str, body: bytes | None = None) -> dict[str, Any]:
        headers = {"content-type": "application/json", **({"x-functions-key": self.key} if self.key else {})}
        try:
            with urlopen(Request(url, body, headers, method=method), timeout=30) as answer:  # noqa: S310 - our own host
                document: dict[str, Any] = json.loads(answer.read() or b"{}")
                return document
        except HTTPError as error:
            detail = error.read().decode(errors="replace").strip()
            raise StackError(f"{method} {url} answered {error.code} {error.reason} {detail}".rstrip()) from None
        except (URLError, OSError, ValueError) as error:
            raise StackError(f"{method} {url} failed: {error}") from None
