"""Stands in for Event Grid: posts BlobCreated events for what a scan finds to the host's own webhook."""

import json
import uuid
from datetime import UTC, datetime
from urllib.parse import urlencode

import urllib3

from devstack.host import webhooks
from devstack.host.blob_trigger import BlobTrigger, FoundBlob
from devstack.host.keys import BLOBS_EXTENSION, Keys
from devstack.host.storage_rest import StorageError


class EventRelay:
    """An event subscription for each function whose source is EventGrid; the emulator has none."""

    def __init__(self, address: str, keys: Keys | None) -> None:
        self._address = address
        self._key = keys.system.get(BLOBS_EXTENSION, keys.master) if keys else ""
        self._http = urllib3.PoolManager(retries=False)

    def announce(self, trigger: BlobTrigger, blob: FoundBlob) -> None:
        query = urlencode({"functionName": trigger.function.host_id, "code": self._key})
        headers = {"aeg-event-type": "Notification", "content-type": "application/json"}
        url = f"{self._address}{webhooks.PATH}?{query}"
        try:
            answer = self._http.request("POST", url, body=json.dumps([_event(trigger, blob)]), headers=headers)
        except urllib3.exceptions.HTTPError as error:
            raise StorageError(f"The webhook does not answer: {error}") from error
        if answer.status >= 300:
            raise StorageError(f"The webhook answers {answer.status}.", answer.status)


def _event(trigger: BlobTrigger, blob: FoundBlob) -> dict[str, object]:
    return {
        "id": str(uuid.uuid4()),
        "topic": f"/local/{trigger.connection.setting}",
        "subject": webhooks.subject(blob),
        "eventType": "Microsoft.Storage.BlobCreated",
        "eventTime": datetime.now(UTC).isoformat(),
        "dataVersion": "",
        "metadataVersion": "1",
        "data": {
            "api": "PutBlob",
            "eTag": blob.etag,
            "blobType": blob.type,
            "url": trigger.connection.blobs.get_blob_client(blob.container, blob.name).url,
        },
    }
