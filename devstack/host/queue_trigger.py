"""Queue triggers: a listener per function."""

import logging

from devstack.host import log
from devstack.host.binding_expressions import resolve_settings
from devstack.host.functions import Function
from devstack.host.host_json import QueueOptions
from devstack.host.invocation import MANUAL, Call
from devstack.host.invoker import Invoker
from devstack.host.message_lease import LeaseKeeper
from devstack.host.protos import TypedData
from devstack.host.queue_listener import ListenerOptions, QueueListener
from devstack.host.queues import QueueMessage, decode_body
from devstack.host.storage import Connections

_LOG = logging.getLogger(log.HOST)


def listen(
    function: Function, connections: Connections, options: QueueOptions, invoker: Invoker, keeper: LeaseKeeper
) -> QueueListener:
    """The listener of a queue function; poison goes to `<queue>-poison`."""
    where = function.described()
    connection = connections.open(function.trigger.options.get("connection"), where)
    name = resolve_settings(function.trigger.options["queueName"], where)

    async def handle(message: QueueMessage) -> bool:
        try:
            body = decode_body(message.text, as_base64=options.base64)
        except ValueError:
            _LOG.error("A message of queue '%s' is not base64; see messageEncoding in host.json.", name)
            return False
        call = Call(_text_or_bytes(body), f"New queue message detected on '{name}'.", _metadata(message, body))
        return (await invoker.invoke(function, call)).failure is None

    poison = connection.queue(f"{name}-poison")
    limits = ListenerOptions(
        batch_size=options.batch_size,
        refill_at=options.new_batch_threshold,
        capacity=options.batch_size + options.new_batch_threshold,
        max_dequeue_count=options.max_dequeue_count,
        retry_delay=options.visibility_timeout,
    )
    return QueueListener(connection.queue(name), lambda _message: poison, handle, limits, keeper)


def manual_call(text: str) -> Call:
    """A message made up by the admin API."""
    metadata = {
        "Id": TypedData(string=""),
        "DequeueCount": TypedData(string="1"),
        "QueueTrigger": TypedData(string=text),
    }
    return Call(TypedData(string=text), MANUAL, metadata)


def _text_or_bytes(body: bytes) -> TypedData:
    try:
        return TypedData(string=body.decode())
    except UnicodeDecodeError:
        return TypedData(bytes=body)


def _metadata(message: QueueMessage, body: bytes) -> dict[str, TypedData]:
    values = {
        "Id": message.id,
        "DequeueCount": str(message.dequeue_count),
        "InsertionTime": message.inserted,
        "ExpirationTime": message.expires,
        "NextVisibleTime": message.next_visible,
        "PopReceipt": message.pop_receipt,
        "QueueTrigger": body.decode(errors="replace"),
    }
    return {name: TypedData(string=value) for name, value in values.items()}
