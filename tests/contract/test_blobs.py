"""Uploads, outputs and partials in Blob Storage: the adapter's promises, over the wire."""

import functools
from collections.abc import Callable, Iterator
from dataclasses import replace
from itertools import permutations, product

import pytest
from azure.storage.blob import BlobServiceClient, ContainerClient

from shared.errors import BlobChanged, PlatformError, Superseded
from shared.names import PARTIALS, PROCESSED, REJECTED, UPLOADS
from shared.settings import StorageSettings
from shared.stores import blobs
from shared.stores.blobs import Blobs, BlobUpload

CHUNK = 1000  # small, so that small blobs have many
ODD_NAMES = [
    "two words.csv",
    "#1.csv",
    "50%.csv",
    "%20.csv",
    "a+b.csv",
    "what?.csv",
    "[1].csv",
    "*.csv",
    "a//b.csv",
    "it's;a=b&c,d.csv",
    "größe/日本 🗾.csv",
    "no-extension",
]


@pytest.fixture
def service(storage_settings: StorageSettings, monkeypatch: pytest.MonkeyPatch) -> Iterator[BlobServiceClient]:
    monkeypatch.setattr(blobs, "CHUNK", CHUNK)
    with blobs.connect(storage_settings) as connected:
        yield connected


@pytest.fixture
def store(service: BlobServiceClient) -> Blobs:
    return Blobs(service)


@pytest.fixture
def folder(service: BlobServiceClient, unique: str) -> Iterator[str]:
    """A folder of this test in every container, emptied afterwards."""
    yield unique
    for name in (UPLOADS, PROCESSED, REJECTED, PARTIALS):
        container = service.get_container_client(name)
        for blob in list(container.list_blobs(name_starts_with=unique)):
            container.delete_blob(blob.name)


@pytest.fixture
def document(folder: str) -> str:
    """The name of a document in `processed`."""
    return f"{folder}/a.json"


@pytest.fixture
def put(service: BlobServiceClient) -> Callable[[str, bytes], None]:
    """Upload, as users do."""
    return lambda name, data: service.get_blob_client(UPLOADS, name).upload_blob(data, overwrite=True)


def publish(store: Blobs, generation: int, name: str, *, body: bytes = b"", head: bytes | None = None) -> None:
    draft = store.outputs(generation).draft(PROCESSED, name, "application/json")
    draft.write(body)
    draft.publish(f"{generation}:".encode() if head is None else head)


def published(service: BlobServiceClient, name: str) -> bytes | None:
    client = service.get_blob_client(PROCESSED, name)
    return client.download_blob().readall() if client.exists() else None


# Versions of an upload


def test_an_upload_has_a_version_of_its_size(store, folder, put):
    put(f"{folder}/a.csv", b"x" * 2500)
    assert store.upload(f"{folder}/a.csv").version().size == 2500


def test_no_upload_has_no_version(store, folder):
    assert store.upload(f"{folder}/missing.csv").version() is None


def test_replacing_an_upload_makes_another_version(store, folder, put):
    upload = store.upload(f"{folder}/a.csv")
    put(upload.name, b"same")
    before = upload.version()
    put(upload.name, b"same")
    assert upload.version() != before


@pytest.mark.parametrize("name", ODD_NAMES)
def test_uploads_may_have_any_name(store, folder, put, name):
    put(f"{folder}/{name}", name.encode())
    upload = store.upload(f"{folder}/{name}")
    version = upload.version()
    assert upload.name == f"{folder}/{name}"
    assert b"".join(upload.chunks(version)) == name.encode()
    assert (f"{folder}/{name}", version) in store.uploads()


def test_a_client_from_a_trigger_gives_the_same_upload(service, store, folder, put):
    put(f"{folder}/a b#.csv", b"x")
    upload = BlobUpload(service.get_blob_client(UPLOADS, f"{folder}/a b#.csv"))
    assert upload.name == f"{folder}/a b#.csv"
    assert upload.version() == store.upload(f"{folder}/a b#.csv").version()


