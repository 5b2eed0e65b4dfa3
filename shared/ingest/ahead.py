"""Stages of work that overlap: while one block is checked, the next is read and the one before is written."""

from __future__ import annotations

from collections.abc import Generator, Iterable
from concurrent.futures import ThreadPoolExecutor
from contextvars import copy_context


class _End:
    """Stands behind the last item."""


_END = _End()


def ahead[T](items: Iterable[T]) -> Generator[T]:
    """The same items, the next one made in a thread of its own while the last one is in use.

    At most one is waiting, so memory does not grow with their number. What making one raises is raised here, after the
    items before it. Closing this generator waits for the item that is being made, and closes `items` if it is one.
    """
    iterator = iter(items)
    context = copy_context()  # spans of the thread belong to the trace of the caller

    def pull() -> T | _End:
        return context.run(next, iterator, _END)

    try:
        with ThreadPoolExecutor(1, "ahead") as thread:
            coming = thread.submit(pull)
            while not isinstance(item := coming.result(), _End):
                coming = thread.submit(pull)
                yield item
    finally:
        if isinstance(iterator, Generator):
            iterator.close()
