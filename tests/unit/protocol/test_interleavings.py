"""Claim, commit and refresh under every interleaving: the real code, driven step by step over a world in memory.

A worker is run until its next call to a store, and that call is held back. Which worker may go on, or crashes, is
decided by a search over all states that the world and the workers can be in together. A worker does the same again when
it gets the same answers, so its state is the list of the answers it got: it is run from the start with those, up to its
next call, once for each such list.

Wherever the system comes to rest, the newest version counts, nothing is stale, and the reports show just that version.
"""

import json
from collections import deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import pytest

FILE = "sales/a.csv"
HEAD = "day,region,amount\n"

# Versions of one file: what is in it, and what reports must show of it.
MONDAY = (HEAD + "2026-11-16,north,1\n", {"2026-11-16": {"north": 1}})
BOTH_DAYS = (
    HEAD + "2026-11-16,north,2\n2026-11-17,south,2\n",
    {"2026-11-16": {"north": 2}, "2026-11-17": {"south": 2}},
)
LESS = (HEAD + "2026-11-16,north,0\n", {"2026-11-16": {"north": 0}})
TUESDAY = (HEAD + "2026-11-17,south,3\n", {"2026-11-17": {"south": 3}})
BAD_ROW = "2026-02-30,north,1\n"
REJECTED = (HEAD + BAD_ROW, {})
WITH_REJECT = (HEAD + "2026-11-16,north,1\n" + BAD_ROW, {"2026-11-16": {"north": 1}})
type FileVersion = tuple[str, dict[str, dict[str, int]]]

# Calls that concern nobody else: a partial's name is its generation's own, and who writes a node under the same name
# writes the same. The worker goes straight on.
PRIVATE = ("put_partial", "put_node")


class Held(BaseException):
    """A worker has come to a call that has no answer yet."""

    def __init__(self, call: tuple[Any, ...]) -> None:
        self.call = call


@dataclass(eq=False)
class Progress:
    """How far a worker has come: the answers it got, and the call that it makes next (None: it is done)."""

    run: Callable[[Callable[..., Any]], object]
    answers: tuple[Any, ...] = ()
    following: dict[Any, "Progress"] = field(default_factory=dict)
    number: int = 0

    def __post_init__(self) -> None:
        self.call = self._next_call()

    def _next_call(self) -> tuple[Any, ...] | None:
        left = iter(self.answers)

        def call(*wanted: Any) -> Any:
            for answer in left:
                if isinstance(answer, Raised):
                    raise answer.kind(answer.message)
                return answer
            raise Held(wanted)

        try:
            self.run(call)
        except Held as held:
            return held.call
        return None


class Raised(NamedTuple):
    """An answer that is an error."""

    kind: type[Exception]
    message: str


class State(NamedTuple):
    """Everything: the world, what is still to happen, and how far each worker has come (by number; 0: idle)."""

    version: int
    events: int
    records: frozenset[Any]
    reports: frozenset[Any]
    documents: frozenset[Any]
    partials: frozenset[Any]
    ingests: tuple[int, ...]
    refreshes: tuple[int, ...]
    crashes: int


class Found(NamedTuple):
    """How much a search has seen: a search that sees little proves little."""

    states: int
    rests: int


