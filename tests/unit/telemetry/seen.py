"""All that the app can tell, told once: its core over stores in memory, in invocations as the host makes them."""

from __future__ import annotations

from collections import defaultdict
from contextlib import suppress
from dataclasses import dataclass, field
from types import SimpleNamespace
from typing import Any

import azure.functions as func
from azure.core.exceptions import ServiceRequestError

from shared.api.answers import answers, resource
from shared.api.call import Call
from shared.api.contract.service import HEALTH
from shared.errors import NotFound, PlatformError
from shared.stores import cosmos
from shared.stores.transport import Transport
from shared.telemetry.tracing import invocation

FUNCTION, OPERATION = "<function>", "<operation> <container>"
HEAD = "day,region,amount"


@dataclass
class SeenSpan:
    """What all spans of one name had."""

    kinds: set[str] = field(default_factory=set)
    above: set[str] = field(default_factory=set)
    attributes: set[str] = field(default_factory=set)


def tell_all(pipeline: Any, context: Any) -> None:
    """Have every stage, metric and kind of log line happen."""
    with invocation("ingest", context, "datasource"):
        pipeline.ingest(pipeline.upload("sales/a.csv", HEAD, "2026-11-16,north,1", "2026-11-16,north,x"))
        pipeline.ingest(pipeline.upload("sales/b.csv", "no,such,column", "1,2,3"))
    with invocation("refresh", context, "timer"):
        pipeline.refresh()
    pipeline.upload("sales/c.csv", HEAD, "2026-11-16,north,1")
    with invocation("reconcile", context, "timer"):
        pipeline.reconcile()
    _call_the_api(context)
    with invocation("sweep", context, "timer"):
        _ask_cosmos_db()
        _send_again()


def spans(told: Any) -> dict[str, SeenSpan]:
    """The spans by name, those of functions and of operations of Cosmos DB under one name each."""
    names = {span.context.span_id: name_of(span) for span in told.spans}
    seen: dict[str, SeenSpan] = defaultdict(SeenSpan)
    for span in told.spans:
        one = seen[name_of(span)]
        one.kinds.add(span.kind.name.lower())
        one.attributes |= set(span.attributes)
        one.above.add(names.get(span.parent.span_id, "the host's span") if span.parent else "nothing")
    return seen


def events(told: Any) -> dict[str, set[str]]:
    """The attributes of the events of spans, by name."""
    seen: dict[str, set[str]] = defaultdict(set)
    for event in (event for span in told.spans for event in span.events):
        seen[event.name] |= set(event.attributes)
    return seen


def name_of(span: Any) -> str:
    """The name of its row in docs/telemetry.md."""
    if "faas.trigger" in span.attributes:
        return FUNCTION
    return OPERATION if "db.operation.name" in span.attributes else str(span.name)


def _call_the_api(context: Any) -> None:
    @answers(HEALTH)
    def health(call: Call) -> func.HttpResponse:
        return resource(call, {"status": "alive"})

    @answers(HEALTH)
    def lost(call: Call) -> func.HttpResponse:
        with invocation("get_file", None, "http"):
            raise NotFound("There is no such file.")

    for function in (health, lost):
        function(func.HttpRequest("GET", "https://app.example/api/health", body=b""), context)


def _ask_cosmos_db() -> None:
    container: Any = SimpleNamespace(id="files", container_link="dbs/pipeline/colls/files")
    container.read_item = lambda *_, **__: {"id": "a"}
    cosmos.read(container, "sales", "a")

    def fail(*_: Any, **__: Any) -> None:
        raise ServiceRequestError("nobody answers")

    container.read_item = fail
    with suppress(PlatformError):
        cosmos.read(container, "sales", "a")


class _Failing(Transport):
    """A service that answers the second request."""

    def __init__(self) -> None:
        super().__init__("blob")
        self._statuses = iter((503, 200))

    def _send(self, request: Any, options: dict[str, Any]) -> Any:  # noqa: ARG002 - as the SDK calls it
        answer = SimpleNamespace(close=lambda: None)
        return SimpleNamespace(status_code=next(self._statuses), headers={}, internal_response=answer)


def _send_again() -> None:
    _Failing().send(SimpleNamespace(url="https://account/uploads/a.csv", method="GET"))
