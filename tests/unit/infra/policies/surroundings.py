"""Event Grid, private networking, and what watches over it all."""

from __future__ import annotations

import re
from collections.abc import Iterator

from tests.unit.infra.project import Profile

SITE = "Microsoft.Web/sites"
STORAGE = "Microsoft.Storage/storageAccounts"
COSMOS = "Microsoft.DocumentDB/databaseAccounts"
TOPIC = "Microsoft.EventGrid/systemTopics"
SUBSCRIPTION = "Microsoft.EventGrid/systemTopics/eventSubscriptions"
ENDPOINT = "Microsoft.Network/privateEndpoints"
ZONES = {
    "blob": "privatelink.blob.core.windows.net",
    "queue": "privatelink.queue.core.windows.net",
    "table": "privatelink.table.core.windows.net",
    "Sql": "privatelink.documents.azure.com",
    "sites": "privatelink.azurewebsites.net",
}
METRICS = {
    TOPIC: {"DeadLetteredCount", "DroppedEventCount", "DeliveryAttemptFailCount"},
    COSMOS: {"TotalRequests"},
}
# As Azure's rules for names have them, with uniqueString() at its length.
NAMES = {
    STORAGE: r"[a-z0-9]{3,24}",
    COSMOS: r"[a-z0-9][a-z0-9-]{1,42}[a-z0-9]",
    SITE: r"[a-z0-9][a-z0-9-]{0,58}[a-z0-9]",
    TOPIC: r"[A-Za-z0-9-]{3,128}",
    "Microsoft.OperationalInsights/workspaces": r"[A-Za-z0-9][A-Za-z0-9-]{2,61}[A-Za-z0-9]",
    "Microsoft.ManagedIdentity/userAssignedIdentities": r"[A-Za-z0-9][\w-]{2,127}",
    "Microsoft.Network/virtualNetworks": r"[A-Za-z0-9][\w.-]{0,62}\w",
    ENDPOINT: r"[A-Za-z0-9][\w.-]{0,62}\w",
}
ALERTS = {"failures", "poison", "refresh-missing", "stale-reports", "slow-api", "slow-ingest"}


def names_are_such_as_azure_takes(profile: Profile) -> Iterator[str]:
    for resource in profile.main.made():
        form = NAMES.get(resource.type)
        if form and not re.fullmatch(form, resource["name"]):
            yield f"{resource.symbol} is named {resource['name']}"


def whatever_is_said_to_exist_does(profile: Profile) -> Iterator[str]:
    subnets = {
        f"{network.id}/subnets/{subnet['name']}"
        for network in profile.main.made("Microsoft.Network/virtualNetworks")
        for subnet in network["properties.subnets"]
    }
    made = {resource.id for part in profile.deployments for resource in part.made()} | subnets
    for part in profile.deployments:
        yield from (f"{each.file}: {each.id}" for each in part.resources if each.existing and each.id not in made)


# --- Event Grid


def event_grid_comes_after_publishing_because_the_key_of_the_webhook_does(profile: Profile) -> Iterator[str]:
    if profile.main.made(SUBSCRIPTION) or len(profile.events.made(SUBSCRIPTION)) != 1:
        yield "the subscription is not in eventgrid.bicep"


def events_go_to_the_webhook_of_the_blob_extension_over_tls_12(profile: Profile) -> Iterator[str]:
    destination = profile.events.only(SUBSCRIPTION)["properties.destination"]
    site = profile.main.only(SITE).id
    url = (
        f"https://${{{site}.properties.defaultHostName}}/runtime/webhooks/blobs?functionName=Host.Functions.ingest"
        f"&code=${{listKeys(${{{site}}}/host/default, 2024-11-01).systemKeys.blobs_extension}}"
    )
    wanted = {"endpointUrl": url, "minimumTlsVersionAllowed": "1.2"}
    if destination["endpointType"] != "WebHook" or destination["properties"] != wanted:
        yield f"events go to {destination}"


def only_new_blobs_in_uploads_are_announced(profile: Profile) -> Iterator[str]:
    wanted = {
        "includedEventTypes": ["Microsoft.Storage.BlobCreated"],
        "subjectBeginsWith": "/blobServices/default/containers/uploads/blobs/",
    }
    if profile.events.only(SUBSCRIPTION)["properties.filter"] != wanted:
        yield f"the filter is {profile.events.only(SUBSCRIPTION)['properties.filter']}"


def events_are_in_the_schema_that_the_host_reads(profile: Profile) -> Iterator[str]:
    if profile.events.only(SUBSCRIPTION)["properties.eventDeliverySchema"] != "EventGridSchema":
        yield "the host reads EventGridSchema"


