"""Queue outputs: what functions set on `Out` parameters or return, written as messages."""

import asyncio
import json
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from devstack.host.binding_expressions import expand, resolve_settings
from devstack.host.errors import HostError
from devstack.host.functions import Function
from devstack.host.invocation import Call, Failure, Outcome
from devstack.host.protos import TypedData
from devstack.host.queues import Queue, encode_body
from devstack.host.storage import Connections
from devstack.host.storage_rest import Account, StorageError


class Outputs:
    """The queue outputs of all functions, their connections tried and their `%SETTING%`s resolved at start-up."""

    def __init__(self, functions: list[Function], connections: Connections, *, as_base64: bool) -> None:
        self._as_base64 = as_base64
        self._targets: dict[tuple[str, str], tuple[Account, str]] = {}
        for function in functions:
            for binding in function.outputs:
                if binding.type == "queue":
                    where = function.described(binding)
                    account = connections.open(binding.options.get("connection"), where).queues
                    name = resolve_settings(binding.options["queueName"], where)
                    self._targets[function.name, binding.name] = (account, name)

    async def deliver(self, function: Function, call: Call, outcome: Outcome) -> Outcome:
        """Write the outputs; the invocation fails where that fails."""
        values = dict(outcome.outputs)
        if outcome.return_value is not None:
            values["$return"] = outcome.return_value
        try:
            for name, value in values.items():
                target = self._targets.get((function.name, name))
                if target:
                    await asyncio.to_thread(self._write, *target, call.metadata, value)
        except (HostError, StorageError) as error:
            return replace(outcome, failure=Failure(str(error)))
        return outcome

    def _write(self, account: Account, name: str, metadata: Mapping[str, TypedData], value: TypedData) -> None:
        queue = Queue(account, expand(name, {key: _plain(data) for key, data in metadata.items()}))
        for body in _bodies(value):
            queue.put(encode_body(body, as_base64=self._as_base64))


def _plain(data: TypedData) -> Any:
    return json.loads(data.value) if data.kind == "json" else data.value


def _bodies(value: TypedData) -> list[bytes]:
    """The messages in a value: a JSON list is one message per element, everything else is one message."""
    if value.kind == "bytes":
        return [value.value]
    if value.kind != "json":
        return [str(value.value).encode()]
    document = json.loads(value.value)
    items = document if isinstance(document, list) else [document]
    return [(item if isinstance(item, str) else json.dumps(item)).encode() for item in items]
