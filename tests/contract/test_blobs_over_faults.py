"""Blob Storage behind faults on the wire: what is tried again, what ends how, and when it is given up."""

import random
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from itertools import product

import pytest
from azure.storage.blob import BlobServiceClient

from shared.errors import PlatformError
from shared.ingest.upload import Version
from shared.names import PROCESSED, UPLOADS
from shared.settings import StorageSettings
from shared.stores import blobs, transport
from shared.stores.blobs import Blobs
from tests.faults.kinds import STORAGE, Fault, evenly
from tests.faults.proxy import FaultProxy

type Operation = Callable[[Blobs, Blobs, str], None]

CHUNK = 1000  # of the fixture `service`
LARGE = bytes(number % 251 for number in range(2 * CHUNK + 1))
KINDS = [pytest.param(kind, id=name) for name, kind in STORAGE.items()]
STRIKING = [kind for kind in STORAGE.values() if not kind.delay]
HALF = STORAGE["half an answer"]
HANG = Fault("hang", delay=60)


@pytest.fixture
def far(storage_proxy: FaultProxy, storage_settings: StorageSettings, service, waits) -> Iterator[Blobs]:
    """The store, reached through the proxy."""
    direct = storage_settings.connection_string.partition("BlobEndpoint=http://")[2].partition("/")[0]
    through = storage_settings.connection_string.replace(direct, storage_proxy.address)
    with blobs.connect(replace(storage_settings, connection_string=through)) as connected:
        yield Blobs(connected)


@pytest.fixture
def far_in_a_hurry(monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest) -> Blobs:
    """The same, with little time for each answer."""
    monkeypatch.setitem(blobs.TRANSPORT, "read_timeout", 0.5)
    return request.getfixturevalue("far")


def publish(store: Blobs, name: str, body: bytes, generation: int = 2) -> None:
    draft = store.outputs(generation).draft(PROCESSED, name, "application/json")
    draft.write(body)
    draft.publish(b"head ")


@pytest.fixture
def run(far: Blobs, store: Blobs, folder: str) -> Callable[[Operation, int], None]:
    """Do one of the operations below to a blob of its own."""
    return lambda operation, number: operation(far, store, f"{folder}/{number}")


# What each operation does, and what is there afterwards. `near` does not pass the proxy.


def reads_version(far: Blobs, near: Blobs, name: str) -> None:
    near._service.get_blob_client(UPLOADS, name).upload_blob(LARGE)
    assert far.upload(name).version() == near.upload(name).version()


def reads_chunks(far: Blobs, near: Blobs, name: str) -> None:
    near._service.get_blob_client(UPLOADS, name).upload_blob(LARGE)
    assert b"".join(far.upload(name).chunks(near.upload(name).version())) == LARGE


def lists(far: Blobs, near: Blobs, name: str) -> None:
    near._service.get_blob_client(UPLOADS, name).upload_blob(LARGE)
    assert name in {listed.name for listed in far.uploads()}


def deletes_upload(far: Blobs, near: Blobs, name: str) -> None:
    near._service.get_blob_client(UPLOADS, name).upload_blob(LARGE)
    far.delete_upload(name)
    assert near.upload(name).version() is None


def publishes_small(far: Blobs, near: Blobs, name: str) -> None:
    publish(far, name, b"body")
    assert near._service.get_blob_client(PROCESSED, name).download_blob().readall() == b"head body"


def publishes_large(far: Blobs, near: Blobs, name: str) -> None:
    publish(far, name, LARGE)
    assert near._service.get_blob_client(PROCESSED, name).download_blob().readall() == b"head " + LARGE


def replaces_small(far: Blobs, near: Blobs, name: str) -> None:
    publish(near, name, LARGE, generation=1)
    publishes_small(far, near, name)


def replaces_large(far: Blobs, near: Blobs, name: str) -> None:
    publish(near, name, b"body", generation=1)
    publishes_large(far, near, name)


def withdraws(far: Blobs, near: Blobs, name: str) -> None:
    publish(near, name, b"body", generation=1)
    far.outputs(2).withdraw(PROCESSED, name)
    assert not near._service.get_blob_client(PROCESSED, name).exists()


def puts_partial(far: Blobs, near: Blobs, name: str) -> None:
    far.outputs(1).put_partial(name, LARGE)
    assert near.partial(name) == LARGE


def puts_node(far: Blobs, near: Blobs, name: str) -> None:
    far.put_nodes({name: b"PAR1"})
    assert near.partial(name) == b"PAR1"


def reads_partials(far: Blobs, near: Blobs, name: str) -> None:
    near.put_nodes({name: LARGE})
    assert far.partials([name] * 2) == [LARGE] * 2


def removes_partials(far: Blobs, near: Blobs, name: str) -> None:
    for part in "ab":
        near.put_nodes({name + part: b"PAR1"})
    far.remove_partials([name + "a", name + "b"])
    for part in "ab":
        with pytest.raises(PlatformError, match="there is no such blob"):
            near.partial(name + part)


OPERATIONS: list[Operation] = [
    reads_version,
    reads_chunks,
    lists,
    deletes_upload,
    publishes_small,
    publishes_large,
    replaces_small,
    replaces_large,
    withdraws,
    puts_partial,
    puts_node,
    reads_partials,
    removes_partials,
]


