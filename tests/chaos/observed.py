"""What the running app shows: records and reports through its API, documents as they lie in the containers."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

import requests
from azure.core.exceptions import ResourceNotFoundError
from azure.storage.blob import BlobServiceClient

type Read = Callable[[str], bytes | None]

CONTAINERS = ("uploads", "processed", "rejected", "partials")


@dataclass(frozen=True)
class Observed:
    """Everything that can be seen at one moment."""

    records: dict[str, dict[str, Any]]  # by the name of the upload
    reports: dict[tuple[str, str], dict[str, Any]]  # whole periods, all rows as `value`
    blobs: dict[str, frozenset[str]]  # names by container


class Api:
    """GET on a host without keys."""

    def __init__(self, host_url: str) -> None:
        self._root = f"{host_url}/api"

    def reports(self) -> list[dict[str, Any]]:
        """All reports."""
        return self._follow(f"{self._root}/reports")["value"]

    def pages(self, path: str) -> Iterator[dict[str, Any]]:
        """All pages of a list."""
        link: str | None = f"{self._root}/{path}?top=1000"
        while link:
            page = self._follow(link)
            yield page
            link = page.get("nextLink")

    def items(self, path: str) -> Iterator[dict[str, Any]]:
        """All items of a list."""
        for page in self.pages(path):
            yield from page["value"]

    def records(self) -> dict[str, dict[str, Any]]:
        """All file records by the names of their uploads."""
        return {record["name"]: record for record in self.items("files")}

    def _follow(self, link: str) -> dict[str, Any]:
        answer = requests.get(link, timeout=60)
        answer.raise_for_status()
        return answer.json()


def observe(api: Api, storage: BlobServiceClient) -> Observed:
    """Look at everything."""
    reports = {}
    for report in api.reports():
        path = f"reports/{quote(report['name'], safe='')}"
        for period in sorted({row["period"] for row in api.items(path)}):
            pages = list(api.pages(f"{path}/{quote(period, safe='')}"))
            reports[report["name"], period] = {**pages[0], "value": [row for page in pages for row in page["value"]]}
    blobs = {name: frozenset(storage.get_container_client(name).list_blob_names()) for name in CONTAINERS}
    return Observed(api.records(), reports, blobs)


def reader(storage: BlobServiceClient) -> Read:
    """Reads blobs by `container/name`."""

    def read(path: str) -> bytes | None:
        container, _, name = path.partition("/")
        try:
            return storage.get_blob_client(container, name).download_blob().readall()
        except ResourceNotFoundError:
            return None

    return read
