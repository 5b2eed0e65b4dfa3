"""The blob extension's webhook, which Event Grid calls with `?functionName=Host.Functions.<name>`."""

import asyncio
import json
from typing import Any

from devstack.host.blob_trigger import BlobQueue, BlobTrigger, FoundBlob
from devstack.host.http_message import Request, Response, json_response
from devstack.host.keys import BLOBS_EXTENSION, Keys, presented_key

PATH = "/runtime/webhooks/blobs"
_CREATED = "Microsoft.Storage.BlobCreated"
_SUBJECT, _BLOBS = "/blobServices/default/containers/", "/blobs/"


class BlobWebhook:
    """Answers the validation handshake and turns events into messages of the internal queue."""

    def __init__(self, triggers: list[BlobTrigger], queue: BlobQueue, keys: Keys | None) -> None:
        self._triggers = {trigger.function.host_id: trigger for trigger in triggers if trigger.is_event_grid}
        self._queue = queue
        self._keys = keys

    async def respond(self, request: Request) -> Response:
        key = presented_key(request.headers, request.query)
        if self._keys and not self._keys.allow_webhook(key, BLOBS_EXTENSION):
            return Response(401)
        trigger = self._triggers.get(request.query.get("functionName", ""))
        if request.method != "POST" or trigger is None:
            return json_response({"error": "functionName names no blob trigger whose source is EventGrid."}, 404)
        try:
            return await self._accept(trigger, request.headers.get("aeg-event-type", ""), json.loads(request.body))
        except (ValueError, KeyError, TypeError, IndexError):
            return json_response({"error": "The body is not a list of Event Grid events."}, 400)

    async def _accept(self, trigger: BlobTrigger, kind: str, events: list[dict[str, Any]]) -> Response:
        if kind == "SubscriptionValidation":
            return json_response({"validationResponse": events[0]["data"]["validationCode"]})
        if kind != "Notification":
            return Response(400)
        for blob in [_blob(event) for event in events if event["eventType"] == _CREATED]:
            await asyncio.to_thread(self._queue.enqueue, trigger, blob)
        return Response(202)


def subject(blob: FoundBlob) -> str:
    """How an event names a blob."""
    return f"{_SUBJECT}{blob.container}{_BLOBS}{blob.name}"


def _blob(event: dict[str, Any]) -> FoundBlob:
    container, _, name = event["subject"].removeprefix(_SUBJECT).partition(_BLOBS)
    if not name:
        raise ValueError("no blob in the subject")
    return FoundBlob(container, name, event["data"]["eTag"], event["data"].get("blobType", "BlockBlob"))
