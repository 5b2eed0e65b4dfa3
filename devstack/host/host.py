"""The host: a function app's triggers, wired to the worker, and the ASGI application in front of them."""

import asyncio
import hashlib
import logging
import os
from collections.abc import Awaitable, Callable
from functools import partial
from pathlib import Path

from devstack.host import blob_trigger, log, queue_trigger, worker
from devstack.host.admin import Admin
from devstack.host.blob_scan import scanners
from devstack.host.blob_trigger import BlobQueue, BlobTrigger, FoundBlob
from devstack.host.event_relay import EventRelay
from devstack.host.functions import Function, read_function
from devstack.host.host_json import HostOptions, load_host_options
from devstack.host.host_storage import HostStorage
from devstack.host.http_message import Receive, Request, Response, Scope, Send, read_request, send_response
from devstack.host.http_trigger import HttpTriggers, endpoint
from devstack.host.invocation import Call
from devstack.host.invoker import Invoker
from devstack.host.keys import Keys, load_keys
from devstack.host.message_lease import LeaseKeeper
from devstack.host.outputs import Outputs
from devstack.host.queue_listener import QueueListener
from devstack.host.storage import Connections
from devstack.host.timer_trigger import TimerListener
from devstack.host.webhooks import PATH as WEBHOOK_PATH
from devstack.host.webhooks import BlobWebhook

_LOG = logging.getLogger(log.HOST)


async def build_host(root: Path, keys_path: Path | None, address: str) -> "Host":
    """Load the function app and wire its triggers; HostError says why that is not possible."""
    options = load_host_options(root)
    keys = load_keys(keys_path) if keys_path else None
    functions = [read_function(metadata) for metadata in await worker.start(root)]
    return Host(functions, options, keys, root, address)


class Host:
    """Everything that runs between start and stop."""

    def __init__(
        self, functions: list[Function], options: HostOptions, keys: Keys | None, root: Path, address: str
    ) -> None:
        self._functions = functions
        self._options = options
        self._keys = keys
        self._address = address
        self._connections = Connections()
        self._storage = HostStorage(self._connections, hashlib.sha256(str(root).encode()).hexdigest()[:20])
        self._keeper = LeaseKeeper()
        outputs = Outputs(functions, self._connections, as_base64=options.queues.base64)
        self._invoker = Invoker(options.function_timeout, outputs.deliver)
        self._listeners: list[QueueListener] = []
        self._background: list[Callable[[], Awaitable[None]]] = []
        self._tasks: list[asyncio.Future[None]] = []
        self._endpoints = [endpoint(function, options.route_prefix) for function in self._of("httpTrigger")]
        self._http = HttpTriggers(self._endpoints, keys, self._invoker)
        self._timers = {function.name: self._wire_timer(function) for function in self._of("timerTrigger")}
        self._blobs = {
            function.name: blob_trigger.blob_trigger(function, self._connections)
            for function in self._of("blobTrigger")
        }
        self._webhook = self._wire_blobs([*self._blobs.values()]) if self._blobs else None
        for function in self._of("queueTrigger"):
            self._wire_queue(function)
        self._admin = Admin(functions, keys, self._manual_call, self._invoker)

    async def app(self, scope: Scope, receive: Receive, send: Send) -> None:
        """The ASGI application."""
        request = await read_request(scope, receive)
        response = Response(413) if request is None else await self._respond(request)
        await send_response(response, send)

    def start(self) -> None:
        """Start listening to queues, containers and the clock."""
        self._keeper.start()
        if os.environ.get("DEVSTACK_LISTENERS") == "0":
            _LOG.info("DEVSTACK_LISTENERS=0: nothing but HTTP runs functions.")
            return
        for run in self._background:
            task = asyncio.ensure_future(run())
            task.add_done_callback(_report_crash)
            self._tasks.append(task)

    async def stop(self) -> None:
        """Take on nothing new and wait for what is in work."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        await self._invoker.drain()
        for listener in self._listeners:
            await listener.drain()
        self._keeper.stop()

    def print_functions(self) -> None:
        """The functions with their methods and URLs, as `func start` shows them."""
        _LOG.info("Functions:")
        for shown in self._endpoints:
            methods = ",".join(shown.methods) or "all methods"
            _LOG.info("    %s: [%s] %s/%s", shown.function.name, methods, self._address, shown.route.template)
        for function in self._functions:
            if function.trigger.type != "httpTrigger":
                _LOG.info("    %s: %s", function.name, function.trigger.type)

    async def _respond(self, request: Request) -> Response:
        path = request.path.lower()
        if path.startswith("/admin/"):
            return await self._admin.respond(request)
        if path == WEBHOOK_PATH and self._webhook:
            return await self._webhook.respond(request)
        return await self._http.respond(request)

    def _of(self, trigger: str) -> list[Function]:
        return [function for function in self._functions if function.trigger.type == trigger]

    def _wire_queue(self, function: Function) -> None:
        listener = queue_trigger.listen(function, self._connections, self._options.queues, self._invoker, self._keeper)
        self._listeners.append(listener)
        self._background.append(listener.run)

    def _wire_timer(self, function: Function) -> TimerListener:
        listener = TimerListener(function, self._storage.timer_status(function.host_id), self._invoker)
        lock = self._storage.singleton(f"{function.host_id}.Listener")
        self._background.append(partial(lock.run, listener.run))
        return listener

    def _wire_blobs(self, triggers: list[BlobTrigger]) -> BlobWebhook:
        queue = BlobQueue(triggers, self._storage.blob_queue, self._options, self._invoker, self._keeper)
        self._listeners.append(queue.listener)
        self._background.append(queue.listener.run)
        relay = EventRelay(self._address, self._keys)
        relayed = os.environ.get("DEVSTACK_EVENT_RELAY") != "0"

        def announce(trigger: BlobTrigger, blob: FoundBlob) -> None:
            (relay.announce if trigger.is_event_grid else queue.enqueue)(trigger, blob)

        for scanner in scanners([t for t in triggers if relayed or not t.is_event_grid], self._storage, announce):
            lock = self._storage.singleton(f"WebJobs.Internal.Blobs.{scanner.name}.Listener")
            self._background.append(partial(lock.run, scanner.run))
        return BlobWebhook(triggers, queue, self._keys)

    async def _manual_call(self, function: Function, text: str) -> Call:
        """What the admin API's `input` means for a function."""
        match function.trigger.type:
            case "blobTrigger":
                return await asyncio.to_thread(blob_trigger.manual_call, self._blobs[function.name], text)
            case "timerTrigger":
                return self._timers[function.name].manual_call()
            case "queueTrigger":
                return queue_trigger.manual_call(text)
            case _:
                return HttpTriggers.manual_call(text)


def _report_crash(task: asyncio.Future[None]) -> None:
    """A listener that ends by itself is a fault of this host: say so instead of going on half deaf."""
    if not task.cancelled() and task.exception():
        _LOG.error("A listener of the host crashed.", exc_info=task.exception())
