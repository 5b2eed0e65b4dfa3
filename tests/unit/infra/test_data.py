"""Storage and Cosmos DB: what is kept, how safely, and how it is read."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from devstack import resources as local

if TYPE_CHECKING:
    from tests.unit.infra.conftest import Declaration, Infrastructure

ROOT = Path(__file__).parents[3]

DATABASE_CONTAINER = "Microsoft.DocumentDB/databaseAccounts/sqlDatabases/containers"


@pytest.fixture
def cosmos(infra: Infrastructure) -> Declaration:
    return infra.resource("Microsoft.DocumentDB/databaseAccounts")


def cors_rule(infra: Infrastructure) -> dict[str, object]:
    rules = infra.resource("Microsoft.Storage/storageAccounts/blobServices")["properties.cors.corsRules"]
    assert isinstance(rules, list)
    (rule,) = rules
    assert isinstance(rule, dict)
    return dict(rule)


def lifecycle_rule(infra: Infrastructure, name: str) -> dict[str, object]:
    rules = infra.resource("Microsoft.Storage/storageAccounts/managementPolicies")["properties.policy.rules"]
    assert isinstance(rules, list)
    (rule,) = [rule for rule in rules if isinstance(rule, dict) and rule["name"] == name]
    assert rule["enabled"] is True
    definition = rule["definition"]
    assert isinstance(definition, dict)
    return dict(definition)


def test_no_blob_container_is_public(infra: Infrastructure) -> None:
    containers = infra.resource("Microsoft.Storage/storageAccounts/blobServices/containers")
    assert containers["properties.publicAccess"] == "None"


def test_the_pipelines_blob_containers_are_those_of_the_local_stack(infra: Infrastructure) -> None:
    assert infra["modules/storage.bicep"].named("pipelineContainers").value == list(local.BLOB_CONTAINERS)


def test_azure_adds_containers_for_the_package_and_for_dead_letters(infra: Infrastructure) -> None:
    containers = infra.resource("Microsoft.Storage/storageAccounts/blobServices/containers")
    assert str(containers.each) == "concat(pipelineContainers, [deadLetterContainer, deploymentContainer])"


def test_the_queues_are_those_of_the_local_stack_so_that_poison_messages_find_theirs(infra: Infrastructure) -> None:
    queues = infra.resources("Microsoft.Storage/storageAccounts/queueServices/queues")
    assert [queue["name"] for queue in queues] == list(local.QUEUES)


def test_pages_may_upload_as_they_may_to_the_local_stack(infra: Infrastructure) -> None:
    rule = cors_rule(infra)
    assert rule["allowedMethods"] == local.UPLOAD_METHODS
    assert rule["allowedHeaders"] == local.UPLOAD_HEADERS
    assert rule["maxAgeInSeconds"] == local.UPLOAD_MAX_AGE_SECONDS


def test_only_pages_of_the_app_and_of_origins_that_were_named_may_upload(infra: Infrastructure) -> None:
    assert str(cors_rule(infra)["allowedOrigins"]) == "pageOrigins"
    given = infra["resources.bicep"].named("storage")["params.pageOrigins"]
    assert str(given) == "union(['https://${siteName}.azurewebsites.net'], pageOrigins)"
    assert infra["resources.bicep"].named("pageOrigins").value == []


def test_the_origin_that_may_upload_is_the_sites_own(infra: Infrastructure) -> None:
    assert str(infra["resources.bicep"].named("functions")["params.siteName"]) == "siteName"


@pytest.mark.parametrize("policy", ["deleteRetentionPolicy", "containerDeleteRetentionPolicy"])
def test_what_is_deleted_can_be_brought_back(infra: Infrastructure, policy: str) -> None:
    service = infra.resource("Microsoft.Storage/storageAccounts/blobServices")
    assert service[f"properties.{policy}.enabled"] is True


def test_what_is_overwritten_can_be_brought_back(infra: Infrastructure) -> None:
    assert infra.resource("Microsoft.Storage/storageAccounts/blobServices")["properties.isVersioningEnabled"] is True


def test_old_versions_do_not_pile_up_and_newest_ones_are_never_deleted(infra: Infrastructure) -> None:
    actions = lifecycle_rule(infra, "delete-old-versions")["actions"]
    assert isinstance(actions, dict)
    assert set(actions) == {"version"}


def test_only_dead_letters_are_deleted_for_their_age(infra: Infrastructure) -> None:
    filters = lifecycle_rule(infra, "delete-old-dead-letters")["filters"]
    assert filters == {"blobTypes": ["blockBlob"], "prefixMatch": ["${deadLetterContainer}/"]}


def test_reads_are_never_older_than_the_last_write(cosmos: Declaration) -> None:
    """A refresh relies on it: Strong consistency, with one region to write to."""
    assert cosmos["properties.consistencyPolicy.defaultConsistencyLevel"] == "Strong"
    assert cosmos["properties.enableMultipleWriteLocations"] is False
    locations = cosmos["properties.locations"]
    assert isinstance(locations, list)
    assert len(locations) == 1


def test_the_database_is_billed_by_use(infra: Infrastructure, cosmos: Declaration) -> None:
    assert cosmos["properties.capabilities"] == [{"name": "EnableServerless"}]
    # A serverless account refuses containers that ask for throughput.
    assert all(container["properties.options"] is None for container in infra.resources(DATABASE_CONTAINER))


def test_the_database_is_backed_up_continuously(cosmos: Declaration) -> None:
    assert cosmos["properties.backupPolicy.type"] == "Continuous"


def test_the_databases_containers_and_partition_key_are_those_of_the_local_stack(infra: Infrastructure) -> None:
    containers = {
        container["properties.resource.id"]: container["properties.resource.partitionKey.paths"]
        for container in infra.resources(DATABASE_CONTAINER)
    }
    assert containers == {name: [local.PARTITION_KEY] for name in local.COSMOS_CONTAINERS}


def test_the_database_is_the_one_that_the_local_settings_name(infra: Infrastructure) -> None:
    example = json.loads((ROOT / "local.settings.json.example").read_text(encoding="utf-8"))["Values"]
    assert infra["modules/cosmos.bicep"].named("databaseName").value == example["COSMOS_DATABASE"]


def test_a_database_container_is_named_as_its_id(infra: Infrastructure) -> None:
    for container in infra.resources(DATABASE_CONTAINER):
        assert container["name"] == container["properties.resource.id"]


@pytest.mark.parametrize(("name", "module"), [("files", "file_records"), ("reports", "report_documents")])
def test_exactly_what_queries_filter_and_sort_by_is_indexed(infra: Infrastructure, name: str, module: str) -> None:
    (container,) = [container for container in infra.resources(DATABASE_CONTAINER) if container["name"] == name]
    policy = "properties.resource.indexingPolicy"
    assert container[f"{policy}.excludedPaths"] == [{"path": "/*"}]
    included = container[f"{policy}.includedPaths"]
    assert isinstance(included, list)
    paths = [path["path"] for path in included if isinstance(path, dict)]
    assert paths == [f"/{field}/[]/?" if field == "shares" else f"/{field}/?" for field in queried_fields(module)]


def queried_fields(module: str) -> list[str]:
    """The fields in WHERE and ORDER BY. The id is indexed in any case."""
    source = (ROOT / "shared" / "stores" / f"{module}.py").read_text(encoding="utf-8")
    without_selections = re.sub(r"SELECT .*? FROM c\b", "", source)
    return sorted(set(re.findall(r"\bc\.(\w+)", without_selections)) - {"id"})