def test_the_list_of_uploads_goes_over_pages_and_has_the_versions_of_each(store, folder, put, monkeypatch):
    names = [f"{folder}/{number}.csv" for number in range(5)]
    for name in names:
        put(name, b"x")
    pages_of_two = functools.partialmethod(ContainerClient.list_blobs, results_per_page=2)
    monkeypatch.setattr(ContainerClient, "list_blobs", pages_of_two)
    mine = {name: version for name, version in store.uploads() if name.startswith(folder)}
    assert mine == {name: store.upload(name).version() for name in names}


# Reading a version


@pytest.mark.parametrize("size", [1, CHUNK - 1, CHUNK, CHUNK + 1, 3 * CHUNK, 3 * CHUNK + 1])
def test_an_upload_is_read_in_chunks(store, folder, put, size):
    data = bytes(number % 251 for number in range(size))
    upload = store.upload(f"{folder}/a.csv")
    put(upload.name, data)
    chunks = list(upload.chunks(upload.version()))
    assert b"".join(chunks) == data
    assert all(len(chunk) <= CHUNK for chunk in chunks)


def test_an_empty_upload_has_no_chunks(store, folder, put):
    upload = store.upload(f"{folder}/a.csv")
    put(upload.name, b"")
    assert list(upload.chunks(upload.version())) == []


@pytest.mark.parametrize("data", [b"", b"small", b"x" * 3 * CHUNK])
def test_a_version_that_was_replaced_cannot_be_read(store, folder, put, data):
    upload = store.upload(f"{folder}/a.csv")
    put(upload.name, data)
    version = upload.version()
    put(upload.name, data)
    with pytest.raises(BlobChanged, match=r"a\.csv"):
        list(upload.chunks(version))


def test_an_upload_that_is_replaced_while_it_is_read_has_changed(store, folder, put):
    upload = store.upload(f"{folder}/a.csv")
    put(upload.name, b"x" * 3 * CHUNK)
    chunks = upload.chunks(upload.version())
    next(chunks)
    put(upload.name, b"y" * 3 * CHUNK)
    with pytest.raises(BlobChanged):
        list(chunks)


def test_an_upload_that_is_deleted_while_it_is_read_has_changed(service, store, folder, put):
    upload = store.upload(f"{folder}/a.csv")
    put(upload.name, b"x" * 3 * CHUNK)
    chunks = upload.chunks(upload.version())
    next(chunks)
    service.get_blob_client(UPLOADS, upload.name).delete_blob()
    with pytest.raises(BlobChanged):
        list(chunks)


# Drafts


@pytest.mark.parametrize("writes", [0, 1, 9, 10, 11, 35])
def test_a_document_has_its_head_first_and_then_what_was_written(service, store, document, writes):
    """From a single request to many staged blocks; writes of 100 bytes, blocks of 1000."""
    pieces = [bytes([65 + number]) * 100 for number in range(writes)]
    draft = store.outputs(1).draft(PROCESSED, document, "application/json")
    for piece in pieces:
        draft.write(piece)
    draft.publish(b"head ")
    assert published(service, document) == b"head " + b"".join(pieces)


def test_a_large_head_is_taken_too(service, store, document):
    publish(store, 1, document, body=b"x", head=b"h" * 2 * CHUNK)
    assert published(service, document) == b"h" * 2 * CHUNK + b"x"


@pytest.mark.parametrize("head", [b"small", b"h" * 2 * CHUNK], ids=["small", "large"])
def test_blocks_that_a_crash_has_left_are_in_nobodys_way(service, store, document, head):
    store.outputs(1).draft(PROCESSED, document, "application/json").write(b"x" * 3 * CHUNK)
    publish(store, 2, document, head=head)
    assert published(service, document) == head


def test_nobody_sees_a_draft_before_it_is_published(service, store, document):
    draft = store.outputs(2).draft(PROCESSED, document, "application/json")
    draft.write(b"x" * 3 * CHUNK)
    assert published(service, document) is None
    publish(store, 1, document)
    store.outputs(2).draft(PROCESSED, document, "application/json").write(b"x" * 3 * CHUNK)
    assert published(service, document) == b"1:"


