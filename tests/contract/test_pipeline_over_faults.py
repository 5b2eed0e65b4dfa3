"""From uploads to reports with faults at random on the way to both services: the end is that of a calm day."""

import random
from collections import defaultdict
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager, contextmanager
from dataclasses import replace
from functools import partial

import pytest
from azure.storage.blob import BlobServiceClient

from shared.app import App
from shared.definitions.catalog import Definitions
from shared.definitions.model import Column, Dataset, Metric, Report
from shared.errors import PlatformError
from shared.names import UPLOADS
from shared.settings import CosmosSettings, Settings, StorageSettings
from tests.faults.kinds import COSMOS, STORAGE, evenly
from tests.faults.proxy import FaultProxy

FILES = 12
ATTEMPTS = 5  # as the host does for a blob


@pytest.fixture(params=range(2))
def seed(request: pytest.FixtureRequest) -> int:
    """Of the rows that are uploaded, and of the faults."""
    return int(request.param)


@pytest.fixture
def storm(cosmos_proxy: FaultProxy, storage_proxy: FaultProxy, seed: int) -> Callable[[], AbstractContextManager[None]]:
    """While it lasts, every fifth request to either service meets some fault."""

    @contextmanager
    def blowing() -> Iterator[None]:
        for number, (proxy, kinds) in enumerate(((cosmos_proxy, COSMOS), (storage_proxy, STORAGE))):
            proxy.seed(10 * seed + number)
            proxy.rates = evenly([kind for kind in kinds.values() if not kind.delay], 0.2)
        yield
        for proxy in (cosmos_proxy, storage_proxy):
            proxy.rates = {}
            assert proxy.injected.total() > 20

    return blowing


@pytest.fixture
def definitions(folder: str, partition: str) -> Definitions:
    """One dataset and report, of this test alone."""
    assert folder == partition  # both are cleaned up by this name
    columns = (Column("day", "date", required=True), Column("region", "string"), Column("amount", "integer"))
    metrics = (Metric("orders", "count"), Metric("revenue", "sum", "amount"))
    dataset = Dataset(folder, files=f"{folder}/**", columns=columns)
    report = Report(folder, folder, period="day", time="day", group_by=("region",), metrics=metrics)
    return Definitions((dataset,), (report,))


@pytest.fixture
def near(definitions: Definitions, cosmos_settings: CosmosSettings, storage_settings: StorageSettings) -> App:
    """The app without faults."""
    return App(Settings(storage_settings, cosmos_settings, None, "LogsAndContainerScan", 1_000_000, None), definitions)


@pytest.fixture
def far(near: App, cosmos_proxy: FaultProxy, storage_proxy: FaultProxy) -> App:
    """The app with faults before both services."""
    connection = near.settings.storage.connection_string
    direct = connection.partition("BlobEndpoint=http://")[2].partition("/")[0]
    storage = replace(near.settings.storage, connection_string=connection.replace(direct, storage_proxy.address))
    cosmos = replace(near.settings.cosmos, endpoint=f"http://{cosmos_proxy.address}/")
    return App(replace(near.settings, storage=storage, cosmos=cosmos), near.definitions)


class Truth:
    """What has been uploaded, and what a report of it must show."""

    def __init__(self, service: BlobServiceClient, folder: str, numbers: random.Random) -> None:
        self._service = service
        self._numbers = numbers
        self.names = [f"{folder}/{number}.csv" for number in range(FILES)]
        self._rows: dict[str, list[tuple[str, str, int]]] = {}

    def upload(self, name: str) -> None:
        """Another version of a file."""
        choose = self._numbers.choice
        rows = [(choose(("2026-11-16", "2026-11-17")), choose(("north", "south")), choose(range(9))) for _ in range(20)]
        text = "\n".join(["day,region,amount", *(f"{day},{region},{amount}" for day, region, amount in rows)])
        self._service.get_blob_client(UPLOADS, name).upload_blob(text.encode(), overwrite=True)
        self._rows[name] = rows

    def groups(self) -> dict[tuple[str, str], tuple[int, int]]:
        """Orders and revenue by day and region."""
        sums: dict[tuple[str, str], list[int]] = defaultdict(lambda: [0, 0])
        for rows in self._rows.values():
            for day, region, amount in rows:
                sums[day, region][0] += 1
                sums[day, region][1] += amount
        return {key: (orders, revenue) for key, (orders, revenue) in sums.items()}


@pytest.fixture
def truth(service: BlobServiceClient, folder: str, seed: int) -> Truth:
    """Nothing, as yet."""
    return Truth(service, folder, random.Random(seed))


@pytest.fixture
def shown(near: App, folder: str) -> Callable[[], dict[tuple[str, str], tuple[int, int]]]:
    """Orders and revenue by day and region, as the reports have them."""
    return lambda: {
        (document.period, group["region"]): (group["orders"], group["revenue"])
        for document in near.reports.periods(folder, 10)
        for group in document.groups
    }


@pytest.mark.usefixtures("waits")
def test_reports_are_right_after_faults_all_the_way(near, far, truth, shown, storm):
    with storm():
        for _ in range(2):  # every file, and then another version of each
            for name in truth.names:
                truth.upload(name)
            announced = [partial(far.ingest.ingest, far.blobs.upload(name)) for name in truth.names * 2]
            with ThreadPoolExecutor(6) as workers:
                list(workers.map(attempted, [*announced, far.refresh.refresh]))
            attempted(far.refresh.refresh)
    while near.refresh.refresh():
        continue
    assert shown() == truth.groups()


def attempted(call: Callable[[], object]) -> None:
    """As the host does: again after an error, a few times."""
    for left in reversed(range(ATTEMPTS)):
        try:
            call()
        except PlatformError:
            if not left:
                raise
        else:
            return
