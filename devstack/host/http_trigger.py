"""HTTP triggers: from a request to the function whose route matches, and from what it returns to a response."""

from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import format_datetime
from urllib.parse import quote

from devstack.host.functions import Function
from devstack.host.http_message import Request, Response
from devstack.host.invocation import MANUAL, Call, Outcome
from devstack.host.invoker import Invoker
from devstack.host.keys import Keys, presented_key
from devstack.host.protos import RpcHttp, RpcHttpCookie, TypedData
from devstack.host.routes import Route, parse_route


@dataclass(frozen=True)
class Endpoint:
    """An HTTP function with its route and methods (none: all)."""

    function: Function
    route: Route
    methods: tuple[str, ...]
    level: str


def endpoint(function: Function, prefix: str) -> Endpoint:
    options = function.trigger.options
    template = "/".join(filter(None, [prefix, options.get("route") or function.name]))
    methods = tuple(str(method).upper() for method in options.get("methods") or ())
    level = str(options.get("authLevel", "FUNCTION")).upper()
    return Endpoint(function, parse_route(template, function.described()), methods, level)


class HttpTriggers:
    """All HTTP functions, the most specific route first."""

    def __init__(self, endpoints: list[Endpoint], keys: Keys | None, invoker: Invoker) -> None:
        self._endpoints = sorted(endpoints, key=lambda endpoint: endpoint.route.order())
        self._keys = keys
        self._invoker = invoker

    async def respond(self, request: Request) -> Response:
        for endpoint in self._endpoints:
            if endpoint.methods and request.method not in endpoint.methods:
                continue
            values = endpoint.route.match(request.path)
            if values is not None:
                return await self._call(endpoint, request, values)
        return Response(404)  # also where only the method is wrong

    @staticmethod
    def manual_call(text: str) -> Call:
        """The call the admin API asks for: the input as the body of a POST."""
        request = Request("POST", "http", "/", "", {}, text.encode())
        return Call(TypedData(http=_to_rpc(request, {})), MANUAL)

    async def _call(self, endpoint: Endpoint, request: Request, values: dict[str, str]) -> Response:
        key = presented_key(request.headers, request.query)
        if self._keys and not self._keys.allow_function(key, endpoint.level):
            return Response(401)
        call = Call(
            value=TypedData(http=_to_rpc(request, values)),
            reason=f"{request.method} {quote(request.path)}",
            trace_parent=request.headers.get("traceparent", ""),
            trace_state=request.headers.get("tracestate", ""),
        )
        outcome = await self._invoker.invoke(endpoint.function, call)
        return _to_response(endpoint.function, outcome)


def _to_rpc(request: Request, values: dict[str, str]) -> RpcHttp:
    return RpcHttp(
        method=request.method,
        url=request.url,
        headers=request.headers,
        params=values,
        query=request.query,
        body=TypedData(bytes=request.body),
    )


def _to_response(function: Function, outcome: Outcome) -> Response:
    if outcome.failure:
        return Response(500)
    output = next((output.name for output in function.outputs if output.type == "http"), "$return")
    value = outcome.return_value if output == "$return" else outcome.outputs.get(output)
    if value is None or value.kind is None:
        return Response(204)
    if value.kind != "http":
        body = value.value if isinstance(value.value, bytes) else str(value.value).encode()
        return Response(200, body, [("content-type", "text/plain; charset=utf-8")])
    http: RpcHttp = value.value
    cookies = [("set-cookie", _cookie(cookie)) for cookie in http.cookies or []]
    return Response(int(http.status_code), http.body.value or b"", [*http.headers.items(), *cookies])


def _cookie(cookie: RpcHttpCookie) -> str:
    """The Set-Cookie header that the runtime took apart."""
    fields = {name: getattr(value, "value", value) for name, value in vars(cookie).items()}
    parts = [f"{fields['name']}={fields['value']}"]
    if fields["expires"]:
        moment = datetime.fromtimestamp(fields["expires"].seconds, UTC)
        parts.append(f"Expires={format_datetime(moment, usegmt=True)}")
    if fields["max_age"] is not None:
        parts.append(f"Max-Age={fields['max_age']:g}")
    named = {"Domain": fields["domain"], "Path": fields["path"], "SameSite": fields["same_site"]}
    parts += [f"{name}={value}" for name, value in named.items() if value]
    parts += [name for name, is_set in (("Secure", fields["secure"]), ("HttpOnly", fields["http_only"])) if is_set]
    return "; ".join(parts)
