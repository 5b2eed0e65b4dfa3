"""The package at work: installed as Azure would install it, with nothing of this project beside it."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import requests

from devstack.errors import StackError
from devstack.publish.installation import Installation
from devstack.stack import Stack

PATIENCE = 60
REPORT, PERIOD = "earthquakes_by_day", "2018-02-05"


def without(installation: Installation, module: str, folder: Path) -> Installation:
    """The same packages but for one."""
    for entry in installation.packages.iterdir():
        if entry.name != module:
            (folder / entry.name).symlink_to(entry)
    return Installation(folder, installation.platform)


def until[T](look: Callable[[], T | None], what: str) -> T:
    deadline = time.monotonic() + PATIENCE
    while time.monotonic() < deadline:
        if found := look():
            return found
        time.sleep(0.1)
    pytest.fail(f"waited {PATIENCE} s in vain for {what}")


@pytest.fixture(scope="module")
def url(
    installation: Installation, start_host: Callable[..., Any], tmp_path_factory: pytest.TempPathFactory
) -> Iterator[str]:
    """The running app."""
    with start_host(installation, tmp_path_factory.mktemp("logs") / "host.log") as address:
        yield f"{address}/api"


@pytest.fixture(scope="module")
def sample(oracle: Any) -> Any:
    """A sample with mistakes in it."""
    return oracle.sample(oracle.MISTAKES_FILE)


@pytest.fixture(scope="module")
def record(url: str, services: Stack, sample: Any) -> dict[str, Any]:
    """The record of the sample, once it is uploaded, processed and in the reports."""

    def look() -> dict[str, Any] | None:
        records = requests.get(f"{url}/files", timeout=30).json()["value"]
        return next((one for one in records if one["status"] == "processed" and not one["stale"]), None)

    with services.blob_service() as blobs:
        blobs.get_blob_client("uploads", sample.name).upload_blob(sample.content)
    return until(look, f"{sample.name} in the reports")


def test_an_upload_is_processed(record: dict[str, Any], sample: Any, oracle: Any) -> None:
    assert (record["rows"], record["records"], record["rejected"]) == tuple(oracle.counts(sample))


def test_its_report_is_true(url: str, record: dict[str, Any], sample: Any, oracle: Any) -> None:
    answer = requests.get(f"{url}/reports/{REPORT}/{PERIOD}", timeout=30).json()
    assert answer["rows"] == oracle.report(REPORT, PERIOD, [sample])["rows"]


@pytest.mark.parametrize("page", ["dashboard", "docs", "assets/vendor/chart.js-4.6.1/chart.umd.min.js"])
def test_its_pages_are_there(url: str, page: str) -> None:
    assert requests.get(f"{url}/{page}", timeout=30).status_code == 200


def test_without_one_of_its_packages_it_does_not_start(
    installation: Installation, start_host: Callable[..., Any], tmp_path: Path
) -> None:
    (tmp_path / "packages").mkdir()
    lacking = without(installation, "azurefunctions", tmp_path / "packages")
    with pytest.raises(StackError, match="No module named 'azurefunctions"), start_host(lacking, tmp_path / "host.log"):
        pass
