"""Flex Consumption: what it needs, and what it no longer takes."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from tests.unit.infra.project import ROOT, Profile
from tests.unit.infra.values import Unknown

SITE = "Microsoft.Web/sites"
APP = "properties.functionAppConfig"
SCALE = f"{APP}.scaleAndConcurrency"
# Flex Consumption takes these from functionAppConfig, or not at all. Those that end with _ are beginnings.
DEPRECATED_SETTINGS = re.compile(
    r"FUNCTIONS_WORKER_RUNTIME|FUNCTIONS_EXTENSION_VERSION|FUNCTIONS_WORKER_PROCESS_COUNT|SCM_DO_BUILD_DURING_DEPLOYMENT"
    r"|ENABLE_ORYX_BUILD|WEBSITE_RUN_FROM_PACKAGE|WEBSITE_CONTENT.*|WEBSITE_VNET_ROUTE_ALL|WEBSITE_DNS_SERVER"
    r"|WEBSITE_MAX_DYNAMIC_APPLICATION_SCALE_OUT|WEBSITE_TIME_ZONE"
)
DEPRECATED_PROPERTIES = {"linuxFxVersion", "alwaysOn", "ftpsState", "healthCheckPath", "vnetRouteAllEnabled"}


def settings(profile: Profile) -> dict[str, Any]:
    """The app settings."""
    (found,) = [each for each in profile.main.made("Microsoft.Web/sites/config") if each["name"] == "appsettings"]
    return dict(found["properties"])


def keys(value: Any) -> Iterator[str]:
    """The names of all properties, however deep."""
    if isinstance(value, dict):
        for key, inner in value.items():
            yield key
            yield from keys(inner)
    elif isinstance(value, list):
        for item in value:
            yield from keys(item)


def the_plan_is_flex_consumption_on_linux(profile: Profile) -> Iterator[str]:
    plan = profile.main.only("Microsoft.Web/serverfarms")
    if plan["sku"] != {"name": "FC1", "tier": "FlexConsumption"} or plan["properties.reserved"] is not True:
        yield f"the plan is {plan['sku']}, reserved {plan['properties.reserved']}"


def the_site_is_a_linux_function_app_over_https_with_tls_12(profile: Profile) -> Iterator[str]:
    site = profile.main.only(SITE)
    if site["kind"] != "functionapp,linux":
        yield f"the site is a {site['kind']}"
    if site["properties.httpsOnly"] is not True:
        yield "the site answers without TLS"
    for name in ("minTlsVersion", "scmMinTlsVersion"):
        if site[f"properties.siteConfig.{name}"] != "1.2":
            yield f"{name} is {site[f'properties.siteConfig.{name}']}"


def the_runtime_is_the_python_of_this_project(profile: Profile) -> Iterator[str]:
    version = (ROOT / ".python-version").read_text(encoding="utf-8").strip()
    if profile.main.only(SITE)[f"{APP}.runtime"] != {"name": "python", "version": version}:
        yield f"the runtime is {profile.main.only(SITE)[f'{APP}.runtime']}"


def the_package_is_read_from_its_container_with_the_identity(profile: Profile) -> Iterator[str]:
    storage = profile.main.only(SITE)[f"{APP}.deployment.storage"]
    account = profile.main.only("Microsoft.Storage/storageAccounts")
    identity = profile.main.only("Microsoft.ManagedIdentity/userAssignedIdentities")
    wanted = {
        "type": "blobContainer",
        "value": f"${{{account.id}.properties.primaryEndpoints.blob}}deployments",
        "authentication": {"type": "UserAssignedIdentity", "userAssignedIdentityResourceId": identity.id},
    }
    if storage != wanted:
        yield f"the package is read from {storage}"


def http_concurrency_is_set_because_python_would_get_one_request_at_a_time(profile: Profile) -> Iterator[str]:
    given = profile.main.only(SITE)[f"{SCALE}.triggers.http.perInstanceConcurrency"]
    if not isinstance(given, int):
        yield f"perInstanceConcurrency is {given}"
    elif settings(profile)["PYTHON_THREADPOOL_THREAD_COUNT"] != str(given):
        yield "an instance takes other than as many requests as it has threads"


def memory_and_instances_stay_in_what_the_plan_offers(profile: Profile) -> Iterator[str]:
    scale = profile.main.only(SITE)[SCALE]
    if scale["instanceMemoryMB"] not in (512, 2048, 4096):
        yield f"instanceMemoryMB is {scale['instanceMemoryMB']}"
    if not 40 <= scale["maximumInstanceCount"] <= 1000:
        yield f"maximumInstanceCount is {scale['maximumInstanceCount']}"


def always_ready_instances_are_of_groups_that_exist_and_cost_nothing_unless_chosen(profile: Profile) -> Iterator[str]:
    ready = profile.main.only(SITE)[f"{SCALE}.alwaysReady"]
    for group in ready:
        if group["name"] not in ("blob", "http") or group["instanceCount"] < 1:
            yield f"{group} is always ready"
        if profile.main.only("Microsoft.Web/serverfarms")["properties.zoneRedundant"] and group["instanceCount"] < 2:
            yield f"{group['name']} has one warm instance, in one zone"
    if profile.name == "least" and ready:
        yield f"{ready} is always ready, which nobody has chosen"


def nothing_appears_that_flex_consumption_no_longer_takes(profile: Profile) -> Iterator[str]:
    yield from (name for name in settings(profile) if DEPRECATED_SETTINGS.fullmatch(name))
    yield from sorted(set(keys(profile.main.only(SITE).body)) & DEPRECATED_PROPERTIES)


def publishing_with_passwords_is_off(profile: Profile) -> Iterator[str]:
    policies = profile.main.made("Microsoft.Web/sites/basicPublishingCredentialsPolicies")
    allowed = {policy["name"]: policy["properties.allow"] for policy in policies}
    if allowed != {"ftp": False, "scm": False}:
        yield f"passwords are allowed: {allowed}"


def pages_elsewhere_may_call_the_api_only_where_they_are_named(profile: Profile) -> Iterator[str]:
    cors = profile.main.only(SITE)["properties.siteConfig.cors"]
    if cors["allowedOrigins"] != profile.parameters.get("pageOrigins", []) or cors["supportCredentials"] is not False:
        yield f"CORS is {cors}"


def the_host_reaches_its_storage_with_the_identity_and_the_accounts_name(profile: Profile) -> Iterator[str]:
    yield from _connection(profile, "AzureWebJobsStorage", {"accountName": _account(profile)["name"]})


def the_data_connection_names_both_services_because_poison_messages_go_to_a_queue(profile: Profile) -> Iterator[str]:
    endpoints = f"{_account(profile).id}.properties.primaryEndpoints"
    services = {"blobServiceUri": f"{endpoints}.blob", "queueServiceUri": f"{endpoints}.queue"}
    yield from _connection(profile, "Storage", services)


def _account(profile: Profile) -> Any:
    return profile.main.only("Microsoft.Storage/storageAccounts")


def _connection(profile: Profile, name: str, of_service: dict[str, str]) -> Iterator[str]:
    given = {key: value for key, value in settings(profile).items() if key.partition("__")[0] == name}
    own = of_service | {"credential": "managedidentity", "clientId": client_id(profile)}
    if given != {f"{name}__{key}": value for key, value in own.items()}:
        yield f"{name} is {given}"


def client_id(profile: Profile) -> str:
    identity = profile.main.only("Microsoft.ManagedIdentity/userAssignedIdentities")
    return f"{identity.id}.properties.clientId"


def the_sdks_take_the_same_identity(profile: Profile) -> Iterator[str]:
    if settings(profile)["AZURE_CLIENT_ID"] != client_id(profile):
        yield f"AZURE_CLIENT_ID is {settings(profile)['AZURE_CLIENT_ID']}"


def telemetry_is_sent_as_the_identity_and_by_the_app_alone(profile: Profile) -> Iterator[str]:
    given = settings(profile)
    if given["APPLICATIONINSIGHTS_AUTHENTICATION_STRING"] != f"ClientId=${{{client_id(profile)}}};Authorization=AAD":
        yield f"telemetry is sent as {given['APPLICATIONINSIGHTS_AUTHENTICATION_STRING']}"
    if given.get("PYTHON_ENABLE_OPENTELEMETRY") != "true":
        yield "the host is not told that the app sends its own telemetry"
    if "PYTHON_APPLICATIONINSIGHTS_ENABLE_TELEMETRY" in given:
        yield "the worker would send everything a second time"


def uploads_come_through_event_grid(profile: Profile) -> Iterator[str]:
    if settings(profile)["BLOB_TRIGGER_SOURCE"] != "EventGrid":
        yield "Flex Consumption has no blob trigger that polls"


def schedules_have_six_fields_with_seconds_first(profile: Profile) -> Iterator[str]:
    for name in ("REFRESH_SCHEDULE", "RECONCILE_SCHEDULE"):
        if not re.fullmatch(r"0( \S+){5}", settings(profile)[name]):
            yield f"{name} is {settings(profile)[name]}"


def app_settings_are_texts(profile: Profile) -> Iterator[str]:
    yield from (name for name, value in settings(profile).items() if not isinstance(value, str | Unknown))


POLICIES = [
    the_plan_is_flex_consumption_on_linux,
    the_site_is_a_linux_function_app_over_https_with_tls_12,
    the_runtime_is_the_python_of_this_project,
    the_package_is_read_from_its_container_with_the_identity,
    http_concurrency_is_set_because_python_would_get_one_request_at_a_time,
    memory_and_instances_stay_in_what_the_plan_offers,
    always_ready_instances_are_of_groups_that_exist_and_cost_nothing_unless_chosen,
    nothing_appears_that_flex_consumption_no_longer_takes,
    publishing_with_passwords_is_off,
    pages_elsewhere_may_call_the_api_only_where_they_are_named,
    the_host_reaches_its_storage_with_the_identity_and_the_accounts_name,
    the_data_connection_names_both_services_because_poison_messages_go_to_a_queue,
    the_sdks_take_the_same_identity,
    telemetry_is_sent_as_the_identity_and_by_the_app_alone,
    uploads_come_through_event_grid,
    schedules_have_six_fields_with_seconds_first,
    app_settings_are_texts,
]
