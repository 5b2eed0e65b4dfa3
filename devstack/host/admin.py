"""The admin routes: what the host is doing, and running a function now."""

import asyncio
import json
import time
from collections.abc import Awaitable, Callable
from importlib.metadata import version
from typing import Any

from devstack.host.errors import HostError
from devstack.host.functions import Function
from devstack.host.http_message import Request, Response, json_response
from devstack.host.invocation import Call, Outcome
from devstack.host.invoker import Invoker
from devstack.host.keys import Keys, presented_key

ManualCall = Callable[[Function, str], Awaitable[Call]]


class Admin:
    """`/admin/…`; with keys on, for the master key only."""

    def __init__(self, functions: list[Function], keys: Keys | None, manual_call: ManualCall, invoker: Invoker) -> None:
        self._functions = {function.name.lower(): function for function in functions}
        self._keys = keys
        self._manual_call = manual_call
        self._invoker = invoker
        self._started = time.monotonic()
        self._runs: set[asyncio.Task[Outcome]] = set()

    async def respond(self, request: Request) -> Response:
        if self._keys and not self._keys.allow_admin(presented_key(request.headers, request.query)):
            return Response(401)
        _, area, name, *rest = [*request.path.strip("/").lower().split("/"), "", ""]
        if area == "functions" and not any(rest):
            return await self._functions_route(request, name)
        if (area, name, request.method) == ("host", "status", "GET"):
            return json_response(self._status())
        return Response(200 if (area, name) == ("host", "ping") else 404)

    async def _functions_route(self, request: Request, name: str) -> Response:
        function = self._functions.get(name)
        match request.method:
            case "GET" if not name:
                return json_response([_described(each) for each in self._functions.values()])
            case "GET" if function:
                return json_response(_described(function))
            case "POST" if function:
                return await self._start(function, request.body)
        return Response(404)

    def _status(self) -> dict[str, Any]:
        return {
            "id": "devstack",
            "state": "Running",
            "version": f"azure-functions-runtime {version('azure-functions-runtime')}",
            "processUptime": round((time.monotonic() - self._started) * 1000),
        }

    async def _start(self, function: Function, body: bytes) -> Response:
        """Answer 202 at once and run the function with the body's `input`."""
        try:
            document = json.loads(body)
            text = document.get("input") or ""
        except (ValueError, AttributeError):
            return json_response({"error": 'The body must be a JSON object: {"input": "…"}.'}, 400)
        try:
            call = await self._manual_call(function, str(text))
        except HostError as error:
            return json_response({"error": str(error)}, 400)
        task = asyncio.create_task(self._invoker.invoke(function, call))
        self._runs.add(task)
        task.add_done_callback(self._runs.discard)
        return Response(202)


def _described(function: Function) -> dict[str, Any]:
    bindings = [json.loads(raw) for raw in function.raw_bindings]
    return {"name": function.name, "language": "python", "isDisabled": False, "config": {"bindings": bindings}}
