"""No secrets: one identity, the least rights that do, keys and passwords off."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from tests.unit.infra.evaluate import Resource
from tests.unit.infra.project import Profile
from tests.unit.infra.values import Unknown

ROLE_ASSIGNMENT = "Microsoft.Authorization/roleAssignments"
COSMOS_ASSIGNMENT = "Microsoft.DocumentDB/databaseAccounts/sqlRoleAssignments"

# Ids of roles that are built into Azure.
ROLES = {
    "b7e6dc6d-f1e8-4753-8033-0f276bb0955b": "Storage Blob Data Owner",
    "ba92f5b4-2d11-453d-a403-e96b0029c9fe": "Storage Blob Data Contributor",
    "2a2b9908-6ea1-4ae2-8e65-a410df84e7d1": "Storage Blob Data Reader",
    "974c5e8b-45b9-4653-ba55-5f855dd0fb88": "Storage Queue Data Contributor",
    "0a9a7e1f-b9d0-4cc4-a60d-0319b160aaa3": "Storage Table Data Contributor",
    "3913510d-42f4-4e42-8a64-420c390055eb": "Monitoring Metrics Publisher",
}
COSMOS_DATA_CONTRIBUTOR = "00000000-0000-0000-0000-000000000002"
# Who, which role, on what.
APP_RIGHTS = {
    ("app", "Storage Blob Data Owner", "account"),
    ("app", "Storage Queue Data Contributor", "account"),
    ("app", "Storage Table Data Contributor", "account"),
    ("app", "Monitoring Metrics Publisher", "telemetry"),
    ("topic", "Storage Blob Data Contributor", "deadletters"),
}
UPLOADER_RIGHTS = {
    ("uploader", "Storage Blob Data Contributor", "uploads"),
    ("uploader", "Storage Blob Data Reader", "processed"),
    ("uploader", "Storage Blob Data Reader", "rejected"),
}


def these_are_all_the_rights_that_anyone_is_given(profile: Profile) -> Iterator[str]:
    given = {_right(profile, each) for part in profile.deployments for each in part.made(ROLE_ASSIGNMENT)}
    wanted = APP_RIGHTS | (UPLOADER_RIGHTS if profile.parameters.get("uploaderPrincipalId") else set())
    yield from (f"{right} is given to nobody's need" for right in given - wanted)
    yield from (f"{right} is not given" for right in wanted - given)


def _right(profile: Profile, assignment: Resource) -> tuple[str, str, str]:
    role = re.fullmatch(
        r"subscriptionResourceId\(Microsoft.Authorization/roleDefinitions, (.*)\)",
        str(assignment["properties.roleDefinitionId"]),
    )
    return (
        _who(profile, str(assignment["properties.principalId"])),
        ROLES.get(role[1], role[1]) if role else "no role",
        _on_what(profile, str(assignment["scope"])),
    )


def _who(profile: Profile, principal: str) -> str:
    identity = profile.main.only("Microsoft.ManagedIdentity/userAssignedIdentities")
    topic = profile.main.only("Microsoft.EventGrid/systemTopics")
    known = {
        f"{identity.id}.properties.principalId": "app",
        f"{topic.id}.identity.principalId": "topic",
        profile.parameters.get("uploaderPrincipalId"): "uploader",
    }
    return known.get(principal, principal)


def _on_what(profile: Profile, scope: str) -> str:
    account = profile.main.only("Microsoft.Storage/storageAccounts").id
    known = {account: "account", profile.main.only("Microsoft.Insights/components").id: "telemetry"}
    return known.get(scope, scope.removeprefix(f"{account}/blobServices/default/containers/"))


def a_right_is_given_once_however_often_it_is_deployed(profile: Profile) -> Iterator[str]:
    names: dict[str, str] = {}
    for part in profile.deployments:
        for assignment in [*part.made(ROLE_ASSIGNMENT), *part.made(COSMOS_ASSIGNMENT)]:
            name = assignment["name"]
            if not name.startswith("guid("):
                yield f"{assignment.symbol} is named {name}, not by guid()"
            if name in names:
                yield f"{assignment.symbol} has the name of {names[name]}"
            names[name] = assignment.symbol


def a_right_says_to_what_kind_of_principal_it_is_given(profile: Profile) -> Iterator[str]:
    for part in profile.deployments:
        for each in part.made(ROLE_ASSIGNMENT):
            who = _who(profile, str(each["properties.principalId"]))
            of_uploader = profile.parameters.get("uploaderPrincipalType", "User")
            if each["properties.principalType"] != (of_uploader if who == "uploader" else "ServicePrincipal"):
                yield f"{each.symbol} is given to a {each['properties.principalType']}"


def the_app_may_read_and_write_its_own_database_only(profile: Profile) -> Iterator[str]:
    assignment = profile.main.only(COSMOS_ASSIGNMENT)
    account = profile.main.only("Microsoft.DocumentDB/databaseAccounts").id
    identity = profile.main.only("Microsoft.ManagedIdentity/userAssignedIdentities").id
    wanted = {
        "roleDefinitionId": f"${{{account}}}/sqlRoleDefinitions/{COSMOS_DATA_CONTRIBUTOR}",
        "principalId": f"{identity}.properties.principalId",
        "scope": f"${{{account}}}/dbs/pipeline",
    }
    if assignment["properties"] != wanted:
        yield f"the right is {assignment['properties']}"


def the_app_runs_as_one_identity_of_its_own(profile: Profile) -> Iterator[str]:
    identity = profile.main.only("Microsoft.ManagedIdentity/userAssignedIdentities")
    site = profile.main.only("Microsoft.Web/sites")
    if site["identity"] != {"type": "UserAssigned", "userAssignedIdentities": {f"${{{identity.id}}}": {}}}:
        yield f"the site runs as {site['identity']}"


def storage_takes_identities_over_tls_only(profile: Profile) -> Iterator[str]:
    wanted = {
        "allowSharedKeyAccess": False,
        "allowBlobPublicAccess": False,
        "allowCrossTenantReplication": False,
        "defaultToOAuthAuthentication": True,
        "minimumTlsVersion": "TLS1_2",
        "supportsHttpsTrafficOnly": True,
    }
    yield from _differences(profile.main.only("Microsoft.Storage/storageAccounts"), wanted)


def cosmos_takes_identities_over_tls_only(profile: Profile) -> Iterator[str]:
    wanted = {"disableLocalAuth": True, "disableKeyBasedMetadataWriteAccess": True, "minimalTlsVersion": "Tls12"}
    yield from _differences(profile.main.only("Microsoft.DocumentDB/databaseAccounts"), wanted)


def telemetry_and_logs_take_identities_only(profile: Profile) -> Iterator[str]:
    yield from _differences(profile.main.only("Microsoft.Insights/components"), {"DisableLocalAuth": True})
    workspace = profile.main.only("Microsoft.OperationalInsights/workspaces")
    yield from _differences(workspace, {"features.disableLocalAuth": True})


def _differences(resource: Resource, wanted: dict[str, Any]) -> Iterator[str]:
    for name, value in wanted.items():
        given = resource[f"properties.{name}"]
        if given != value or type(given) is not type(value):
            yield f"{resource.symbol}: {name} is {given!r}, not {value!r}"


def keys_are_read_for_the_webhook_of_event_grid_only(profile: Profile) -> Iterator[str]:
    for part in profile.deployments:
        for resource in part.made():
            for path, value in _texts(resource.body):
                webhook = resource.symbol == "subscription" and path.endswith(".endpointUrl")
                if re.search(r"\blist\w+\(", value) and not webhook:
                    yield f"{resource.symbol}: {path} has a key in it"


def _texts(value: Any, path: str = "") -> Iterator[tuple[str, str]]:
    if isinstance(value, dict):
        for key, inner in value.items():
            yield from _texts(inner, f"{path}.{key}")
    elif isinstance(value, list):
        for item in value:
            yield from _texts(item, path)
    elif isinstance(value, Unknown):
        yield path, str(value)


def nothing_that_goes_in_or_comes_out_is_a_secret(profile: Profile) -> Iterator[str]:
    secret = re.compile(
        r"key|secret|password|token\b|sas\b|connection_?string|credential|list[A-Z]\w*\(", re.IGNORECASE
    )
    for part in profile.deployments:
        yield from (
            f"output {name} is {value}" for name, value in part.outputs.items() if secret.search(f"{name} {value}")
        )
    for name in profile.parameters:
        if secret.search(name):
            yield f"parameter {name}"


POLICIES = [
    these_are_all_the_rights_that_anyone_is_given,
    a_right_is_given_once_however_often_it_is_deployed,
    a_right_says_to_what_kind_of_principal_it_is_given,
    the_app_may_read_and_write_its_own_database_only,
    the_app_runs_as_one_identity_of_its_own,
    storage_takes_identities_over_tls_only,
    cosmos_takes_identities_over_tls_only,
    telemetry_and_logs_take_identities_only,
    keys_are_read_for_the_webhook_of_event_grid_only,
    nothing_that_goes_in_or_comes_out_is_a_secret,
]
