"""Flex Consumption: what it needs, and what it no longer takes."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from tests.unit.infra.conftest import Declaration, Infrastructure

ROOT = Path(__file__).parents[3]

SITE = "Microsoft.Web/sites"
SCALE = "properties.functionAppConfig.scaleAndConcurrency"

# Flex Consumption takes these from functionAppConfig, or not at all.
DEPRECATED = (
    "FUNCTIONS_WORKER_RUNTIME",
    "FUNCTIONS_EXTENSION_VERSION",
    "FUNCTIONS_WORKER_PROCESS_COUNT",
    "SCM_DO_BUILD_DURING_DEPLOYMENT",
    "ENABLE_ORYX_BUILD",
    "WEBSITE_RUN_FROM_PACKAGE",
    "WEBSITE_CONTENT",
    "WEBSITE_VNET_ROUTE_ALL",
    "WEBSITE_DNS_SERVER",
    "WEBSITE_MAX_DYNAMIC_APPLICATION_SCALE_OUT",
    "WEBSITE_TIME_ZONE",
    "linuxFxVersion",
    "alwaysOn",
    "ftpsState",
    "healthCheckPath",
)

# Only on Azure: which identity, and where telemetry goes.
AZURE_ONLY = {
    "AZURE_CLIENT_ID",
    "APPLICATIONINSIGHTS_CONNECTION_STRING",
    "APPLICATIONINSIGHTS_AUTHENTICATION_STRING",
    "PYTHON_ENABLE_OPENTELEMETRY",
    "OTEL_TRACES_SAMPLER",
    "OTEL_TRACES_SAMPLER_ARG",
}
# Only here: Entra ID takes the key's place, functionAppConfig names the runtime.
LOCAL_ONLY = {"COSMOS_KEY", "FUNCTIONS_WORKER_RUNTIME"}


@pytest.fixture
def site(infra: Infrastructure) -> Declaration:
    return infra.resource(SITE)


@pytest.fixture
def settings(infra: Infrastructure) -> dict[str, object]:
    (configuration,) = [r for r in infra.resources("Microsoft.Web/sites/config") if r["name"] == "appsettings"]
    properties = configuration["properties"]
    assert isinstance(properties, dict)
    return dict(properties)


def test_the_plan_is_flex_consumption_on_linux(infra: Infrastructure) -> None:
    plan = infra.resource("Microsoft.Web/serverfarms")
    assert plan["sku"] == {"name": "FC1", "tier": "FlexConsumption"}
    assert plan["properties.reserved"] is True


def test_the_site_is_a_linux_function_app_that_answers_over_https_only(site: Declaration) -> None:
    assert site["kind"] == "functionapp,linux"
    assert site["properties.httpsOnly"] is True
    assert site["properties.siteConfig.minTlsVersion"] == "1.2"
    assert site["properties.siteConfig.scmMinTlsVersion"] == "1.2"


def test_the_runtime_is_the_python_of_this_project(site: Declaration) -> None:
    version = (ROOT / ".python-version").read_text(encoding="utf-8").strip()
    assert site["properties.functionAppConfig.runtime"] == {"name": "python", "version": version}


def test_the_package_is_read_from_its_container_with_the_identity(infra: Infrastructure, site: Declaration) -> None:
    storage = "properties.functionAppConfig.deployment.storage"
    assert site[f"{storage}.type"] == "blobContainer"
    assert site[f"{storage}.value"] == "${storage.properties.primaryEndpoints.blob}${deploymentContainerName}"
    assert site[f"{storage}.authentication.type"] == "UserAssignedIdentity"
    assert str(site[f"{storage}.authentication.userAssignedIdentityResourceId"]) == "identity.id"


def test_http_concurrency_is_set_because_python_would_get_one_request_at_a_time(
    infra: Infrastructure, site: Declaration
) -> None:
    assert str(site[f"{SCALE}.triggers.http.perInstanceConcurrency"]) == "httpConcurrency"
    default = infra["resources.bicep"].named("httpConcurrency").value
    assert isinstance(default, int)
    assert default > 1


def test_memory_and_instances_stay_in_what_the_plan_offers(infra: Infrastructure, site: Declaration) -> None:
    assert str(site[f"{SCALE}.instanceMemoryMB"]) == "instanceMemoryMB"
    assert str(site[f"{SCALE}.maximumInstanceCount"]) == "maximumInstanceCount"
    parameters = infra["resources.bicep"]
    assert parameters.named("instanceMemoryMB").decorators["allowed"] == [512, 2048, 4096]
    assert parameters.named("maximumInstanceCount").decorators["minValue"] == 40


@pytest.mark.parametrize("group", ["Blob", "Http"])
def test_warm_instances_are_a_choice_that_costs_nothing_unless_made(
    infra: Infrastructure, site: Declaration, group: str
) -> None:
    assert f"alwaysReady{group}Instances > 0 ? warm{group}Instances : []" in str(site[f"{SCALE}.alwaysReady"])
    warm = infra["modules/functions.bicep"].named(f"warm{group}Instances").value
    assert isinstance(warm, list)
    assert isinstance(warm[0], dict)
    assert warm[0]["name"] == group.lower()
    assert infra["resources.bicep"].named(f"alwaysReady{group}Instances").value == 0


@pytest.mark.parametrize("name", DEPRECATED)
def test_nothing_that_flex_consumption_no_longer_takes_appears(infra: Infrastructure, name: str) -> None:
    assert [file.name for file in infra.files.values() if name in file.source] == []


@pytest.mark.parametrize("name", ["ftp", "scm"])
def test_publishing_with_passwords_is_off(infra: Infrastructure, name: str) -> None:
    policies = infra.resources("Microsoft.Web/sites/basicPublishingCredentialsPolicies")
    assert [policy["properties.allow"] for policy in policies if policy["name"] == name] == [False]


def test_azure_has_the_settings_that_a_machine_of_ones_own_has(settings: dict[str, object]) -> None:
    example = json.loads((ROOT / "local.settings.json.example").read_text(encoding="utf-8"))["Values"]
    on_azure = {name.partition("__")[0] for name in settings}
    assert on_azure - AZURE_ONLY == set(example) - LOCAL_ONLY


def test_every_setting_that_a_trigger_names_is_there(settings: dict[str, object]) -> None:
    blueprints = "".join(path.read_text(encoding="utf-8") for path in (ROOT / "blueprints").glob("*.py"))
    named = set(re.findall(r'"%(\w+)%"|connection="(\w+)"', blueprints))
    given = {name.partition("__")[0] for name in settings}
    assert named
    assert {setting or connection for setting, connection in named} <= given


def test_the_host_reaches_its_storage_with_the_identity_and_the_accounts_name(settings: dict[str, object]) -> None:
    own = {name: str(value) for name, value in settings.items() if name.startswith("AzureWebJobsStorage")}
    assert own == {
        "AzureWebJobsStorage__accountName": "storage.name",
        "AzureWebJobsStorage__credential": "managedidentity",
        "AzureWebJobsStorage__clientId": "identity.properties.clientId",
    }


def test_the_data_connection_names_both_services_because_poison_messages_go_to_a_queue(
    settings: dict[str, object],
) -> None:
    own = {name: str(value) for name, value in settings.items() if name.startswith("Storage")}
    assert own == {
        "Storage__blobServiceUri": "storage.properties.primaryEndpoints.blob",
        "Storage__queueServiceUri": "storage.properties.primaryEndpoints.queue",
        "Storage__credential": "managedidentity",
        "Storage__clientId": "identity.properties.clientId",
    }


def test_uploads_come_through_event_grid(settings: dict[str, object]) -> None:
    assert settings["BLOB_TRIGGER_SOURCE"] == "EventGrid"


def test_a_schedule_has_six_fields_with_seconds_first(infra: Infrastructure, settings: dict[str, object]) -> None:
    assert str(settings["RECONCILE_SCHEDULE"]) == "reconcileSchedule"
    for schedule in (settings["REFRESH_SCHEDULE"], infra["resources.bicep"].named("reconcileSchedule").value):
        assert re.fullmatch(r"0( \S+){5}", str(schedule))


def test_the_limit_on_files_is_the_one_that_was_tested_here(settings: dict[str, object]) -> None:
    example = json.loads((ROOT / "local.settings.json.example").read_text(encoding="utf-8"))["Values"]
    assert settings["MAX_FILE_BYTES"] == example["MAX_FILE_BYTES"]


def test_telemetry_is_sent_as_the_identity(settings: dict[str, object]) -> None:
    authentication = "ClientId=${identity.properties.clientId};Authorization=AAD"
    assert settings["APPLICATIONINSIGHTS_AUTHENTICATION_STRING"] == authentication


def test_the_worker_does_not_set_up_telemetry_as_the_app_does(settings: dict[str, object]) -> None:
    assert "PYTHON_APPLICATIONINSIGHTS_ENABLE_TELEMETRY" not in settings


def test_pages_elsewhere_may_call_the_api_only_where_they_are_named(infra: Infrastructure, site: Declaration) -> None:
    assert str(site["properties.siteConfig.cors.allowedOrigins"]) == "pageOrigins"
    assert site["properties.siteConfig.cors.supportCredentials"] is False
    assert str(infra["resources.bicep"].named("functions")["params.pageOrigins"]) == "pageOrigins"
    assert infra["resources.bicep"].named("pageOrigins").value == []