class Search:
    """All states that can be reached by uploading `versions` one after the other, at any moment."""

    def __init__(self, pipeline_type: type[Any], versions: list[FileVersion]) -> None:
        self.versions = versions
        self.pipeline_type = pipeline_type
        self.progresses: list[Progress | None] = [None]
        self.starts = {"ingest": self._add(Progress(self._ingest)), "refresh": self._add(Progress(self._refresh))}
        self.crashes = 0

    def _ingest(self, call: Callable[..., Any]) -> None:
        pipeline = self.pipeline_type()
        pipeline.call = call
        pipeline.ingest(FILE)

    def _refresh(self, call: Callable[..., Any]) -> None:
        pipeline = self.pipeline_type()
        pipeline.call = call
        pipeline.refresh()

    def _add(self, progress: Progress) -> Progress:
        progress.number = len(self.progresses)
        self.progresses.append(progress)
        return progress

    def explore(
        self, *, ingests: int, refreshes: int = 0, crashes: int = 0, late_events: int = 0, unsettled: bool = False
    ) -> "Found":
        """Visit every state. As a rule the first version has been dealt with before, but for second events of it."""
        self.crashes = crashes
        nothing: frozenset[Any] = frozenset()
        idle = ((0,) * ingests, (0,) * refreshes)
        start = State(1, late_events + unsettled, nothing, nothing, nothing, nothing, *idle, crashes)
        if not unsettled:
            pipeline = self.pipeline_type(self._world(start))
            pipeline.ingest(FILE)
            pipeline.refresh()
            start = self._state(start, pipeline.world)
        rests = 0
        seen, queue = {start}, deque([start])
        while queue:
            state = queue.popleft()
            following = [new for new in self._steps(state) if new[:-1] != state[:-1]]
            if not any(new.crashes == state.crashes for new in following):
                self._check_rest(state)
                rests += 1
            fresh = [new for new in following if new not in seen]
            seen.update(fresh)
            queue.extend(fresh)
        return Found(len(seen), rests)

    def _steps(self, state: State) -> Iterator[State]:
        if state.version < len(self.versions):
            yield state._replace(version=state.version + 1, events=state.events + 1)
        yield from self._ingest_steps(state)
        yield from self._refresh_steps(state)

    def _ingest_steps(self, state: State) -> Iterator[State]:
        for worker in set(state.ingests):
            others = _without(state.ingests, worker)

            def to(number: int, others: tuple[int, ...] = others, **changes: Any) -> State:
                return state._replace(ingests=tuple(sorted((*others, number))), **changes)

            if worker == 0:
                if state.events:
                    yield to(self.starts["ingest"].number, events=state.events - 1)
                continue
            if state.crashes:  # its event is delivered again
                yield to(0, events=state.events + 1, crashes=state.crashes - 1)
            number, after = self._advance(worker, state)
            yield after._replace(ingests=tuple(sorted((*others, number))))

    def _refresh_steps(self, state: State) -> Iterator[State]:
        for worker in set(state.refreshes):
            others = _without(state.refreshes, worker)
            if worker == 0:
                if any(json.loads(document)["stale"] for _, (document, _) in state.records):
                    number = self.starts["refresh"].number
                    yield state._replace(refreshes=tuple(sorted((*others, number))))
                continue
            if state.crashes:
                yield state._replace(refreshes=tuple(sorted((*others, 0))), crashes=state.crashes - 1)
            number, after = self._advance(worker, state)
            yield after._replace(refreshes=tuple(sorted((*others, number))))

    def _advance(self, number: int, state: State) -> tuple[int, State]:
        """One step of a worker: its call is made and answered, and it goes on to the next that others can notice."""
        progress = self.progresses[number]
        world = self._world(state)
        while progress is not None and progress.call is not None:
            answer = _answer(world, progress.call)
            if answer not in progress.following:
                progress.following[answer] = self._add(Progress(progress.run, (*progress.answers, answer)))
            progress = progress.following[answer]
            if progress.call is None or progress.call[0] not in PRIVATE:
                break
        assert progress is not None
        return progress.number if progress.call else 0, self._state(state, world)

    def _world(self, state: State) -> Any:
        world = self.pipeline_type().world
        for version, _ in self.versions[: state.version]:
            world.upload(FILE, version.encode())
        world.records, world.reports = dict(state.records), dict(state.reports)
        world.documents, world.partials = dict(state.documents), dict(state.partials)
        return world

    def _state(self, state: State, world: Any) -> State:
        contents = (world.records, world.reports, world.documents, world.partials)
        records, reports, documents, partials = (frozenset(content.items()) for content in contents)
        return state._replace(records=records, reports=reports, documents=documents, partials=partials)

    def _check_rest(self, state: State) -> None:
        pipeline = self.pipeline_type(self._world(state))
        if not state.refreshes:
            pipeline.refresh()
        record, (_, expected) = pipeline.record(FILE), self.versions[-1]
        assert (state.version, state.events) == (len(self.versions), 0)
        assert record.status == ("processed" if expected else "rejected")
        assert record.etag == pipeline.world.version(FILE).etag
        assert record.committed == record.generation
        assert record.stale == ()
        assert pipeline.rows() == expected
        if not self.crashes:  # who crashes between publishing and finding out that it has lost leaves its outputs
            assert pipeline.outputs() == self._expected_outputs(record.committed)

    def _expected_outputs(self, generation: int) -> dict[str, int]:
        text, expected = self.versions[-1]
        there = {"processed": bool(expected), "rejected": bool(expected) and BAD_ROW in text}
        return {container: generation for container, is_there in there.items() if is_there}