@pytest.mark.parametrize("size", [1, 3 * CHUNK])
def test_a_document_carries_its_content_type_and_its_generation(service, store, document, size):
    draft = store.outputs(7).draft(PROCESSED, document, "text/csv; charset=utf-8")
    draft.write(b"x" * size)
    draft.publish(b"")
    properties = service.get_blob_client(PROCESSED, document).get_blob_properties()
    assert properties.content_settings.content_type == "text/csv; charset=utf-8"
    assert properties.metadata == {"generation": "7"}


@pytest.mark.parametrize("name", ODD_NAMES)
@pytest.mark.parametrize("size", [1, 3 * CHUNK])
def test_documents_may_have_any_name(service, store, folder, name, size):
    publish(store, 1, f"{folder}/{name}", body=b"x" * size)
    assert published(service, f"{folder}/{name}") == b"1:" + b"x" * size
    store.outputs(2).withdraw(PROCESSED, f"{folder}/{name}")
    assert published(service, f"{folder}/{name}") is None


# Two generations at once

LOW, HIGH = 9, 10  # as text, 10 comes first
STEPS = [("write", LOW), ("write", HIGH), ("publish", LOW), ("publish", HIGH)]
ORDERS = [
    order
    for order in permutations(STEPS)
    if all(order.index(("write", generation)) < order.index(("publish", generation)) for generation in (LOW, HIGH))
]


@pytest.mark.parametrize(
    "sizes", [*product([1, 3 * CHUNK], repeat=2)], ids=["small", "low-small", "high-small", "large"]
)
@pytest.mark.parametrize("order", ORDERS, ids=lambda order: ",".join(f"{step}-{number}" for step, number in order))
def test_the_higher_generation_wins_in_every_order(service, store, document, order, sizes):
    """Or it finds that the other has dropped its blocks, and starts over."""
    low_size, high_size = sizes
    bodies = {LOW: b"l" * low_size, HIGH: b"h" * high_size}
    drafts = {each: store.outputs(each).draft(PROCESSED, document, "application/json") for each in bodies}
    outcome: dict[int, type[Exception] | None] = {}
    for step, generation in order:
        if step == "write":
            drafts[generation].write(bodies[generation])
            continue
        try:
            drafts[generation].publish(b"")
            outcome[generation] = None
        except (Superseded, BlobChanged) as error:
            outcome[generation] = type(error)
    high_first = order.index(("publish", HIGH)) < order.index(("publish", LOW))
    dropped = high_size > CHUNK and order.index(("write", HIGH)) < order.index(("publish", LOW)) and not high_first
    assert outcome == {LOW: Superseded if high_first else None, HIGH: BlobChanged if dropped else None}
    assert published(service, document) == bodies[LOW if dropped else HIGH]


def test_the_same_generation_may_publish_again(service, store, document):
    publish(store, 5, document, body=b"once")
    publish(store, 5, document, body=b"again")
    assert published(service, document) == b"5:again"


@pytest.fixture
def race(monkeypatch: pytest.MonkeyPatch) -> Callable[[Callable[[], None]], None]:
    """Have something happen once, between the look at a document and what is done to it."""

    def between(event: Callable[[], None]) -> None:
        look = blobs._unless_superseded

        def look_then(*args):
            condition = look(*args)
            monkeypatch.setattr(blobs, "_unless_superseded", look)
            event()
            return condition

        monkeypatch.setattr(blobs, "_unless_superseded", look_then)

    return between


@pytest.mark.parametrize("there", [True, False], ids=["replace", "create"])
def test_a_lost_race_against_an_earlier_generation_is_run_again(service, store, document, race, there):
    if there:
        publish(store, 1, document)
    race(lambda: publish(store, 2, document))
    publish(store, 3, document)
    assert published(service, document) == b"3:"


@pytest.mark.parametrize("there", [True, False], ids=["replace", "create"])
def test_a_lost_race_against_a_later_generation_is_over(service, store, document, race, there):
    if there:
        publish(store, 1, document)
    race(lambda: publish(store, 4, document))
    with pytest.raises(Superseded):
        publish(store, 3, document)
    assert published(service, document) == b"4:"


def test_a_document_that_vanishes_in_between_is_created_anew(service, store, document, race):
    publish(store, 1, document)
    race(lambda: service.get_blob_client(PROCESSED, document).delete_blob())
    publish(store, 3, document)
    assert published(service, document) == b"3:"


