"""Blob triggers (polling and Event Grid) and queue triggers, against Azurite."""

import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.devstack.conftest import RunningHost, StartHost, Storage, wait_until

NAMES = [
    "plain.csv",
    "a folder/with spaces.csv",
    "a#b.csv",
    "100%.csv",
    "%41+1.csv",
    "what?.csv",
    "äöü/数据.csv",
    "a&b='c'.csv",
]
SYSTEM_KEY = {"x-functions-key": "system-key"}
WEBHOOK = "/runtime/webhooks/blobs?functionName=Host.Functions.on_event"


@pytest.fixture(scope="module")
def host(copy_app: Callable[[str], Path], start_host: StartHost, storage: Storage) -> RunningHost:
    root = copy_app("storage")
    keys = {"master": "master-key", "default": "default-key", "systemKeys": {"blobs_extension": "system-key"}}
    (root / "keys.json").write_text(json.dumps(keys))
    return start_host(root, storage, "--keys", str(root / "keys.json"), JOBS_QUEUE="jobs")


def seen(host: RunningHost, kind: str, value: object, count: int = 1) -> None:
    host.wait_for(rf"INFO {kind} " + re.escape(json.dumps(value)) + r"\n", count)


def test_every_blob_reaches_its_function_under_its_own_name(host: RunningHost, storage: Storage) -> None:
    for name in NAMES:
        storage.upload("watched", name)
    for name in NAMES:
        seen(host, "blob", [name, "content"])


def test_new_version_of_a_blob_is_a_new_blob(host: RunningHost, storage: Storage) -> None:
    storage.upload("watched", "twice.csv", b"first")
    seen(host, "blob", ["twice.csv", "first"])
    storage.upload("watched", "twice.csv", b"second")
    seen(host, "blob", ["twice.csv", "second"])


def test_stream_parameter_gets_the_content(host: RunningHost, storage: Storage) -> None:
    storage.upload("streams", "a/b/c.csv", b"x,y")
    seen(host, "stream", ["streams/a/b/c.csv", 3, "x,y"])


def test_blob_that_the_path_does_not_mean_is_left_alone(host: RunningHost, storage: Storage) -> None:
    storage.upload("streams", "no-folder.csv")
    storage.upload("streams", "z/last.csv")
    seen(host, "stream", ["streams/z/last.csv", 7, "content"])
    assert "no-folder" not in host.log


def test_blob_that_always_fails_is_poison_after_five_attempts(host: RunningHost, storage: Storage) -> None:
    etag = storage.upload("watched", "poor thing.csv", b"bad")
    message = json.loads(host.wait_for(r"INFO poison (.*poor thing.*)")[0])
    assert message == {
        "Type": "BlobTrigger",
        "FunctionId": "Host.Functions.on_blob",
        "BlobType": "BlockBlob",
        "ContainerName": "watched",
        "BlobName": "poor thing.csv",
        "ETag": etag.strip('"'),
    }
    assert len(re.findall(r"\(Failed, .*poor thing\.csv", host.log)) == 5


def test_event_grid_asks_before_it_sends_events(host: RunningHost) -> None:
    event = [
        {"id": "1", "eventType": "Microsoft.EventGrid.SubscriptionValidationEvent", "data": {"validationCode": "42"}}
    ]
    headers = {"aeg-event-type": "SubscriptionValidation", **SYSTEM_KEY}
    answer = host.request("POST", WEBHOOK, body=event, headers=headers)
    assert (answer.status, answer.json()) == (200, {"validationResponse": "42"})


