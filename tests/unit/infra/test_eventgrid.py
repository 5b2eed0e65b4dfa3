"""Event Grid tells the app of uploads, of nothing else, and loses no event silently."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from tests.unit.infra.conftest import Declaration, Infrastructure

ROOT = Path(__file__).parents[3]

ENDPOINT = (
    "https://${site.properties.defaultHostName}/runtime/webhooks/blobs?functionName=Host.Functions.${functionName}"
    "&code=${listKeys('${site.id}/host/default', '2024-11-01').systemKeys.blobs_extension}"
)


@pytest.fixture
def subscription(infra: Infrastructure) -> Declaration:
    return infra.resource("Microsoft.EventGrid/systemTopics/eventSubscriptions")


def test_it_is_deployed_apart_because_the_webhooks_key_exists_after_publishing_only(infra: Infrastructure) -> None:
    assert infra.resource("Microsoft.EventGrid/systemTopics/eventSubscriptions").file == "eventgrid.bicep"
    used = [module.type for file in infra.files.values() for module in file.of_kind("module")]
    assert not [path for path in used if path.endswith("eventgrid.bicep")]


def test_events_go_to_the_webhook_of_the_function_with_the_blob_trigger(
    infra: Infrastructure, subscription: Declaration
) -> None:
    assert subscription["properties.destination.endpointType"] == "WebHook"
    assert subscription["properties.destination.properties.endpointUrl"] == ENDPOINT
    blueprints = "".join(path.read_text(encoding="utf-8") for path in (ROOT / "blueprints").glob("*.py"))
    function = re.search(r'function_name\("(\w+)"\)\n@blueprint\.blob_trigger\(', blueprints)
    assert function
    assert infra["eventgrid.bicep"].named("functionName").value == function[1]


def test_only_new_blobs_in_uploads_are_announced(subscription: Declaration) -> None:
    assert subscription["properties.filter"] == {
        "includedEventTypes": ["Microsoft.Storage.BlobCreated"],
        "subjectBeginsWith": "/blobServices/default/containers/uploads/blobs/",
    }


def test_events_are_in_the_schema_that_the_host_reads(subscription: Declaration) -> None:
    assert subscription["properties.eventDeliverySchema"] == "EventGridSchema"


def test_delivery_is_tried_again_within_bounds(subscription: Declaration) -> None:
    assert isinstance(subscription["properties.retryPolicy"], dict)
    assert set(subscription["properties.retryPolicy"]) == {"maxDeliveryAttempts", "eventTimeToLiveInMinutes"}


def test_what_cannot_be_delivered_is_kept_and_written_as_the_topics_own_identity(
    infra: Infrastructure, subscription: Declaration
) -> None:
    assert infra.resource("Microsoft.EventGrid/systemTopics")["identity.type"] == "SystemAssigned"
    dead_letter = "properties.deadLetterWithResourceIdentity"
    assert subscription["properties.deadLetterDestination"] is None
    assert subscription[f"{dead_letter}.identity.type"] == "SystemAssigned"
    assert subscription[f"{dead_letter}.deadLetterDestination.endpointType"] == "StorageBlob"
    container = subscription[f"{dead_letter}.deadLetterDestination.properties.blobContainerName"]
    assert container == infra["modules/storage.bicep"].named("deadLetterContainer").value


def test_the_topic_and_its_right_come_with_the_rest_because_rights_take_time_to_spread(infra: Infrastructure) -> None:
    right = infra["modules/events.bicep"].named("deadLetterAccess")
    assert str(right["properties.principalId"]) == "topic.identity.principalId"
    assert infra.resource("Microsoft.EventGrid/systemTopics").file == right.file


def test_the_subscription_is_made_at_the_topic_that_the_rest_has_made(infra: Infrastructure) -> None:
    assert infra["eventgrid.bicep"].named("topic")["name"] == "evgt-${storageAccountName}"
    made = infra["resources.bicep"].named("events")["params.topicName"]
    assert made == "evgt-${storage.outputs.accountName}"


def test_the_topic_listens_to_the_storage_account(infra: Infrastructure) -> None:
    topic = infra.resource("Microsoft.EventGrid/systemTopics")
    assert str(topic["properties.source"]) == "storage.id"
    assert topic["properties.topicType"] == "Microsoft.Storage.StorageAccounts"
