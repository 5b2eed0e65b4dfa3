"""Stages of work that overlap: while one block is checked, the next is read and the one before is written."""

from __future__ import annotations

from collections.abc import Generator, Iterable
from concurrent.futures import ThreadPoolExecutor
from contextvars import copy_context
from typing import Final

_END: Final = object()


def ahead[T](items: Iterable[T]) -> Generator[T]:
    """The same items, the next one made in a thread of its own while the last one is in use.

    At most one is waiting, so memory does not grow with their number. What making one raises is raised here, after the
    items before it. Closing this generator waits for the item that is being made, and closes `items` if it is one.
    """
    iterator = iter(items)
    run = copy_context().run  # spans of the thread belong to the trace of the caller
    try:
        with ThreadPoolExecutor(1, "ahead") as thread:
            coming = thread.submit(run, next, iterator, _END)
            while (item := coming.result()) is not _END:
                coming = thread.submit(run, next, iterator, _END)
                yield item  # type: ignore[misc]  # _END is none of them
    finally:
        if isinstance(iterator, Generator):
            iterator.close()
