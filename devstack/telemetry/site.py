"""What is asked of the pages, and the same in JSON: which address shows what."""

import json
from collections.abc import Callable
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Any

from devstack.telemetry import json_views
from devstack.telemetry.message import Answer, Request
from devstack.telemetry.metrics import Metrics
from devstack.telemetry.pages import list_page, metrics_page, trace_page
from devstack.telemetry.store import Search, TraceStore

_HERE = Path(__file__).parent
_WEB = _HERE.parent.parent / "web"
_FILES = {
    "/theme.css": (_WEB / "dashboard" / "theme.css", "text/css"),  # the app's colours and type, as a fork has them
    "/icon.svg": (_WEB / "icon.svg", "image/svg+xml"),
    "/telemetry.css": (_HERE / "pages" / "telemetry.css", "text/css"),
}
_POLICY = {
    "Content-Security-Policy": "default-src 'none'; style-src 'self'; img-src 'self'; form-action 'self';"
    " base-uri 'none'; frame-ancestors 'none'",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cache-Control": "no-store",
}
_LISTED = 100
_LISTED_AT_MOST = 500
_RELOAD = {"Refresh": "3"}


class Site:
    """The pages over what the receiver keeps."""

    def __init__(self, traces: TraceStore, metrics: Metrics) -> None:
        self._traces = traces
        self._metrics = metrics
        self._pages: dict[str, Callable[[Request], Answer]] = {
            "/": lambda _: Answer(302, "text/plain", b"", {"Location": "/traces"}),
            "/traces": self._list,
            "/metrics": lambda _: _page(200, metrics_page.render(metrics.readings())),
            "/api/traces": self._list_as_json,
            "/api/metrics": lambda _: _json(200, {"value": list(map(json_views.reading, metrics.readings()))}),
        }

    def answer(self, request: Request) -> Answer:
        """The page at an address."""
        if request.method not in ("GET", "HEAD"):
            return Answer(405, "text/plain", b"pages can be read only\n", {"Allow": "GET, HEAD"})
        if page := self._pages.get(request.path):
            return page(request)
        if file := _FILES.get(request.path):
            path, media_type = file
            return Answer(200, media_type, _content(path))
        folder, _, trace_id = request.path.rpartition("/")
        if folder == "/traces":
            return self._trace(trace_id)
        if folder == "/api/traces":
            return self._trace_as_json(trace_id)
        return Answer(404, "text/plain", b"nothing is here; see /traces\n")

    def _list(self, request: Request) -> Answer:
        search, limit = _search(request), _limit(request)
        search = replace(search, idle=bool(request.parameters.get("idle") or search.function))
        found = self._traces.search(search)
        follow = bool(request.parameters.get("follow"))
        idle = 0 if search.idle else len(self._traces.search(replace(search, idle=True))) - len(found)
        listing = list_page.Listing(found[:limit], len(found), idle, search, self._traces.functions(), follow)
        return _page(200, list_page.render(listing), _RELOAD if follow else {})

    def _list_as_json(self, request: Request) -> Answer:
        found = self._traces.search(_search(request))[: _limit(request)]
        return _json(200, {"value": list(map(json_views.summary, found))})

    def _trace(self, trace_id: str) -> Answer:
        trace = self._traces.trace(trace_id)
        if trace is None:
            return _page(404, trace_page.missing(trace_id))
        shown = trace_page.Shown(trace, self._traces.linking_to(trace_id), self._traces.trace)
        return _page(200, trace_page.render(shown))

    def _trace_as_json(self, trace_id: str) -> Answer:
        trace = self._traces.trace(trace_id)
        if trace is None:
            return _json(404, {"title": f"There is no trace {trace_id!r} here (yet, or any more); see /api/traces"})
        return _json(200, json_views.trace(trace, self._traces.linking_to(trace_id)))


def _search(request: Request) -> Search:
    given = request.parameters
    return Search(
        file=given.get("file", ""),
        trace_id=given.get("trace", ""),
        function=given.get("function", ""),
        status=given.get("status", ""),
    )


def _limit(request: Request) -> int:
    text = request.parameters.get("limit", "")
    return min(int(text), _LISTED_AT_MOST) if text.isascii() and text.isdigit() else _LISTED


def _page(status: int, text: str, headers: dict[str, str] | None = None) -> Answer:
    return Answer(status, "text/html; charset=utf-8", text.encode(errors="replace"), {**_POLICY, **(headers or {})})


def _json(status: int, value: Any) -> Answer:
    return Answer(status, "application/json", json.dumps(value).encode(), {"Cache-Control": "no-store"})


@cache
def _content(path: Path) -> bytes:
    return path.read_bytes()
