"""What the app finds in its accounts and never makes itself: on Azure infra/ makes it, here the local stack."""

import base64
from collections.abc import Sequence

from azure.core.exceptions import ResourceExistsError
from azure.cosmos import CosmosClient, PartitionKey
from azure.storage.blob import BlobServiceClient, CorsRule

from devstack.host.queues import Queue
from devstack.host.storage_rest import Account

BLOB_CONTAINERS = ("uploads", "processed", "rejected", "partials")
QUEUES = ("webjobs-blobtrigger-poison", "reprocess")
COSMOS_CONTAINERS = ("files", "reports")
PARTITION_KEY = "/pk"
UPLOAD_METHODS = ["PUT"]
UPLOAD_HEADERS = ["content-type", "x-ms-blob-type"]
UPLOAD_MAX_AGE_SECONDS = 3600


def create_blob_containers(service: BlobServiceClient) -> None:
    """Make the containers that are missing."""
    for name in BLOB_CONTAINERS:
        try:
            service.create_container(name)
        except ResourceExistsError:
            continue


def allow_uploads_from(service: BlobServiceClient, origins: Sequence[str]) -> None:
    """Let pages of these origins upload. On Azure the account's CORS rules say the same."""
    rule = CorsRule(
        list(origins), UPLOAD_METHODS, allowed_headers=UPLOAD_HEADERS, max_age_in_seconds=UPLOAD_MAX_AGE_SECONDS
    )
    service.set_service_properties(cors=[rule])


def create_queues(account: str, key: str, endpoint: str) -> None:
    """Make the queues that are missing."""
    for name in QUEUES:
        Queue(Account(account, base64.b64decode(key), endpoint), name).create()


def create_cosmos_containers(client: CosmosClient, database: str) -> None:
    """Make the database and the containers that are missing."""
    proxy = client.create_database_if_not_exists(database)
    for name in COSMOS_CONTAINERS:
        proxy.create_container_if_not_exists(name, PartitionKey(path=PARTITION_KEY))
