"""Uploading the samples, and waiting until the app has made its reports of them."""

import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from azure.core.exceptions import ResourceNotFoundError
from azure.storage.blob import BlobServiceClient, ContainerSasPermissions, generate_container_sas

from devstack.api import Api
from devstack.emulators import STORAGE_ACCOUNT, STORAGE_KEY

UPLOADS = "uploads"
FINAL = frozenset({"processed", "rejected", "failed", "deleted"})


def upload_samples(folder: Path, service: BlobServiceClient) -> list[str]:
    """Upload every file below the folder under its path there; return the names. Same bytes are not sent again."""
    files = sorted(path for path in folder.rglob("*") if path.is_file() and not path.name.startswith("."))
    names = [path.relative_to(folder).as_posix() for path in files]
    with service.get_container_client(UPLOADS) as container:
        for path, name in zip(files, names, strict=True):
            content = path.read_bytes()
            blob = container.get_blob_client(name)
            try:
                is_there = blob.download_blob().readall() == content
            except ResourceNotFoundError:
                is_there = False
            if not is_there:
                blob.upload_blob(content, overwrite=True)
    return names


def is_done(record: dict[str, Any]) -> bool:
    """Whether the app has finished with a file and every report shows it."""
    return record.get("status") in FINAL and not record.get("stale")


def wait_for_files(api: Api, names: list[str], seconds: float, still_alive: Callable[[], None]) -> list[dict[str, Any]]:
    """The records of the named files, once all are done or the time is over. `still_alive` raises to end the wait."""
    deadline = time.monotonic() + seconds
    while True:
        still_alive()
        records = {record.get("name"): record for record in api.items("files")}
        found = [records[name] for name in names if name in records]
        if len(found) == len(names) and all(map(is_done, found)):
            return found
        if time.monotonic() > deadline:
            return found
        time.sleep(1)


def upload_command(blob_url: str) -> str:
    """A command line that uploads a file of one's own: curl, because everyone has it."""
    token = generate_container_sas(
        STORAGE_ACCOUNT,
        UPLOADS,
        STORAGE_KEY,
        permission=ContainerSasPermissions(create=True, write=True),
        expiry=datetime.now(UTC) + timedelta(days=30),
    )
    command = "curl --fail-with-body -T FILE.csv -H 'x-ms-blob-type: BlockBlob'"
    return f"{command} '{blob_url}/{UPLOADS}/FOLDER/FILE.csv?{token}'"