def delivery_is_tried_again_within_bounds(profile: Profile) -> Iterator[str]:
    policy = profile.events.only(SUBSCRIPTION)["properties.retryPolicy"] or {}
    if not (1 <= policy.get("maxDeliveryAttempts", 0) <= 30 and 1 <= policy.get("eventTimeToLiveInMinutes", 0) <= 1440):
        yield f"the policy is {policy}"


def what_cannot_be_delivered_is_kept_and_written_as_the_topics_own_identity(profile: Profile) -> Iterator[str]:
    subscription = profile.events.only(SUBSCRIPTION)
    if profile.main.only(TOPIC)["identity.type"] != "SystemAssigned":
        yield "the topic has no identity"
    wanted = {
        "identity": {"type": "SystemAssigned"},
        "deadLetterDestination": {
            "endpointType": "StorageBlob",
            "properties": {"resourceId": profile.main.only(STORAGE).id, "blobContainerName": "deadletters"},
        },
    }
    if subscription["properties.deadLetterWithResourceIdentity"] != wanted:
        yield f"dead letters go to {subscription['properties.deadLetterWithResourceIdentity']}"


def the_topic_listens_to_the_storage_account(profile: Profile) -> Iterator[str]:
    topic = profile.main.only(TOPIC)
    if (topic["properties.source"], topic["properties.topicType"]) != (
        profile.main.only(STORAGE).id,
        "Microsoft.Storage.StorageAccounts",
    ):
        yield f"the topic listens to {topic['properties']}"


# --- private networking


def data_has_no_public_access_where_networking_is_private(profile: Profile) -> Iterator[str]:
    if not profile.private:
        return
    storage, cosmos = profile.main.only(STORAGE), profile.main.only(COSMOS)
    if cosmos["properties.publicNetworkAccess"] != "Disabled":
        yield "the database is public"
    if storage["properties.networkAcls.defaultAction"] != "Deny":
        yield "the storage account takes everybody"
    named = [rule["value"] for rule in storage["properties.networkAcls.ipRules"]]
    if named != profile.parameters.get("allowedAddresses", []):
        yield f"the storage account takes {named}"
    # Event Grid writes its dead letters as a trusted service.
    if storage["properties.networkAcls.bypass"] != "AzureServices":
        yield "the storage account keeps Event Grid out"


def the_site_lets_in_event_grid_and_those_who_were_named_where_networking_is_private(profile: Profile) -> Iterator[str]:
    if not profile.private:
        return
    configuration = profile.main.only(SITE)["properties.siteConfig"]
    named = profile.parameters.get("allowedAddresses", [])
    wanted = {"ipSecurityRestrictions": ["AzureEventGrid", *named], "scmIpSecurityRestrictions": named}
    for name, addresses in wanted.items():
        if configuration[f"{name}DefaultAction"] != "Deny":
            yield f"{name}DefaultAction is {configuration[f'{name}DefaultAction']}"
        let_in = [rule["ipAddress"] for rule in configuration[name] if rule["action"] == "Allow"]
        if [address.removesuffix("/32") for address in let_in] != addresses:
            yield f"{name} is {configuration[name]}"


def each_service_has_its_endpoint_and_zone_where_networking_is_private(profile: Profile) -> Iterator[str]:
    endpoints = profile.main.made(ENDPOINT)
    owners = {"Sql": profile.main.only(COSMOS).id, "sites": profile.main.only(SITE).id}
    found = {}
    for endpoint in endpoints:
        (connection,) = endpoint["properties.privateLinkServiceConnections"]
        (service,) = connection["properties"]["groupIds"]
        if connection["properties"]["privateLinkServiceId"] != owners.get(service, profile.main.only(STORAGE).id):
            yield f"the endpoint of {service} leads to {connection['properties']['privateLinkServiceId']}"
        (group,) = [
            each
            for each in profile.main.made(f"{ENDPOINT}/privateDnsZoneGroups")
            if each.id.startswith(f"{endpoint.id}/")
        ]
        zones = [str(each["properties"]["privateDnsZoneId"]) for each in group["properties.privateDnsZoneConfigs"]]
        found[service] = zones[0].rpartition("/")[2]
    if found != (ZONES if profile.private else {}):
        yield f"the endpoints are {found}"


def the_app_calls_from_the_virtual_network_where_networking_is_private(profile: Profile) -> Iterator[str]:
    subnet = profile.main.only(SITE)["properties.virtualNetworkSubnetId"]
    if profile.private != (subnet is not None):
        yield f"the app calls from {subnet}"
    for network in profile.main.made("Microsoft.Network/virtualNetworks"):
        delegated = [
            each["properties"]["delegations"][0]["properties"]["serviceName"]
            for each in network["properties.subnets"]
            if each["properties"].get("delegations")
        ]
        if delegated != ["Microsoft.App/environments"]:
            yield f"Flex Consumption wants a subnet of its own: {delegated}"


