"""Documents that generations of a file publish and withdraw: nobody sees half of one, and the latest stays."""

from collections.abc import Callable, Iterator
from concurrent.futures import Future
from itertools import permutations, product

import pytest
from azure.storage.blob import BlobServiceClient

from shared.errors import BlobChanged, PlatformError, Superseded
from shared.names import PROCESSED
from shared.stores import blobs
from shared.stores.blobs import Blobs

CHUNK = 1000  # of the fixture `service`


@pytest.fixture
def document(folder: str) -> str:
    """The name of a document in `processed`."""
    return f"{folder}/a.json"


def publish(store: Blobs, generation: int, name: str, *, body: bytes = b"", head: bytes | None = None) -> None:
    draft = store.outputs(generation).draft(PROCESSED, name, "application/json")
    draft.write(body)
    draft.publish(f"{generation}:".encode() if head is None else head)


def published(service: BlobServiceClient, name: str) -> bytes | None:
    client = service.get_blob_client(PROCESSED, name)
    return client.download_blob().readall() if client.exists() else None


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


@pytest.mark.parametrize("size", [1, 3 * CHUNK])
def test_documents_may_have_any_name(service, store, folder, odd_name, size):
    publish(store, 1, f"{folder}/{odd_name}", body=b"x" * size)
    assert published(service, f"{folder}/{odd_name}") == b"1:" + b"x" * size
    store.outputs(2).withdraw(PROCESSED, f"{folder}/{odd_name}")
    assert published(service, f"{folder}/{odd_name}") is None


# Two generations at once

LOW, HIGH = 9, 10  # as text, 10 comes first
STEPS = [("write", LOW), ("write", HIGH), ("publish", LOW), ("publish", HIGH)]
ORDERS = [
    order
    for order in permutations(STEPS)
    if all(order.index(("write", generation)) < order.index(("publish", generation)) for generation in (LOW, HIGH))
]


class AtOnce:
    """In place of the thread that stages: what is staged is there when `write` is done."""

    def __init__(self, *_: object) -> None:
        pass

    def submit(self, call: Callable[..., object], *arguments: object) -> Future[object]:
        future: Future[object] = Future()
        future.set_result(call(*arguments))
        return future

    def shutdown(self) -> None:
        pass


@pytest.fixture
def staged_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(blobs, "ThreadPoolExecutor", AtOnce)


@pytest.mark.usefixtures("staged_at_once")
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


# Requests


def test_publishing_and_withdrawing_take_two_requests(store, document, sent):
    publish(store, 1, document)
    assert sent.requests == ["HEAD a.json", "PUT a.json"]
    sent.requests.clear()
    store.outputs(2).withdraw(PROCESSED, document)
    assert sent.requests == ["HEAD a.json", "DELETE a.json"]
    sent.requests.clear()
    store.outputs(2).withdraw(PROCESSED, document)
    assert sent.requests == ["HEAD a.json"]
