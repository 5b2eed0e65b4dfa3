"""Cosmos DB behind faults on the wire: what is tried again, what ends how, and when it is given up."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from itertools import product

import pytest

from shared.errors import Conflict, PlatformError
from shared.ingest.file_record import FileRecord
from shared.settings import CosmosSettings
from shared.stores import cosmos, transport
from shared.stores.file_records import FileRecords
from shared.stores.stored import Stored
from tests.faults.kinds import COSMOS, Fault, Stage, evenly
from tests.faults.proxy import FaultProxy

KINDS = [pytest.param(kind, id=name) for name, kind in COSMOS.items()]
HANG = Fault("hang", delay=60)


def record(dataset: str, record_id: str = "a-csv", **fields) -> FileRecord:
    return FileRecord(record_id, f"{record_id}.csv", dataset, **fields)


@pytest.fixture
def connected(cosmos_proxy: FaultProxy, cosmos_settings: CosmosSettings) -> Callable[[], FileRecords]:
    """The file records, reached through the proxy. The SDK has looked at the container already."""

    def connect() -> FileRecords:
        files = FileRecords(cosmos.connect(replace(cosmos_settings, endpoint=f"http://{cosmos_proxy.address}/")))
        files.sharing("", "warm-up")
        files.get("", "warm-up")
        return files

    return connect


OPERATIONS: dict[str, Callable[[FileRecords, Stored[FileRecord]], object]] = {
    "get": lambda files, stored: files.get(stored.value.dataset, stored.value.id),
    "query": lambda files, stored: files.sharing(stored.value.dataset, "r/all"),
    "query everywhere": lambda files, stored: files.find(stored.value.id),
    "create": lambda files, stored: files.save(replace(stored.value, id="new"), None),
    "replace": lambda files, stored: files.save(stored.value, stored.etag),
}


# One fault


@pytest.mark.usefixtures("waits")
@pytest.mark.parametrize("kind", KINDS)
def test_a_record_is_read_past_a_fault(connected, cosmos_proxy, partition, kind):
    files = connected()
    saved = files.save(record(partition, rows=3), None)
    cosmos_proxy.next(kind)
    assert files.get(partition, "a-csv") == saved
    assert cosmos_proxy.injected == {kind.name: 1}


@pytest.mark.usefixtures("waits")
@pytest.mark.parametrize("kind", KINDS)
def test_a_missing_record_is_still_missing_past_a_fault(connected, cosmos_proxy, partition, kind):
    files = connected()
    cosmos_proxy.next(kind)
    assert files.get(partition, "missing") is None


@pytest.mark.usefixtures("waits")
@pytest.mark.parametrize("kind", KINDS)
def test_a_query_has_all_its_results_past_a_fault(connected, cosmos_proxy, partition, kind):
    files = connected()
    for number in range(5):
        files.save(record(partition, f"{number}", shares=("r/all",)), None)
    cosmos_proxy.next(kind)
    assert len(files.sharing(partition, "r/all")) == 5
    assert cosmos_proxy.injected == {kind.name: 1}


@pytest.mark.usefixtures("waits")
@pytest.mark.parametrize("kind", [kind for kind in KINDS if kind.values[0].stage is Stage.REQUEST])
def test_a_write_that_was_not_carried_out_is_sent_again(connected, cosmos_proxy, partition, kind):
    files = connected()
    cosmos_proxy.next(kind)
    created = files.save(record(partition, rows=1), None)
    cosmos_proxy.next(kind)
    replaced = files.save(record(partition, rows=2), created.etag)
    assert files.get(partition, "a-csv") == replaced


@pytest.mark.usefixtures("waits")
@pytest.mark.parametrize("kind", [kind for kind in KINDS if kind.values[0].stage is not Stage.REQUEST])
def test_a_write_whose_answer_was_lost_counts_and_shows_as_a_conflict(connected, cosmos_proxy, partition, kind):
    """Whoever writes must look whether what is there is its own."""
    files = connected()
    cosmos_proxy.next(kind)
    with pytest.raises(Conflict):
        files.save(record(partition, rows=1), None)
    created = files.get(partition, "a-csv")
    assert created.value.rows == 1
    cosmos_proxy.next(kind)
    with pytest.raises(Conflict):
        files.save(record(partition, rows=2), created.etag)
    assert files.get(partition, "a-csv").value.rows == 2


@pytest.mark.usefixtures("waits")
@pytest.mark.parametrize("kind", [COSMOS["503"], COSMOS["reset"], COSMOS["half an answer"]], ids=lambda kind: kind.name)
def test_connecting_goes_past_a_fault(connected, cosmos_proxy, kind):
    cosmos_proxy.next(kind)
    connected()
    assert cosmos_proxy.injected == {kind.name: 1}


def test_a_server_that_hangs_once_is_asked_again(connected, cosmos_proxy, partition, monkeypatch):
    monkeypatch.setattr(cosmos, "READ_TIMEOUT", 0.5)
    files = connected()
    saved = files.save(record(partition), None)
    cosmos_proxy.next(HANG)
    assert files.get(partition, "a-csv") == saved


# Faults that last


LASTING = list(product([kind for kind in COSMOS.values() if not kind.delay], OPERATIONS))


@pytest.mark.parametrize("case", LASTING, ids=lambda case: f"{case[0].name}, {case[1]}")
def test_a_fault_that_lasts_is_given_up_soon_with_one_line(connected, cosmos_proxy, partition, waits, case):
    kind, operation = case
    files = connected()
    stored = files.save(record(partition), None)
    waits.clear()
    cosmos_proxy.rates = {kind: 1.0}
    with pytest.raises(PlatformError, match=r"^Could not (read|query|write) .*: .{5,100}$") as fault:
        OPERATIONS[operation](files, stored)
    cosmos_proxy.rates = {}  # the clean-up wants to reach the account
    assert "\n" not in str(fault.value)
    assert 0 < sum(waits) <= 10


def test_a_server_that_hangs_is_given_up_after_the_second_time(connected, cosmos_proxy, partition, waits, monkeypatch):
    monkeypatch.setattr(cosmos, "READ_TIMEOUT", 0.5)
    monkeypatch.setattr(transport, "PATIENCE", 0.4)
    files = connected()
    seen = cosmos_proxy.requests
    cosmos_proxy.rates = {HANG: 1.0}
    with pytest.raises(PlatformError, match=r"^Could not read .*: no answer \(Read timed out\. .*\)$"):
        files.get(partition, "a-csv")
    cosmos_proxy.rates = {}
    assert cosmos_proxy.requests - seen == 2


# Faults at random


@pytest.mark.parametrize("seed", range(3))
def test_every_change_is_there_once_whatever_happens_on_the_way(connected, cosmos_proxy, partition, waits, seed):
    """Several writers add marks of their own to one record, with compare-and-set, and look before they write again."""
    files = connected()
    files.save(record(partition), None)
    cosmos_proxy.seed(seed)
    cosmos_proxy.rates = evenly([kind for kind in COSMOS.values() if not kind.delay], 0.2)

    def write(mark: str) -> None:
        while True:
            found = files.get(partition, "a-csv")
            if mark in found.value.stale:
                return
            try:
                files.save(replace(found.value, stale=(*found.value.stale, mark)), found.etag)
            except Conflict:
                continue
            return

    marks = [f"r/{number}" for number in range(40)]
    with ThreadPoolExecutor(4) as writers:
        list(writers.map(write, marks))
    cosmos_proxy.rates = {}
    assert sorted(files.get(partition, "a-csv").value.stale) == sorted(marks)
    assert cosmos_proxy.injected.total() > 20
