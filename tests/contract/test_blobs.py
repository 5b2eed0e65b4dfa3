"""Uploads, outputs and partials in Blob Storage: the adapter's promises, over the wire."""

import datetime as dt
import functools
import gzip
from collections.abc import Callable
from contextvars import ContextVar
from dataclasses import replace

import pytest
from azure.core.pipeline.transport import RequestsTransport
from azure.storage.blob import BlobServiceClient, ContainerClient, ContentSettings

from shared.errors import BlobChanged, PartialMissing, PlatformError
from shared.names import PROCESSED, REJECTED, UPLOADS
from shared.settings import StorageSettings
from shared.stores import blobs
from shared.stores.blobs import Blobs, BlobUpload

CHUNK = 1000  # of the fixture `service`


@pytest.fixture
def put(service: BlobServiceClient) -> Callable[[str, bytes], None]:
    """Upload, as users do."""
    return lambda name, data: service.get_blob_client(UPLOADS, name).upload_blob(data, overwrite=True)


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


def test_uploads_may_have_any_name(store, folder, put, odd_name):
    put(f"{folder}/{odd_name}", odd_name.encode())
    upload = store.upload(f"{folder}/{odd_name}")
    version = upload.version()
    assert upload.name == f"{folder}/{odd_name}"
    assert b"".join(upload.chunks(version)) == odd_name.encode()
    assert (f"{folder}/{odd_name}", version) in {(listed.name, listed.version) for listed in store.uploads()}


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
    mine = {listed.name: listed.version for listed in store.uploads() if listed.name.startswith(folder)}
    assert mine == {name: store.upload(name).version() for name in names}


def test_the_list_of_uploads_tells_when_each_was_made(store, folder, put):
    before = dt.datetime.now(dt.UTC) - dt.timedelta(minutes=1)
    put(f"{folder}/a.csv", b"x")
    (mine,) = [listed for listed in store.uploads() if listed.name.startswith(folder)]
    assert before < mine.modified < before + dt.timedelta(minutes=2)


# Reading a version


@pytest.mark.parametrize("size", [1, CHUNK - 1, CHUNK, CHUNK + 1, 3 * CHUNK, 3 * CHUNK + 1])
def test_an_upload_is_read_in_chunks(store, folder, put, size):
    data = bytes(number % 251 for number in range(size))
    upload = store.upload(f"{folder}/a.csv")
    put(upload.name, data)
    chunks = list(upload.chunks(upload.version()))
    assert b"".join(chunks) == data
    assert all(len(chunk) <= CHUNK for chunk in chunks)


@pytest.mark.parametrize(
    "data", [gzip.compress(b"x"), gzip.compress(b"x" * 3 * CHUNK, 0), b"x"], ids=["small", "large", "not_gzip"]
)
def test_an_upload_is_read_as_it_is_stored_whatever_encoding_it_claims(service, store, folder, data):
    upload = store.upload(f"{folder}/a.csv.gz")
    claimed = ContentSettings(content_encoding="gzip")
    service.get_blob_client(UPLOADS, upload.name).upload_blob(data, content_settings=claimed)
    assert b"".join(upload.chunks(upload.version())) == data


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
    with pytest.raises(
        PartialMissing, match=f"Could not read partials/{folder}/all/a.1.parquet: there is no such blob"
    ):
        store.partial(f"{folder}/all/a.1.parquet")


def test_many_partials_come_back_in_the_order_of_their_names(store, folder):
    names = [f"{folder}/all/{number}.parquet" for number in range(40)]
    for name in names:
        store.put_nodes({name: name.encode()})
    wanted = [*reversed(names), *names]
    assert store.partials(wanted) == [name.encode() for name in wanted]


def test_no_partials_are_none(store):
    assert store.partials([]) == []


def test_one_missing_partial_among_many_is_named(store, folder):
    store.put_nodes({f"{folder}/a.parquet": b"x"})
    with pytest.raises(PartialMissing, match=f"partials/{folder}/b.parquet"):
        store.partials([f"{folder}/a.parquet", f"{folder}/b.parquet", f"{folder}/a.parquet"])


def test_the_threads_that_read_partials_know_the_trace_of_the_caller(store, folder, monkeypatch):
    trace = ContextVar("trace", default="none")
    seen = []
    send = RequestsTransport.send
    monkeypatch.setattr(
        RequestsTransport, "send", lambda *args, **options: (seen.append(trace.get()), send(*args, **options))[1]
    )
    store.put_nodes({f"{folder}/a.parquet": b"x"})
    trace.set("mine")
    seen.clear()
    store.partials([f"{folder}/a.parquet"] * 3)
    assert seen == ["mine"] * 3


def test_a_node_may_be_written_again(store, folder):
    store.put_nodes({f"{folder}/tree/a.parquet": b"longer than what comes next"})
    store.put_nodes({f"{folder}/tree/a.parquet": b"PAR1"})
    assert store.partial(f"{folder}/tree/a.parquet") == b"PAR1"


def test_partials_are_removed_and_those_that_are_not_there_are_fine(store, folder):
    store.put_nodes({f"{folder}/a.parquet": b"x"})
    store.put_nodes({f"{folder}/b.parquet": b"x"})
    store.remove_partials([f"{folder}/a.parquet", f"{folder}/missing.parquet"])
    assert store.partial(f"{folder}/b.parquet") == b"x"
    with pytest.raises(PartialMissing):
        store.partial(f"{folder}/a.parquet")


# Requests


def test_no_operation_makes_more_requests_than_it_must(store, folder, put, sent):
    upload = store.upload(f"{folder}/a.csv")
    put(upload.name, b"x" * CHUNK)
    sent.requests.clear()
    list(upload.chunks(upload.version()))
    assert sent.requests == ["HEAD a.csv", "GET a.csv"]
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
    "partials": lambda store: store.partials(["a.parquet"]),
    "put node": lambda store: store.put_nodes({"a.parquet": b"x"}),
    "remove partials": lambda store: store.remove_partials(["a.parquet"]),
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
        pytest.skip("CONTRACT_STORAGE names an account reached with an identity: there is no key to be wrong")
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


# Documents


def test_a_document_is_read_in_ranges_up_to_its_end(service, store, folder):
    service.get_blob_client(REJECTED, f"{folder}/a.csv").upload_blob(b"0123456789")
    document = store.document(REJECTED, f"{folder}/a.csv")
    ranges = [(0, 4), (4, 4), (8, 4), (10, 4), (0, 0)]
    assert [document.read(*part) for part in ranges] == [b"0123", b"4567", b"89", b"", b""]


def test_a_document_that_is_replaced_is_not_read_on(service, store, folder):
    client = service.get_blob_client(REJECTED, f"{folder}/a.csv")
    client.upload_blob(b"0123456789")
    document = store.document(REJECTED, f"{folder}/a.csv")
    client.upload_blob(b"0123456789", overwrite=True)
    with pytest.raises(BlobChanged):
        document.read(0, 4)


def test_no_document_is_none(store, folder):
    assert store.document(REJECTED, f"{folder}/missing.csv") is None
