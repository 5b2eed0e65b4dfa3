"""Reads that many want at once, done once: what a report that everybody looks at would otherwise cost its process.

A read is shared only by those who asked before it began. So nobody gets what is older than the question: who comes
while a read is going on waits for the next one, together with all others who come meanwhile.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Hashable
from concurrent.futures import Future, wait


class SharedReads[T]:
    """Reads by key. What they give is shared between threads: nobody may change it."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._going_on: dict[Hashable, Future[T]] = {}
        self._next: dict[Hashable, Future[T]] = {}

    def read(self, key: Hashable, read: Callable[[], T]) -> T:
        """What `read` gives, called here or by somebody else who asked for the same. Raises what it raises."""
        with self._lock:
            shared = self._next.get(key)
            if shared is None:
                own: Future[T] = Future()
                before = self._going_on.get(key)
                (self._next if before else self._going_on)[key] = own
        if shared is not None:
            return shared.result()
        if before:
            wait([before])
            with self._lock:
                self._going_on[key] = self._next.pop(key)
        try:
            own.set_result(read())
        except BaseException as error:  # noqa: BLE001 - raised by `result`, for everybody who waits
            own.set_exception(error)
        finally:
            with self._lock:
                if self._going_on.get(key) is own:
                    del self._going_on[key]
        return own.result()
