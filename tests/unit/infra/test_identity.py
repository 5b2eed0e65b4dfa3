"""No secrets: one identity, the least rights that do, keys and passwords off."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from tests.unit.infra.conftest import Declaration, Infrastructure

ROLE_ASSIGNMENT = "Microsoft.Authorization/roleAssignments"

# Ids of roles that are built into Azure.
BLOB_DATA_OWNER = "b7e6dc6d-f1e8-4753-8033-0f276bb0955b"
BLOB_DATA_CONTRIBUTOR = "ba92f5b4-2d11-453d-a403-e96b0029c9fe"
BLOB_DATA_READER = "2a2b9908-6ea1-4ae2-8e65-a410df84e7d1"
QUEUE_DATA_CONTRIBUTOR = "974c5e8b-45b9-4653-ba55-5f855dd0fb88"
TABLE_DATA_CONTRIBUTOR = "0a9a7e1f-b9d0-4cc4-a60d-0319b160aaa3"
METRICS_PUBLISHER = "3913510d-42f4-4e42-8a64-420c390055eb"
COSMOS_DATA_CONTRIBUTOR = "00000000-0000-0000-0000-000000000002"

GRANTS = {
    # who                       what                    on what
    ("appStorageAccess", BLOB_DATA_OWNER, "storage"),
    ("appStorageAccess", QUEUE_DATA_CONTRIBUTOR, "storage"),
    ("appStorageAccess", TABLE_DATA_CONTRIBUTOR, "storage"),
    ("appTelemetryAccess", METRICS_PUBLISHER, "applicationInsights"),
    ("uploaderWriteAccess", BLOB_DATA_CONTRIBUTOR, "uploads"),
    ("uploaderReadAccess", BLOB_DATA_READER, "results[index]"),
    ("deadLetterAccess", BLOB_DATA_CONTRIBUTOR, "deadLetters"),
}


def role_ids(infra: Infrastructure, assignment: Declaration) -> list[str]:
    """The ids of the roles that an assignment gives, by way of the variables it names."""
    file = infra[assignment.file]
    definition = re.fullmatch(
        r"subscriptionResourceId\('Microsoft.Authorization/roleDefinitions', (\w+)\)",
        str(assignment["properties.roleDefinitionId"]),
    )
    assert definition
    if definition[1] != "role":
        return [str(file.named(definition[1]).value)]
    roles = file.named(str(assignment.each)).value
    assert isinstance(roles, list)
    return [str(file.named(str(role)).value) for role in roles]


def test_these_are_all_the_rights_that_anyone_is_given(infra: Infrastructure) -> None:
    given = {
        (assignment.name, role, str(assignment["scope"]))
        for assignment in infra.resources(ROLE_ASSIGNMENT)
        for role in role_ids(infra, assignment)
    }
    assert given == GRANTS


def test_a_right_is_given_once_however_often_it_is_deployed_and_says_to_what_kind(infra: Infrastructure) -> None:
    for assignment in infra.resources(ROLE_ASSIGNMENT):
        assert str(assignment["name"]).startswith("guid("), assignment.name
        expected = "uploaderPrincipalType" if assignment.name.startswith("uploader") else "ServicePrincipal"
        assert str(assignment["properties.principalType"]) == expected, assignment.name


def test_the_app_may_read_and_write_its_own_database_only(infra: Infrastructure) -> None:
    assignment = infra.resource("Microsoft.DocumentDB/databaseAccounts/sqlRoleAssignments")
    assert infra[assignment.file].named("cosmosDataContributor").value == COSMOS_DATA_CONTRIBUTOR
    assert assignment["properties.roleDefinitionId"] == "${cosmos.id}/sqlRoleDefinitions/${cosmosDataContributor}"
    assert assignment["properties.scope"] == "${cosmos.id}/dbs/${cosmosDatabaseName}"


def test_the_app_runs_as_one_identity_of_its_own(infra: Infrastructure) -> None:
    infra.resource("Microsoft.ManagedIdentity/userAssignedIdentities")
    site = infra.resource("Microsoft.Web/sites")
    assert site["identity"] == {"type": "UserAssigned", "userAssignedIdentities": {"${identity.id}": {}}}


def test_the_app_comes_after_its_rights(infra: Infrastructure) -> None:
    """The module `identity` is done, rights included, before the value that `functions` waits for comes out."""
    functions = infra["resources.bicep"].named("functions")
    assert str(functions["params.identityName"]) == "identity.outputs.identityName"


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("allowSharedKeyAccess", False),
        ("allowBlobPublicAccess", False),
        ("allowCrossTenantReplication", False),
        ("defaultToOAuthAuthentication", True),
        ("minimumTlsVersion", "TLS1_2"),
        ("supportsHttpsTrafficOnly", True),
    ],
)
def test_storage_takes_identities_over_tls_only(infra: Infrastructure, name: str, value: object) -> None:
    assert infra.resource("Microsoft.Storage/storageAccounts")[f"properties.{name}"] == value


@pytest.mark.parametrize(
    ("name", "value"),
    [("disableLocalAuth", True), ("disableKeyBasedMetadataWriteAccess", True), ("minimalTlsVersion", "Tls12")],
)
def test_cosmos_takes_identities_over_tls_only(infra: Infrastructure, name: str, value: object) -> None:
    assert infra.resource("Microsoft.DocumentDB/databaseAccounts")[f"properties.{name}"] == value


def test_telemetry_and_logs_take_identities_only(infra: Infrastructure) -> None:
    assert infra.resource("Microsoft.Insights/components")["properties.DisableLocalAuth"] is True
    workspace = infra.resource("Microsoft.OperationalInsights/workspaces")
    assert workspace["properties.features.disableLocalAuth"] is True


def test_keys_are_read_for_the_webhook_of_event_grid_only(infra: Infrastructure) -> None:
    readers = [
        (file.name, call) for file in infra.files.values() for call in re.findall(r"\blist[A-Z]\w*(?=\()", file.source)
    ]
    assert readers == [("eventgrid.bicep", "listKeys")]


def test_no_parameter_is_a_secret(infra: Infrastructure) -> None:
    for file in infra.files.values():
        for parameter in file.of_kind("param"):
            assert "secure" not in parameter.decorators, f"{file.name}: {parameter.name}"
            assert not looks_secret(parameter.name), f"{file.name}: {parameter.name}"


def test_no_output_is_a_secret(infra: Infrastructure) -> None:
    for file in infra.files.values():
        for output in file.of_kind("output"):
            assert not looks_secret(output.name), f"{file.name}: {output.name}"
            assert not looks_secret(str(output.value)), f"{file.name}: {output.name}"


def looks_secret(words: str) -> bool:
    return bool(re.search(r"key|secret|password|token\b|sas\b|connection_?string|credential", words, re.IGNORECASE))