def _without(workers: tuple[int, ...], worker: int) -> tuple[int, ...]:
    at = workers.index(worker)
    return workers[:at] + workers[at + 1 :]


def _answer(world: Any, call: tuple[Any, ...]) -> Any:
    name, *arguments = call
    try:
        return getattr(world, name)(*arguments)
    except Exception as error:  # noqa: BLE001 - whatever it is, the worker gets it
        return Raised(type(error), str(error))


@pytest.fixture(autouse=True)
def _clock_that_stands_still(monkeypatch: pytest.MonkeyPatch) -> None:
    """A worker must do the same whenever it gets the same answers."""
    monkeypatch.setattr("shared.clock.now_ms", lambda: 1_000)
    monkeypatch.setattr("shared.clock.now", lambda: "2026-11-20T13:00:00.000Z")


@pytest.fixture
def search(new_pipeline: type[Any]) -> Callable[..., Search]:
    return lambda *versions: Search(new_pipeline, list(versions))


def test_two_ingests_of_two_versions_leave_the_outputs_of_the_newest(search: Callable[..., Search]) -> None:
    found = search(WITH_REJECT, MONDAY).explore(ingests=2, unsettled=True)
    assert found.states > 1000


def test_a_rejected_version_leaves_no_outputs_of_the_one_before(search: Callable[..., Search]) -> None:
    found = search(MONDAY, REJECTED).explore(ingests=2, unsettled=True)
    assert found.states > 900


def test_two_ingests_and_a_refresh_end_with_the_newest_version(search: Callable[..., Search]) -> None:
    found = search(MONDAY, BOTH_DAYS).explore(ingests=2, refreshes=1, unsettled=True)
    assert found.states > 3000


def test_a_late_second_event_of_the_old_version_changes_nothing(search: Callable[..., Search]) -> None:
    found = search(MONDAY, BOTH_DAYS).explore(ingests=2, refreshes=1, late_events=1)
    assert found.states > 2000


def test_a_crash_between_any_two_steps_loses_nothing(search: Callable[..., Search]) -> None:
    found = search(MONDAY, BOTH_DAYS).explore(ingests=2, crashes=1, late_events=1)
    assert found.states > 1000


def test_a_crash_of_ingest_or_refresh_between_any_two_steps_loses_nothing(search: Callable[..., Search]) -> None:
    found = search(BOTH_DAYS, TUESDAY).explore(ingests=1, refreshes=1, crashes=2)
    assert found.states > 300


def test_two_refreshes_never_put_back_what_one_of_them_read_long_ago(search: Callable[..., Search]) -> None:
    """The third version equals the first: the report looks as if nothing had happened."""
    found = search(MONDAY, LESS, MONDAY).explore(ingests=1, refreshes=2)
    assert found.states > 3000