# --- watching


def platform_logs_go_to_the_workspace(profile: Profile) -> Iterator[str]:
    logged = {str(each["scope"]): each for each in profile.main.made("Microsoft.Insights/diagnosticSettings")}
    workspace = profile.main.only("Microsoft.OperationalInsights/workspaces").id
    storage = profile.main.only(STORAGE).id
    wanted = {profile.main.only(type_).id for type_ in (SITE, COSMOS, TOPIC)} | {f"{storage}/blobServices/default"}
    if profile.parameters.get("auditLogs"):
        wanted.add(f"{storage}/queueServices/default")
    if logged.keys() != wanted:
        yield f"what is logged: {sorted(logged.keys() ^ wanted)}"
    for each in logged.values():
        on = [log for log in each["properties.logs"] if log["enabled"]]
        if each["properties.workspaceId"] != workspace or not on:
            yield f"{each.symbol} logs nothing to the workspace"


def every_alert_is_there_and_reaches_somebody(profile: Profile) -> Iterator[str]:
    group = profile.main.only("Microsoft.Insights/actionGroups").id
    rules = profile.main.made("Microsoft.Insights/scheduledQueryRules")
    if {re.sub(r"-appi-.*", "", rule["name"]) for rule in rules} != ALERTS:
        yield f"the alerts are {[rule['name'] for rule in rules]}"
    for rule in rules:
        if rule["properties.actions.actionGroups"] != [group] or rule["properties.enabled"] is not True:
            yield f"{rule['name']} reaches nobody"
    for rule in profile.main.made("Microsoft.Insights/metricAlerts"):
        if rule["properties.actions"] != [{"actionGroupId": group}] or rule["properties.enabled"] is not True:
            yield f"{rule['name']} reaches nobody"


def metric_alerts_watch_event_grid_and_throttling(profile: Profile) -> Iterator[str]:
    found: dict[str, set[str]] = {TOPIC: set(), COSMOS: set()}
    for rule in profile.main.made("Microsoft.Insights/metricAlerts"):
        (scope,) = rule["properties.scopes"]
        for each in rule["properties.criteria.allOf"]:
            found["/".join(str(scope).split("/")[:2])].add(each["metricName"])
            if each["metricName"] == "TotalRequests" and each["dimensions"][0]["values"] != ["429"]:
                yield f"{rule['name']} counts all requests"
    if found != METRICS:
        yield f"the metrics are {found}"


def queries_fit_in_the_time_they_are_asked_for(profile: Profile) -> Iterator[str]:
    """A rule that is asked every 5 minutes for less than 5 minutes misses something."""
    for type_ in ("scheduledQueryRules", "metricAlerts"):
        for rule in profile.main.made(f"Microsoft.Insights/{type_}"):
            minutes = [
                int(re.sub(r"\D", "", rule[f"properties.{name}"])) for name in ("evaluationFrequency", "windowSize")
            ]
            if minutes[0] > minutes[1]:
                yield f"{rule['name']} looks at {minutes[1]} of {minutes[0]} minutes"


def telemetry_has_a_daily_cap_and_the_group_a_budget_where_one_was_begun(profile: Profile) -> Iterator[str]:
    cap = profile.main.only("Microsoft.OperationalInsights/workspaces")["properties.workspaceCapping.dailyQuotaGb"]
    if cap != profile.parameters.get("dailyCapGb", 1):
        yield f"the cap is {cap}"
    budgets = profile.main.made("Microsoft.Consumption/budgets")
    if len(budgets) != (1 if profile.parameters.get("budgetStart") else 0):
        yield f"there are {len(budgets)} budgets"


POLICIES = [
    names_are_such_as_azure_takes,
    whatever_is_said_to_exist_does,
    event_grid_comes_after_publishing_because_the_key_of_the_webhook_does,
    events_go_to_the_webhook_of_the_blob_extension_over_tls_12,
    only_new_blobs_in_uploads_are_announced,
    events_are_in_the_schema_that_the_host_reads,
    delivery_is_tried_again_within_bounds,
    what_cannot_be_delivered_is_kept_and_written_as_the_topics_own_identity,
    the_topic_listens_to_the_storage_account,
    data_has_no_public_access_where_networking_is_private,
    the_site_lets_in_event_grid_and_those_who_were_named_where_networking_is_private,
    each_service_has_its_endpoint_and_zone_where_networking_is_private,
    the_app_calls_from_the_virtual_network_where_networking_is_private,
    platform_logs_go_to_the_workspace,
    every_alert_is_there_and_reaches_somebody,
    metric_alerts_watch_event_grid_and_throttling,
    queries_fit_in_the_time_they_are_asked_for,
    telemetry_has_a_daily_cap_and_the_group_a_budget_where_one_was_begun,
]
