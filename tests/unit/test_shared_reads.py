"""Reads that many want at once: one for all who asked before it began, none for who came later."""

import threading
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from types import SimpleNamespace

import pytest

from shared.stores.report_documents import ReportDocuments
from shared.stores.shared_reads import SharedReads

SOON = 10  # seconds that nothing here takes


class Reads:
    """Reads in the order in which they begin. Each gives its number, once it is let."""

    def __init__(self) -> None:
        self.shared = SharedReads[int]()
        self.ask_for: Callable[[str], int] = lambda key: self.shared.read(key, self.read)
        self.begun = threading.Semaphore(0)
        self.let: list[Future[int]] = []
        self.threads = ThreadPoolExecutor(8)

    def ask(self, key: str = "a") -> Future[int]:
        return self.threads.submit(self.ask_for, key)

    def ask_behind(self, count: int) -> list[Future[int]]:
        """So many who ask while a read is going on: all are waiting when this returns."""
        entered = threading.Semaphore(0)
        lock = self.shared._lock

        class Counting:
            def __enter__(self) -> None:
                lock.acquire()

            def __exit__(self, *_: object) -> None:
                lock.release()
                entered.release()

        self.shared._lock = Counting()
        asking = [self.ask() for _ in range(count)]
        for _ in range(count):
            assert entered.acquire(timeout=SOON)
        self.shared._lock = lock
        return asking

    def begin(self) -> None:
        """Wait until the next read has begun."""
        assert self.begun.acquire(timeout=SOON)

    def read(self) -> int:
        let: Future[int] = Future()
        self.let.append(let)
        self.begun.release()
        return let.result(SOON)


@pytest.fixture
def reads() -> Iterator[Reads]:
    reads = Reads()
    yield reads
    for let in reads.let:
        if not let.done():
            let.set_result(-1)
    reads.threads.shutdown()


def given(asked: Future[int] | list[Future[int]]) -> list[int]:
    return [each.result(SOON) for each in (asked if isinstance(asked, list) else [asked])]


def test_who_asks_alone_reads(reads: Reads) -> None:
    for number in range(3):
        asked = reads.ask()
        reads.begin()
        reads.let[number].set_result(number)
        assert given(asked) == [number]


def test_nobody_gets_what_was_read_before_the_question(reads: Reads) -> None:
    first = reads.ask()
    reads.begin()
    later = reads.ask_behind(1)
    reads.let[0].set_result(0)
    reads.begin()
    reads.let[1].set_result(1)
    assert (given(first), given(later)) == ([0], [1])


def test_all_who_ask_during_a_read_share_the_next(reads: Reads) -> None:
    reads.ask()
    reads.begin()
    later = reads.ask_behind(5)
    reads.let[0].set_result(0)
    reads.begin()
    reads.let[1].set_result(1)
    assert given(later) == [1] * 5
    assert len(reads.let) == 2


def test_a_read_waits_for_no_read_of_anything_else(reads: Reads) -> None:
    reads.ask("a")
    reads.begin()
    other = reads.ask("b")
    reads.begin()
    reads.let[1].set_result(1)
    assert given(other) == [1]


def test_a_read_that_fails_does_so_for_all_who_share_it_and_nobody_else(reads: Reads) -> None:
    reads.ask()
    reads.begin()
    later = reads.ask_behind(3)
    reads.let[0].set_exception(ValueError("the first"))
    reads.begin()
    reads.let[1].set_exception(ValueError("the second"))
    assert [str(each.exception(SOON)) for each in later] == ["the second"] * 3
    after = reads.ask()
    reads.begin()
    reads.let[2].set_result(2)
    assert given(after) == [2]


def test_nothing_is_kept_of_a_read_that_is_over(reads: Reads) -> None:
    reads.ask()
    reads.begin()
    later = reads.ask_behind(2)
    reads.let[0].set_result(0)
    reads.begin()
    reads.let[1].set_result(1)
    given(later)
    reads.threads.shutdown()
    assert (reads.shared._going_on, reads.shared._next) == ({}, {})


def test_report_documents_are_read_like_that(reads: Reads, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("shared.stores.report_documents.get", lambda *_: reads.read())
    documents = ReportDocuments(SimpleNamespace(get_container_client=lambda _: None))
    reads.shared, reads.ask_for = documents._reads, lambda period: documents.get("sales", period)
    reads.ask()
    reads.begin()
    later = reads.ask_behind(5)
    reads.let[0].set_result(0)
    reads.begin()
    reads.let[1].set_result(1)
    assert given(later) == [1] * 5
