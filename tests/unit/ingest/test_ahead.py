"""Stages that overlap: the same items in the same order, one made ahead, and nothing left running."""

import threading
from contextlib import closing
from contextvars import ContextVar

import pytest

from shared.ingest.ahead import ahead

WAIT = 5  # seconds; what is waited for comes at once unless something is broken


class Source:
    """Items that say when they are made, and that they were closed."""

    def __init__(self, items, failure=None):
        self.made = []
        self.closed = False
        self.waiting = threading.Event()
        self._items = items
        self._failure = failure

    def __iter__(self):
        return self._generate()

    def _generate(self):
        try:
            for item in self._items:
                self.made.append(item)
                if len(self.made) > 1:
                    self.waiting.set()
                yield item
            if self._failure:
                raise self._failure
        finally:
            self.closed = True


def test_items_come_as_they_are_and_in_their_order():
    assert list(ahead([3, None, 1])) == [3, None, 1]
    assert list(ahead([])) == []


def test_the_next_item_is_made_while_one_is_in_use():
    source = Source([1, 2])
    with closing(ahead(source)) as items:
        next(items)
        assert source.waiting.wait(WAIT)


def test_no_more_than_one_item_waits():
    source = Source(range(10))
    with closing(ahead(source)) as items:
        next(items)
        assert source.waiting.wait(WAIT)
        next(items)
        assert len(source.made) <= 3  # two taken, one waiting


def test_a_failure_comes_after_the_items_before_it():
    items = ahead(Source([1, 2], ValueError("bad")))
    assert [next(items), next(items)] == [1, 2]
    with pytest.raises(ValueError, match="bad"):
        next(items)


@pytest.mark.parametrize("taken", [0, 1, 2])
def test_closing_closes_the_source_and_ends_the_thread(taken):
    source = Source(range(10))
    items = ahead(source)
    before = threading.active_count()
    for _ in range(taken):
        next(items)
    items.close()
    assert source.closed or taken == 0  # what was never begun has nothing to close
    assert threading.active_count() == before


def test_a_stage_sees_the_context_of_whoever_asked_for_it():
    trace = ContextVar("trace", default="none")
    trace.set("mine")
    assert list(ahead(trace.get() for _ in range(2))) == ["mine", "mine"]


def test_stages_of_stages_give_the_same_items():
    assert list(ahead(n + 1 for n in ahead(n * 2 for n in ahead(range(50))))) == [n * 2 + 1 for n in range(50)]
