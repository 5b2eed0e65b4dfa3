"""What the host knows of a function: its trigger, its outputs, its retry policy; and which of them it can serve."""

import json
from dataclasses import dataclass, field
from typing import Any

from devstack.host.errors import HostError
from devstack.host.protos import RpcFunctionMetadata
from devstack.host.retries import RetryPolicy, retry_policy

TRIGGERS = ("httpTrigger", "blobTrigger", "queueTrigger", "timerTrigger")
OUTPUTS = ("http", "queue")


@dataclass(frozen=True)
class Binding:
    """One binding as the runtime indexed it; `options` are the rest of its function.json."""

    name: str
    type: str
    is_output: bool
    options: dict[str, Any] = field(default_factory=dict)

    @property
    def is_deferred(self) -> bool:
        """Whether the parameter is an SDK client, made in the worker from a reference to the blob."""
        return bool(self.options.get("properties", {}).get("SupportsDeferredBinding"))


@dataclass(frozen=True)
class Function:
    name: str
    id: str
    trigger: Binding
    outputs: tuple[Binding, ...]
    retry: RetryPolicy | None
    raw_bindings: tuple[str, ...]

    @property
    def host_id(self) -> str:
        """The name under which the real host knows it, in messages, receipts and webhook addresses."""
        return f"Host.Functions.{self.name}"

    def described(self, binding: Binding | None = None) -> str:
        """How messages name it."""
        return f"Function '{self.name}', binding '{(binding or self.trigger).name}'"


def read_function(metadata: RpcFunctionMetadata) -> Function:
    """Understand a function's metadata, or refuse it with one line."""
    bindings = [_read_binding(raw) for raw in metadata.raw_bindings]
    triggers = [binding for binding in bindings if binding.type.endswith("Trigger")]
    if len(triggers) != 1:
        raise HostError(f"Function '{metadata.name}' has {len(triggers)} triggers; a function has exactly one.")
    others = tuple(binding for binding in bindings if binding is not triggers[0])
    _refuse_dropped_deferred_binding(metadata.name, bindings)
    for binding in bindings:
        _refuse_unsupported(metadata.name, binding, triggers[0])
    return Function(
        name=metadata.name,
        id=metadata.function_id,
        trigger=triggers[0],
        outputs=others,
        retry=retry_policy(metadata.retry_options),
        raw_bindings=tuple(metadata.raw_bindings),
    )


def _read_binding(raw: str) -> Binding:
    options = json.loads(raw)
    direction = str(options.pop("direction", "IN"))
    return Binding(options.pop("name"), options.pop("type"), direction.upper() == "OUT", options)


def _refuse_dropped_deferred_binding(name: str, bindings: list[Binding]) -> None:
    """On Azure the deferred binding of such a function is dropped and every invocation fails (a silent trap)."""
    deferred = next((binding for binding in bindings if binding.is_deferred), None)
    for binding in bindings:
        if deferred and binding is not deferred and "{" in json.dumps([*map(str, binding.options.values())]):
            raise HostError(
                f"Function '{name}', binding '{binding.name}' ({binding.type}): an expression in braces next to the "
                f"SDK client '{deferred.name}' does not work on Azure; write that output with the SDK instead."
            )


def _refuse_unsupported(name: str, binding: Binding, trigger: Binding) -> None:
    is_known = binding.type in OUTPUTS if binding.is_output else binding is trigger and binding.type in TRIGGERS
    if not is_known:
        kind = "output" if binding.is_output else "input"
        raise HostError(
            f"Function '{name}', binding '{binding.name}': the local host has no {kind} binding {binding.type}; "
            f"it has {', '.join(TRIGGERS)} and the outputs {', '.join(OUTPUTS)}."
        )
    source = binding.options.get("source", "LogsAndContainerScan")
    if binding.type == "blobTrigger" and source not in ("LogsAndContainerScan", "EventGrid"):
        raise HostError(
            f"Function '{name}', binding '{binding.name}': the source {source!r} is unknown; "
            "it is LogsAndContainerScan or EventGrid."
        )
