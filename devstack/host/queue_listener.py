"""Reads a queue, keeps its messages in work invisible, and turns what fails too often into poison."""

import asyncio
import contextlib
import logging
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from devstack.host.message_lease import VISIBILITY, LeaseKeeper, MessageLease
from devstack.host.queues import Queue, QueueMessage
from devstack.host.storage_rest import StorageError

_LOG = logging.getLogger("devstack.host")
_SHORTEST_POLL, _LONGEST_POLL = 0.1, 1.0

Handler = Callable[[QueueMessage], Awaitable[bool]]


@dataclass(frozen=True)
class ListenerOptions:
    """How many messages to fetch at once, at how many in work to fetch more, and what to do with failures."""

    batch_size: int
    refill_at: int
    capacity: int
    max_dequeue_count: int
    retry_delay: float


class QueueListener:
    """Hands the messages of one queue to `handle`, which says whether it succeeded."""

    def __init__(
        self,
        queue: Queue,
        poison: Callable[[QueueMessage], Queue],
        handle: Handler,
        options: ListenerOptions,
        keeper: LeaseKeeper,
    ) -> None:
        self._queue = queue
        self._poison = poison
        self._handle = handle
        self._options = options
        self._keeper = keeper
        self._in_work: set[asyncio.Task[None]] = set()
        self._wake = asyncio.Event()

    def wake(self) -> None:
        """A message has just been written: look now."""
        self._wake.set()

    async def run(self) -> None:
        """Listen until cancelled; messages in work then run on, and `drain` waits for them."""
        pause = _SHORTEST_POLL
        while True:
            found = await self._fetch()
            pause = _SHORTEST_POLL if found else min(pause * 2, _LONGEST_POLL)
            await self._wait(None if len(self._in_work) > self._options.refill_at else 0 if found else pause)

    async def drain(self) -> None:
        while self._in_work:
            await asyncio.wait(self._in_work)

    async def _wait(self, seconds: float | None) -> None:
        """Wait for so long (None: for ever), or until a message is written or one in work is done."""
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(self._wake.wait(), seconds)
        self._wake.clear()

    async def _fetch(self) -> bool:
        count = min(self._options.batch_size, self._options.capacity - len(self._in_work))
        if count <= 0:
            return False
        try:
            messages = await asyncio.to_thread(self._queue.get, count, VISIBILITY)
        except StorageError as error:
            _LOG.warning("Queue '%s' cannot be read; trying again. %s", self._queue.name, error)
            return False
        for message in messages:
            task = asyncio.create_task(self._process(message))
            self._in_work.add(task)
            task.add_done_callback(self._done)
        return bool(messages)

    def _done(self, task: asyncio.Task[None]) -> None:
        self._in_work.discard(task)
        self._wake.set()

    async def _process(self, message: QueueMessage) -> None:
        lease = self._keeper.hold(self._queue, message)
        try:
            # A message beyond the limit at its arrival was in work each time its host died
            too_often = message.dequeue_count > self._options.max_dequeue_count
            if not too_often and await self._handle(message):
                await asyncio.to_thread(lease.complete)
            elif message.dequeue_count >= self._options.max_dequeue_count:
                await self._move_to_poison(lease, message)
            else:
                await asyncio.to_thread(lease.abandon, self._options.retry_delay)
        except StorageError as error:  # the message comes back by itself
            _LOG.warning("A message of queue '%s' could not be settled. %s", self._queue.name, error)
        finally:
            self._keeper.release(lease)

    async def _move_to_poison(self, lease: MessageLease, message: QueueMessage) -> None:
        poison = self._poison(message)
        _LOG.error(
            "Message has reached MaxDequeueCount of %d. Moving message to queue '%s'.",
            self._options.max_dequeue_count,
            poison.name,
        )
        await asyncio.to_thread(poison.put, message.text)
        await asyncio.to_thread(lease.complete)
