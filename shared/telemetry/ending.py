"""The end of the process: what is buffered is sent, everywhere at once, and for no longer than it is worth."""

from __future__ import annotations

import atexit
import threading
import time
from collections.abc import Callable, Iterable
from typing import Any

LAST_SECONDS = 5.0  # what the end of the process may take until everything is sent


class End:
    """Ends providers side by side.

    By themselves they would end one after the other, each with a patience of half a minute, and so would the receivers
    of each.
    """

    def __init__(self) -> None:
        self._threads: list[threading.Thread] = []

    def aside[P: Any](self, part: P) -> P:
        """The same part of a provider, whose end nobody waits for: the next may be that of a receiver that answers."""
        shutdown = part.shutdown

        def begin(*_: Any, **__: Any) -> None:
            self._begin(shutdown)

        part.shutdown = begin
        return part

    def at_exit(self, providers: Iterable[Any]) -> None:
        """In place of the providers' own ends."""
        ends = [provider.shutdown for provider in providers]
        for end in ends:
            atexit.unregister(end)
        atexit.register(self._all, ends)

    def _all(self, ends: list[Callable[[], Any]]) -> None:
        deadline = time.monotonic() + LAST_SECONDS
        for end in ends:
            self._begin(end)
        for thread in self._threads:  # of which the providers' add those of their parts
            thread.join(max(0.0, deadline - time.monotonic()))

    def _begin(self, end: Callable[[], Any]) -> None:
        thread = threading.Thread(target=end, daemon=True)
        self._threads.append(thread)
        thread.start()