@pytest.mark.parametrize(
    ("path", "headers", "body", "status"),
    [
        (WEBHOOK, {}, [], 401),
        (WEBHOOK, {"x-functions-key": "default-key"}, [], 401),
        (WEBHOOK + "&code=system-key", {"aeg-event-type": "Notification"}, [], 202),
        (WEBHOOK, {"aeg-event-type": "Unsubscribe", **SYSTEM_KEY}, [], 400),
        (WEBHOOK, {"aeg-event-type": "Notification", **SYSTEM_KEY}, {"not": "a list"}, 400),
        (WEBHOOK, {"aeg-event-type": "Notification", **SYSTEM_KEY}, b"not JSON", 400),
        ("/runtime/webhooks/blobs?functionName=Host.Functions.on_blob", SYSTEM_KEY, [], 404),
        ("/runtime/webhooks/blobs", SYSTEM_KEY, [], 404),
    ],
)
def test_webhook_takes_events_for_its_functions_with_its_key(
    host: RunningHost, path: str, headers: dict[str, str], body: object, status: int
) -> None:
    assert host.request("POST", path, body=body, headers=headers).status == status


def test_upload_is_announced_as_event_grid_would(host: RunningHost, storage: Storage) -> None:
    storage.upload("announced", "by the relay #1.csv")
    seen(host, "event", "by the relay #1.csv")


def test_event_runs_the_function_each_time_it_is_sent(host: RunningHost, storage: Storage) -> None:
    etag = storage.upload("announced", "again.csv")
    seen(host, "event", "again.csv")
    event: dict[str, Any] = {
        "id": "1",
        "eventType": "Microsoft.Storage.BlobCreated",
        "subject": "/blobServices/default/containers/announced/blobs/again.csv",
        "data": {"api": "PutBlob", "eTag": etag, "blobType": "BlockBlob"},
    }
    other = {**event, "subject": "/blobServices/default/containers/elsewhere/blobs/again.csv"}
    storage.upload("announced", "deleted.csv")
    seen(host, "event", "deleted.csv")
    deleted = {
        **event,
        "eventType": "Microsoft.Storage.BlobDeleted",
        "subject": event["subject"].replace("again", "deleted"),
    }
    headers = {"aeg-event-type": "Notification", **SYSTEM_KEY}
    assert host.request("POST", WEBHOOK, body=[other, deleted, event], headers=headers).status == 202
    seen(host, "event", "again.csv", count=2)
    assert len(re.findall('INFO event "deleted.csv"', host.log)) == 1


def test_queue_message_reaches_its_function_and_its_output_the_next_queue(host: RunningHost, storage: Storage) -> None:
    storage.queue("jobs").put("aGVsbG8=")
    host.wait_for("INFO job hello attempt 1")
    results = storage.queue("jobs-results")
    assert wait_until(lambda: results.get(32, 30))[0].text == "ZG9uZSBoZWxsbw=="  # "done hello"


def test_message_that_always_fails_is_poison_after_max_dequeue_count(host: RunningHost, storage: Storage) -> None:
    storage.queue("jobs").put("YmFk")
    host.wait_for(r"Moving message to queue 'jobs-poison'")
    assert wait_until(lambda: storage.queue("jobs-poison").get(32, 30))[0].text == "YmFk"
    assert len(re.findall("INFO job bad attempt", host.log)) == 3


@pytest.mark.parametrize(
    ("function", "text", "line"),
    [
        ("on_job", "by hand", "INFO job by hand attempt 1"),
        ("on_blob", "watched/a#b by hand.csv", r"INFO blob \[\"a#b by hand.csv\", \"content\"\]"),
    ],
)
def test_admin_runs_a_function_now(host: RunningHost, storage: Storage, function: str, text: str, line: str) -> None:
    storage.upload("watched", "a#b by hand.csv")
    headers = {"x-functions-key": "master-key"}
    answer = host.request("POST", f"/admin/functions/{function}", body={"input": text}, headers=headers)
    assert answer.status == 202
    host.wait_for(line)
    host.wait_for(r"Succeeded, \d+ ms, This function was programmatically called")


@pytest.mark.parametrize(
    ("function", "body", "status"),
    [
        ("nobody", {"input": ""}, 404),
        ("on_blob", {"input": "watched/missing"}, 400),
        ("on_blob", b"", 400),
        ("on_blob", [], 400),
    ],
)
def test_admin_says_what_it_cannot_run(host: RunningHost, function: str, body: object, status: int) -> None:
    headers = {"x-functions-key": "master-key"}
    assert host.request("POST", f"/admin/functions/{function}", body=body, headers=headers).status == status