# One fault


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("operation", OPERATIONS)
def test_an_operation_does_what_it_should_past_a_fault_of_any_of_its_requests(run, storage_proxy, operation, kind):
    run(operation, 0)
    requests = storage_proxy.requests
    for number in range(requests):
        storage_proxy.next(*[None] * number, kind)
        run(operation, 1 + number)
    assert requests > 0


# Half downloads


@pytest.fixture
def uploaded(service: BlobServiceClient, folder: str) -> str:
    """The name of a large upload."""
    service.get_blob_client(UPLOADS, f"{folder}/a.csv").upload_blob(LARGE)
    return f"{folder}/a.csv"


@pytest.mark.parametrize("seed", range(3))
def test_bytes_are_right_or_there_is_an_error_never_fewer_in_silence(far, store, uploaded, storage_proxy, seed):
    version = store.upload(uploaded).version()
    storage_proxy.seed(seed)
    storage_proxy.rates = {HALF: 0.5}
    outcomes = [_bytes_or_error(far, uploaded, version) for _ in range(30)]
    assert set(outcomes) == {LARGE, "error"}


def _bytes_or_error(store: Blobs, name: str, version: Version) -> bytes | str:
    try:
        return b"".join(store.upload(name).chunks(version))
    except PlatformError:
        return "error"


def test_fewer_bytes_than_the_version_has_are_an_error(store, uploaded):
    """As when a server cuts an answer and says that it is whole."""
    upload = store.upload(uploaded)
    version = upload.version()
    with pytest.raises(PlatformError, match=r"a\.csv: 2,001 of 2,002 bytes came"):
        list(upload.chunks(replace(version, size=len(LARGE) + 1)))


# Faults that last


REQUESTS: dict[str, Callable[[Blobs, str], object]] = {
    "version": lambda store, name: store.upload(name).version(),
    "chunks": lambda store, name: list(store.upload(name).chunks(store.upload(name).version())),
    "list": lambda store, _: list(store.uploads()),
    "publish": lambda store, name: publish(store, name, b"body"),
    "stage": lambda store, name: publish(store, name, LARGE),
    "partial": lambda store, name: store.partial(name),
    "partials": lambda store, name: store.partials([name] * 3),
    "put node": lambda store, name: store.put_nodes({name: b"PAR1"}),
    "remove partials": lambda store, name: store.remove_partials([name]),
}
LASTING = [
    case
    for case in product(STRIKING, REQUESTS)
    if case[0] is not HALF or case[1] in {"list", "chunks", "partial", "partials"}  # the others' answers have no bodies
]


@pytest.mark.parametrize("case", LASTING, ids=lambda case: f"{case[0].name}, {case[1]}")
def test_a_fault_that_lasts_is_given_up_soon_with_one_line(far, uploaded, storage_proxy, waits, case):
    kind, request = case
    far.put_nodes({uploaded: LARGE})
    storage_proxy.rates = {kind: 1.0}
    with pytest.raises(PlatformError, match=r"^Could not .*: .{5,160}$") as fault:
        REQUESTS[request](far, uploaded)
    assert "\n" not in str(fault.value)
    at_once = 3 if request in {"partials", "stage"} else 1
    assert 0 < sum(waits) <= 10 * at_once


def test_the_check_does_not_wait(far, storage_proxy, waits):
    storage_proxy.rates = {STORAGE["ServerBusy"]: 1.0}
    with pytest.raises(PlatformError, match="Could not reach uploads in Blob Storage: ServerBusy: "):
        far.check()
    assert (storage_proxy.requests, waits) == (1, [])


# Servers that hang


def test_a_server_that_hangs_once_is_asked_again(storage_proxy, far_in_a_hurry, store, folder):
    store.put_nodes({f"{folder}/a.parquet": b"PAR1"})
    storage_proxy.next(HANG)
    assert far_in_a_hurry.partial(f"{folder}/a.parquet") == b"PAR1"


def test_a_server_that_hangs_is_given_up_after_the_second_time(storage_proxy, far_in_a_hurry, waits, monkeypatch):
    monkeypatch.setattr(transport, "PATIENCE", 0.4)
    storage_proxy.rates = {HANG: 1.0}
    with pytest.raises(PlatformError, match=r"^Could not read partials/a: no answer \(Read timed out\. .*\)$"):
        far_in_a_hurry.partial("a")
    assert storage_proxy.requests == 2


# Connections


def test_many_partials_are_read_over_connections_that_stay_open(far, store, folder, storage_proxy):
    store.put_nodes({f"{folder}/a.parquet": b"PAR1"})
    storage_proxy.rates = {Fault("slow", delay=0.02): 1.0}  # so that all threads are at work
    for _ in range(4):
        far.partials([f"{folder}/a.parquet"] * 32)
    assert 8 < storage_proxy.connections <= blobs.AT_ONCE


# Faults at random


@pytest.mark.parametrize("seed", range(3))
def test_all_is_as_it_should_be_whatever_happens_on_the_way(run, storage_proxy, seed):
    storage_proxy.seed(seed)
    storage_proxy.rates = evenly(STRIKING, 0.2)
    chosen = random.Random(seed).choices(OPERATIONS, k=80)
    with ThreadPoolExecutor(4) as threads:
        list(threads.map(run, chosen, range(len(chosen))))
    assert storage_proxy.injected.total() > 20
