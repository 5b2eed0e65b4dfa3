"""Keeps messages in work invisible until they are done, and shows them again soon after a crash."""

import threading
import time

from devstack.host.queues import Queue, QueueMessage
from devstack.host.storage_rest import StorageError

VISIBILITY = 15  # seconds; what a killed host leaves in work comes back after at most this
_RENEW_AFTER = 5.0


class MessageLease:
    """One message in work. Its pop receipt changes with each renewal, so all its calls take turns."""

    def __init__(self, queue: Queue, message: QueueMessage) -> None:
        self._queue = queue
        self._message: QueueMessage | None = message
        self._turn = threading.Lock()
        self.renewed = time.monotonic()

    def renew(self) -> None:
        with self._turn:
            if self._message is not None:
                self._message = self._queue.renew(self._message, VISIBILITY)
                self.renewed = time.monotonic()

    def complete(self) -> None:
        """The message is dealt with: delete it."""
        with self._turn:
            if self._message is not None:
                self._queue.delete(self._message)
                self._message = None

    def abandon(self, delay: float) -> None:
        """Somebody is to try again after the delay."""
        with self._turn:
            if self._message is not None:
                self._queue.renew(self._message, round(delay))
                self._message = None


class LeaseKeeper:
    """Renews the leases of all messages in work from a thread of its own, which no blocking function holds up."""

    def __init__(self) -> None:
        self._leases: set[MessageLease] = set()
        self._stopped = threading.Event()
        self._thread = threading.Thread(target=self._run, name="message-leases", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        self._stopped.set()

    def hold(self, queue: Queue, message: QueueMessage) -> MessageLease:
        lease = MessageLease(queue, message)
        self._leases.add(lease)
        return lease

    def release(self, lease: MessageLease) -> None:
        self._leases.discard(lease)

    def _run(self) -> None:
        while not self._stopped.wait(1.0):
            for lease in tuple(self._leases):
                if time.monotonic() - lease.renewed > _RENEW_AFTER:
                    self._renew(lease)

    def _renew(self, lease: MessageLease) -> None:
        try:
            lease.renew()
        except StorageError as error:
            if error.status in (400, 404):  # taken by somebody else, or deleted: nothing to keep any more
                self._leases.discard(lease)
