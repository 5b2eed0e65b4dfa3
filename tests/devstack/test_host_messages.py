"""Messages in work: their leases, and the lock that lets one host at a time run timers and scans."""

import asyncio
import threading

import pytest
from azure.storage.blob import ContainerClient

from devstack.host import message_lease, singleton
from devstack.host.message_lease import LeaseKeeper
from devstack.host.queues import Queue, QueueMessage, decode_body, encode_body
from devstack.host.singleton import Singleton
from devstack.host.storage_rest import StorageError
from tests.devstack.conftest import Storage, wait_until


@pytest.fixture
def queue(storage: Storage, request: pytest.FixtureRequest) -> Queue:
    made = storage.queue(request.node.name.replace("_", "-")[:60])
    made.create()
    return made


def received(queue: Queue) -> QueueMessage:
    return wait_until(lambda: next(iter(queue.get(1, 5)), None))


def test_message_comes_out_as_it_went_in(queue: Queue) -> None:
    queue.put('<&> ü "quoted"')
    assert received(queue).text == '<&> ü "quoted"'


def test_missing_queue_is_empty(storage: Storage) -> None:
    assert storage.queue("nobody-made-this").get(1, 5) == []


def test_body_is_stored_as_base64_unless_told_otherwise() -> None:
    assert encode_body(b"a", as_base64=True) == "YQ=="
    assert decode_body(encode_body(b"a", as_base64=False), as_base64=False) == b"a"


def test_lease_is_renewed_while_the_work_lasts(queue: Queue, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(message_lease, "_RENEW_AFTER", 0.0)
    renewed: list[threading.Event] = [threading.Event()]
    renew = queue.renew

    def noticed(message: QueueMessage, visibility: int) -> QueueMessage:
        renewed[0].set()
        return renew(message, visibility)

    monkeypatch.setattr(queue, "renew", noticed)
    queue.put("x")
    keeper = LeaseKeeper()
    lease = keeper.hold(queue, received(queue))
    keeper.start()
    assert renewed[0].wait(5)
    lease.complete()  # with the pop receipt of the renewal: the first one is void
    keeper.stop()


def test_abandoned_message_is_there_again_at_once(queue: Queue) -> None:
    queue.put("x")
    LeaseKeeper().hold(queue, received(queue)).abandon(0)
    assert received(queue).dequeue_count == 2


def test_completed_message_is_gone(queue: Queue) -> None:
    queue.put("x")
    message = received(queue)
    LeaseKeeper().hold(queue, message).complete()
    with pytest.raises(StorageError):
        queue.renew(message, 0)


@pytest.fixture
def locks(storage: Storage) -> ContainerClient:
    container = storage.blobs.get_container_client("locks")
    if not container.exists():
        container.create_container()
    return container


class Work:
    """What a host does under the lock: it says that it began and works until it is told to end."""

    def __init__(self, locks: ContainerClient, name: str) -> None:
        self._singleton = Singleton(locks, name)
        self.began = asyncio.Event()

    async def _work(self) -> None:
        self.began.set()
        await asyncio.Event().wait()

    def start(self) -> asyncio.Task[None]:
        return asyncio.create_task(self._singleton.run(self._work))


def test_lock_lets_one_host_work_at_a_time(locks: ContainerClient) -> None:
    async def compete() -> None:
        first, second = Work(locks, "one"), Work(locks, "one")
        holder = first.start()
        await asyncio.wait_for(first.began.wait(), 10)
        waiting = second.start()
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(second.began.wait(), 0.5)
        holder.cancel()
        await asyncio.wait_for(second.began.wait(), 10)
        waiting.cancel()

    asyncio.run(compete())


def test_lock_of_a_host_that_died_is_taken_over(locks: ContainerClient, monkeypatch: pytest.MonkeyPatch) -> None:
    async def compete() -> None:
        first, second = Work(locks, "two"), Work(locks, "two")
        holder = first.start()
        await asyncio.wait_for(first.began.wait(), 10)
        monkeypatch.setattr(singleton, "_is_alive", lambda _pid: False)
        waiting = second.start()
        await asyncio.wait_for(second.began.wait(), 10)
        holder.cancel()
        waiting.cancel()

    asyncio.run(compete())
