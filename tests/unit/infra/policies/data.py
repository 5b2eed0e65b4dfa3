"""Storage and Cosmos DB: what is kept, how safely, and how it is read."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from devstack import resources as local
from tests.unit.infra.project import ROOT, Profile

BLOB_SERVICE = "Microsoft.Storage/storageAccounts/blobServices"
QUEUE = "Microsoft.Storage/storageAccounts/queueServices/queues"
COSMOS = "Microsoft.DocumentDB/databaseAccounts"
# The package that was published, and events that could not be delivered.
OF_AZURE = {"deployments", "deadletters"}


def no_blob_container_is_public(profile: Profile) -> Iterator[str]:
    for container in profile.main.made(f"{BLOB_SERVICE}/containers"):
        if container["properties.publicAccess"] != "None":
            yield f"{container['name']} is public"


def blob_containers_are_those_of_the_local_stack_and_azures_own(profile: Profile) -> Iterator[str]:
    made = {container["name"] for container in profile.main.made(f"{BLOB_SERVICE}/containers")}
    if made != set(local.BLOB_CONTAINERS) | OF_AZURE:
        yield f"the containers are {sorted(made)}"


def queues_are_those_of_the_local_stack_so_that_poison_messages_find_theirs(profile: Profile) -> Iterator[str]:
    made = {queue["name"] for queue in profile.main.made(QUEUE)}
    if made != set(local.QUEUES):
        yield f"the queues are {sorted(made)}"


def pages_may_upload_as_they_may_to_the_local_stack_and_nothing_more(profile: Profile) -> Iterator[str]:
    (rule,) = profile.main.only(BLOB_SERVICE)["properties.cors.corsRules"]
    site = profile.main.only("Microsoft.Web/sites")["name"]
    wanted = {
        "allowedOrigins": [f"https://{site}.azurewebsites.net", *profile.parameters.get("pageOrigins", [])],
        "allowedMethods": local.UPLOAD_METHODS,
        "allowedHeaders": local.UPLOAD_HEADERS,
        "exposedHeaders": [],
        "maxAgeInSeconds": local.UPLOAD_MAX_AGE_SECONDS,
    }
    if rule != wanted:
        yield f"CORS is {rule}"


def what_is_deleted_or_overwritten_can_be_brought_back(profile: Profile) -> Iterator[str]:
    service = profile.main.only(BLOB_SERVICE)
    for name in ("deleteRetentionPolicy", "containerDeleteRetentionPolicy"):
        policy = service[f"properties.{name}"]
        if policy["enabled"] is not True or policy["days"] < 1:
            yield f"{name} is {policy}"
    if service["properties.isVersioningEnabled"] is not True:
        yield "versions are not kept"


def nothing_but_old_versions_and_dead_letters_is_ever_deleted(profile: Profile) -> Iterator[str]:
    for rule in _rules(profile):
        actions, filters = rule["definition"]["actions"], rule["definition"]["filters"]
        if "delete" in actions.get("baseBlob", {}) and filters.get("prefixMatch") != ["deadletters/"]:
            yield f"{rule['name']} deletes"


def old_versions_and_dead_letters_do_not_pile_up(profile: Profile) -> Iterator[str]:
    enabled = [rule["definition"] for rule in _rules(profile) if rule["enabled"]]
    if not any(
        "delete" in each["actions"].get("version", {}) and "prefixMatch" not in each["filters"] for each in enabled
    ):
        yield "old versions are kept for ever"
    if not any("delete" in each["actions"].get("baseBlob", {}) for each in enabled):
        yield "dead letters are kept for ever"


def partials_stay_hot(profile: Profile) -> Iterator[str]:
    for rule in _rules(profile):
        cools = any(action.startswith("tierTo") for action in rule["definition"]["actions"].get("baseBlob", {}))
        prefixes = rule["definition"]["filters"].get("prefixMatch", [""])
        if cools and any("partials/".startswith(prefix) for prefix in prefixes):
            yield f"{rule['name']} cools what each refresh reads"


def _rules(profile: Profile) -> list[dict[str, Any]]:
    return list(profile.main.only("Microsoft.Storage/storageAccounts/managementPolicies")["properties.policy.rules"])


def reads_are_never_older_than_the_last_write(profile: Profile) -> Iterator[str]:
    """A refresh relies on it: Strong consistency, with one region to write to."""
    account = profile.main.only(COSMOS)
    if account["properties.consistencyPolicy.defaultConsistencyLevel"] != "Strong":
        yield "reads may be old"
    if account["properties.enableMultipleWriteLocations"] is not False or len(account["properties.locations"]) != 1:
        yield "there is more than one region"


def the_database_is_billed_by_use(profile: Profile) -> Iterator[str]:
    if profile.main.only(COSMOS)["properties.capabilities"] != [{"name": "EnableServerless"}]:
        yield "the account is not serverless"
    for type_ in (f"{COSMOS}/sqlDatabases", f"{COSMOS}/sqlDatabases/containers"):
        for each in profile.main.made(type_):
            if each["properties.options"] is not None:
                yield f"a serverless account refuses the throughput of {each.symbol}"


def the_database_is_backed_up_continuously(profile: Profile) -> Iterator[str]:
    if profile.main.only(COSMOS)["properties.backupPolicy.type"] != "Continuous":
        yield "there is no continuous backup"


def database_containers_and_partition_keys_are_those_of_the_local_stack(profile: Profile) -> Iterator[str]:
    example = json.loads((ROOT / "local.settings.json.example").read_text(encoding="utf-8"))["Values"]
    database = profile.main.only(f"{COSMOS}/sqlDatabases")
    if not database["name"] == database["properties.resource.id"] == example["COSMOS_DATABASE"]:
        yield f"the database is {database['name']}"
    made = {
        each["name"]: each["properties.resource.partitionKey.paths"]
        for each in profile.main.made(f"{COSMOS}/sqlDatabases/containers")
        if each["name"] == each["properties.resource.id"]
    }
    if made != {name: [local.PARTITION_KEY] for name in local.COSMOS_CONTAINERS}:
        yield f"the containers are {made}"


POLICIES = [
    no_blob_container_is_public,
    blob_containers_are_those_of_the_local_stack_and_azures_own,
    queues_are_those_of_the_local_stack_so_that_poison_messages_find_theirs,
    pages_may_upload_as_they_may_to_the_local_stack_and_nothing_more,
    what_is_deleted_or_overwritten_can_be_brought_back,
    nothing_but_old_versions_and_dead_letters_is_ever_deleted,
    old_versions_and_dead_letters_do_not_pile_up,
    partials_stay_hot,
    reads_are_never_older_than_the_last_write,
    the_database_is_billed_by_use,
    the_database_is_backed_up_continuously,
    database_containers_and_partition_keys_are_those_of_the_local_stack,
]