@pytest.mark.parametrize("other_and_wanted", [(2, BlobChanged), (4, Superseded)], ids=["earlier", "later"])
def test_a_large_document_that_loses_a_race_is_not_published(service, store, document, race, other_and_wanted):
    other, wanted = other_and_wanted
    large = b"x" * 3 * CHUNK
    publish(store, 1, document)
    race(lambda: publish(store, other, document, body=large))
    with pytest.raises(wanted):
        publish(store, 3, document, body=large)
    assert published(service, document) == f"{other}:".encode() + large


@pytest.fixture
def leased(service: BlobServiceClient, store: Blobs, document: str) -> Iterator[str]:
    """A document that somebody holds a lease on."""
    publish(store, 1, document)
    lease = service.get_blob_client(PROCESSED, document).acquire_lease()
    yield document
    lease.release()


@pytest.mark.parametrize("size", [1, 3 * CHUNK])
def test_publishing_over_a_leased_document_is_a_fault(store, leased, size):
    with pytest.raises(PlatformError, match=r"Could not (write|stage) processed/.*/a\.json: LeaseIdMissing: "):
        publish(store, 2, leased, body=b"x" * size)


def test_withdrawing_a_leased_document_is_a_fault(store, leased):
    with pytest.raises(PlatformError, match=r"Could not delete processed/.*/a\.json: LeaseIdMissing: "):
        store.outputs(2).withdraw(PROCESSED, leased)


# Withdrawing


def test_withdrawing_what_is_not_there_is_fine(service, store, document):
    store.outputs(2).withdraw(PROCESSED, document)
    assert published(service, document) is None


@pytest.mark.parametrize("generation", [1, 2])
def test_a_document_of_an_earlier_or_the_same_generation_is_withdrawn(service, store, document, generation):
    publish(store, generation, document)
    store.outputs(2).withdraw(PROCESSED, document)
    assert published(service, document) is None


def test_a_document_of_a_later_generation_stays(service, store, document):
    publish(store, 3, document)
    with pytest.raises(Superseded):
        store.outputs(2).withdraw(PROCESSED, document)
    assert published(service, document) == b"3:"


def test_withdrawing_runs_again_when_an_earlier_generation_is_faster(service, store, document, race):
    publish(store, 1, document)
    race(lambda: publish(store, 2, document))
    store.outputs(3).withdraw(PROCESSED, document)
    assert published(service, document) is None


def test_withdrawing_is_over_when_a_later_generation_is_faster(service, store, document, race):
    publish(store, 1, document)
    race(lambda: publish(store, 4, document))
    with pytest.raises(Superseded):
        store.outputs(3).withdraw(PROCESSED, document)
    assert published(service, document) == b"4:"


def test_withdrawing_is_done_when_somebody_else_deletes(service, store, document, race):
    publish(store, 1, document)
    race(lambda: service.get_blob_client(PROCESSED, document).delete_blob())
    store.outputs(3).withdraw(PROCESSED, document)
    assert published(service, document) is None


# Partials


@pytest.mark.parametrize("size", [0, 1, 3 * CHUNK + 1])
def test_a_partial_comes_back_as_it_was_kept(store, folder, size):
    data = bytes(number % 251 for number in range(size))
    store.outputs(1).put_partial(f"{folder}/2026-11/a.1.parquet", data)
    assert store.partial(f"{folder}/2026-11/a.1.parquet") == data


def test_a_partial_may_be_kept_twice(store, folder):
    for _ in range(2):
        store.outputs(1).put_partial(f"{folder}/all/a.1.parquet", b"PAR1")
    assert store.partial(f"{folder}/all/a.1.parquet") == b"PAR1"


def test_a_missing_partial_is_a_fault_that_names_it(store, folder):
    with pytest.raises(PlatformError, match=f"Could not read partials/{folder}/all/a.1.parquet: BlobNotFound: "):
        store.partial(f"{folder}/all/a.1.parquet")


# Requests


def test_no_operation_makes_more_requests_than_it_must(store, folder, document, put, sent):
    upload = store.upload(f"{folder}/a.csv")
    put(upload.name, b"x" * CHUNK)
    sent.requests.clear()
    list(upload.chunks(upload.version()))
    assert sent.requests == ["HEAD a.csv", "GET a.csv"]
    sent.requests.clear()
    publish(store, 1, document)
    assert sent.requests == ["HEAD a.json", "PUT a.json"]
    sent.requests.clear()
    store.outputs(2).withdraw(PROCESSED, document)
    assert sent.requests == ["HEAD a.json", "DELETE a.json"]
    sent.requests.clear()
    store.outputs(2).withdraw(PROCESSED, document)
    assert sent.requests == ["HEAD a.json"]
    sent.requests.clear()
    store.outputs(1).put_partial(f"{folder}/a.parquet", b"PAR1")
    store.partial(f"{folder}/a.parquet")
    assert sent.requests == ["PUT a.parquet", "GET a.parquet"]


# Faults


def test_storage_that_answers_passes_the_check(store):
    store.check()


def elsewhere(address: str, key: str = "a2V5") -> Blobs:
    connection = f"DefaultEndpointsProtocol=http;AccountName=a;AccountKey={key};BlobEndpoint=http://{address}/a;"
    return Blobs(blobs.connect(StorageSettings(connection)))


OPERATIONS = {
    "version": lambda store: store.upload("a.csv").version(),
    "list": lambda store: list(store.uploads()),
    "publish": lambda store: store.outputs(1).draft(PROCESSED, "a.json", "text/plain").publish(b"x"),
    "withdraw": lambda store: store.outputs(1).withdraw(PROCESSED, "a.json"),
    "partial": lambda store: store.partial("a.parquet"),
    "put partial": lambda store: store.outputs(1).put_partial("a.parquet", b"x"),
}


@pytest.mark.parametrize("operation", OPERATIONS)
def test_storage_that_refuses_connections_is_given_up_soon_with_one_line(nobody_listens, waits, operation):
    with pytest.raises(PlatformError, match=r"^Could not .+: no answer \(.*Connection refused\)$"):
        OPERATIONS[operation](elsewhere(nobody_listens))
    assert 0 < sum(waits) <= 10


def test_the_check_does_not_wait_for_storage_that_refuses_connections(nobody_listens, waits):
    with pytest.raises(PlatformError, match=r"Could not reach uploads in Blob Storage: no answer"):
        elsewhere(nobody_listens).check()
    assert waits == []


@pytest.mark.parametrize("operation", OPERATIONS)
def test_a_wrong_key_is_a_fault_of_one_line(storage_settings, operation):
    if storage_settings.connection_string is None:
        pytest.skip("there is no key")
    parts = [part.partition("=") for part in storage_settings.connection_string.split(";")]
    wrong = ";".join(f"{name}={'d3Jvbmc=' if name == 'AccountKey' else value}" for name, _, value in parts if name)
    store = Blobs(blobs.connect(replace(storage_settings, connection_string=wrong)))
    with pytest.raises(PlatformError, match=r"^Could not .+: Auth\w+: .+$") as fault:
        OPERATIONS[operation](store)
    assert "\n" not in str(fault.value)


def test_a_key_that_is_none_is_a_fault(nobody_listens):
    with pytest.raises(PlatformError, match=r"^Could not reach uploads in Blob Storage: .+$"):
        elsewhere(nobody_listens, key="not base64").check()


def test_a_connection_string_that_is_none_is_a_fault_that_names_the_setting():
    with pytest.raises(PlatformError, match="Storage is not a connection string"):
        blobs.connect(StorageSettings("gibberish"))


@pytest.mark.parametrize("operation", OPERATIONS)
def test_a_missing_container_is_a_fault_not_a_missing_blob(store, unique, operation, monkeypatch):
    """Without `uploads`, every file would be taken for deleted."""
    for container in ("UPLOADS", "PARTIALS"):
        monkeypatch.setattr(blobs, container, unique)
    monkeypatch.setitem(globals(), "PROCESSED", unique)
    with pytest.raises(PlatformError, match="ContainerNotFound"):
        OPERATIONS[operation](store)
    with pytest.raises(PlatformError, match="ContainerNotFound"):
        store.check()
