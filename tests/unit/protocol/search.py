"""A search over every interleaving: the real code, driven step by step over a world in memory.

A worker is run until its next call to a store, and that call is held back. Which worker may go on, or crashes, is
decided by a search over all states that the world and the workers can be in together. A worker does the same again when
it gets the same answers, so its state is the list of the answers it got: it is run from the start with those, up to its
next call, once for each such list.

Wherever the system comes to rest, everything must be true (`rest.check`), and from everywhere it must get there.
"""

import io
from collections import Counter, deque
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from typing import Any, Literal, NamedTuple

import polars as pl
import polars.selectors as cs
import pytest

from shared.errors import NotFound
from shared.ingest.process import process
from shared.reports.tree import KEY
from tests.unit.protocol.reading import check_is_one_state, read_period
from tests.unit.protocol.rest import check_rest

# Calls that concern nobody else: a partial's name is its generation's own, and who writes a node under the same name
# writes the same. The worker goes straight on.
PRIVATE = ("put_partial", "put_node", "now_ms")

CRASHES = "crashes"  # how that step is told

type Call = Callable[..., Any]
type Work = Callable[[Any], object]  # what a worker does with its pipeline


class Held(BaseException):
    """A worker has come to a call that has no answer yet."""

    def __init__(self, call: tuple[Any, ...]) -> None:
        self.call = call


class Happening(NamedTuple):
    """Something that happens to the world. Events tell of it, or it is dealt with `at_once`."""

    what: Literal["upload", "delete", "empty", "reprocess"]
    name: str = ""
    text: str = ""
    at_once: bool = False


class Raised(NamedTuple):
    """An answer that is an error."""

    kind: type[Exception]
    message: str


@dataclass(eq=False)
class Progress:
    """How far a worker has come: the answers it got, and the call that it makes next (None: it is done)."""

    kind: str
    run: Callable[[Call], object]
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


class State(NamedTuple):
    """Everything: the world, what is still to happen, who waits to begin, and how far each worker has come."""

    happened: int
    waiting: tuple[str, ...]  # kinds of workers
    workers: tuple[int, ...]  # by number of their progress
    uploads: frozenset[Any]
    records: frozenset[Any]
    reports: frozenset[Any]
    documents: frozenset[Any]
    partials: frozenset[Any]
    emptied: int
    crashes: int  # that may still happen


class Found(NamedTuple):
    """How much a search has seen: a search that sees little proves little."""

    states: int
    rests: int


class Clock:
    """The time is an answer like any other, for a worker must do the same whenever it gets the same answers.

    It stands still until the database is emptied: else a generation would be given twice.
    """

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.call: Call = lambda _name: 1_000
        monkeypatch.setattr("shared.clock.now_ms", lambda: self.call("now_ms"))
        monkeypatch.setattr("shared.clock.now", lambda: "2026-11-20T13:00:00.000Z")


class Processing:
    """What becomes of each version under each generation, worked out once: the calls to make, and the outcome."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.known: dict[Any, tuple[list[Any], Any]] = {}
        monkeypatch.setattr("shared.ingest.service.process", self.process)

    def process(self, job: Any, outputs: Any) -> Any:
        data = b"".join(job.upload.chunks(job.version))
        key = (job.upload.name, job.version, job.generation, data)
        if key not in self.known:
            calls: list[Any] = []
            upload = replace(job.upload, call=lambda *_: data)
            outcome = process(replace(job, upload=upload), replace(outputs, call=lambda *call: calls.append(call)))
            self.known[key] = (calls, outcome)
        calls, outcome = self.known[key]
        for call in calls:
            outputs.call(*call)
        return outcome


class Search:
    """All states that can be reached from a settled world while `story` happens, whenever each part of it does."""

    def __init__(
        self, pipeline_type: type[Any], clock: Clock, before: Sequence[Happening], story: Sequence[Happening]
    ) -> None:
        self.pipeline_type, self.clock = pipeline_type, clock
        self.before, self.story = before, story
        self.limits: Counter[str] = Counter()
        self.crashes = 0
        self.private: Sequence[str] = ()  # more calls that need not be interleaved: "worker call"
        self.progresses: list[Progress] = []
        self.starts: dict[str, Progress] = {}

    def explore(
        self,
        *,
        crashes: int = 0,
        late: Sequence[str] = (),
        crashing: Sequence[str] = ("ingest", "refresh"),
        private: Sequence[str] = (),
        **limits: int,
    ) -> Found:
        """Visit every state. `limits`: how many workers of a kind there may be. `late`: who else is to begin."""
        self.limits, self.crashes, self.crashing = Counter(limits), crashes, crashing
        self.private = private
        start = self._start(tuple(sorted(late)))
        reached: dict[State, list[tuple[State, str]]] = {start: []}
        queue, rests = deque([start]), []
        while queue:
            state = queue.popleft()
            try:
                if self._is_rest(state):
                    self._check_rest(state)
                    rests.append(state)
                for step, new in self._steps(state):
                    if new not in reached:
                        reached[new] = []
                        queue.append(new)
                    reached[new].append((state, step))
            except AssertionError as error:
                raise AssertionError(_told(state, reached)) from error
        stuck = reached.keys() - _all_before(rests, reached)
        assert not stuck, f"It never comes to rest after:{_told(next(iter(stuck)), reached)}"
        return Found(len(reached), len(rests))

    def _start(self, waiting: tuple[str, ...]) -> State:
        world = self.pipeline_type().world
        for happening in self.before:
            self._happen(world, happening._replace(at_once=True))
            self._pipeline(world).refresh()
        return self._state(State(0, waiting, (), *[frozenset()] * 5, 0, self.crashes), world)

    def _pipeline(self, world: Any) -> Any:
        """A worker that nobody interrupts."""
        self.clock.call = lambda *call: _answer(world, call)
        return self.pipeline_type(world)

    def _happen(self, world: Any, happening: Happening) -> list[str]:
        """Change the world; who is to begin because of that."""
        pipeline, name = self._pipeline(world), happening.name
        match happening.what:
            case "upload":
                world.upload(name, happening.text.encode())
            case "delete":
                world.delete_upload(name)
            case "reprocess":
                pipeline.requests.mark(pipeline.record(name).id)
            case "empty":
                world.empty_database()
        names = [name] if name else sorted(world.uploads)  # reconcile finds that they have no record
        if not happening.at_once:
            return [f"ingest {each}" for each in names]
        for each in names:
            self._pipeline(world).ingest(each)
        return []

    def _steps(self, state: State) -> Iterator[tuple[str, State]]:
        if state.happened < len(self.story):
            world = self._world(state)
            events = self._happen(world, self.story[state.happened])
            waiting = tuple(sorted((*state.waiting, *events)))
            story = state._replace(happened=state.happened + 1, waiting=waiting)
            yield str(self.story[state.happened]), self._state(story, world)
        at_work = Counter(self.progresses[number].kind.split()[0] for number in state.workers)
        for kind in self._may_begin(state):
            if at_work[kind.split()[0]] < self.limits[kind.split()[0]]:
                yield f"{kind} begins", _begun(state, kind, self._started(kind))
        for number in set(state.workers):
            idle = state._replace(workers=_without(state.workers, number))
            kind = self.progresses[number].kind
            if state.crashes and kind.split()[0] in self.crashing:  # its event is delivered again
                again = tuple(sorted((*state.waiting, kind))) if kind.startswith("ingest") else state.waiting
                yield f"{kind} {CRASHES}", idle._replace(waiting=again, crashes=state.crashes - 1)
            call = self.progresses[number].call
            assert call is not None
            yield f"{kind}: {call[0]} {str(call[1:])[:60]}", self._advanced(idle, number)

    def _may_begin(self, state: State) -> list[str]:
        kinds = list(dict.fromkeys(state.waiting))
        if self._is_stale(state):
            kinds.append("refresh")
        return [*kinds, "read"]

    def _is_stale(self, state: State) -> bool:
        return any('"stale": []' not in document for _, (document, _) in state.records)

    def _started(self, kind: str) -> int:
        if kind not in self.starts:
            self.starts[kind] = self._add(Progress(kind, self._run(_work(kind))))
        return self.starts[kind].number

    def _run(self, work: Work) -> Callable[[Call], object]:
        def run(call: Call) -> object:
            pipeline = self.pipeline_type()
            pipeline.call = self.clock.call = call
            return work(pipeline)

        return run

    def _add(self, progress: Progress) -> Progress:
        progress.number = len(self.progresses)
        self.progresses.append(progress)
        return progress

    def _advanced(self, state: State, number: int) -> State:
        """One step of a worker: its call is made and answered, and it goes on to the next that others can notice."""
        progress = self.progresses[number]
        world = self._world(state)
        while progress.call is not None:
            answer = _answer(world, progress.call)
            if answer not in progress.following:
                progress.following[answer] = self._add(
                    Progress(progress.kind, progress.run, (*progress.answers, answer))
                )
            progress = progress.following[answer]
            if progress.call is None or not self._is_private(progress.kind, progress.call[0]):
                break
        state = self._state(state, world)
        return state if progress.call is None else _with_worker(state, progress.number)

    def _is_private(self, kind: str, call: str) -> bool:
        return call in PRIVATE or f"{kind.split(maxsplit=1)[0]} {call}" in self.private

    def _world(self, state: State) -> Any:
        world = self.pipeline_type().world
        world.uploads, world.records, world.reports = dict(state.uploads), dict(state.records), dict(state.reports)
        world.documents, world.partials = dict(state.documents), dict(state.partials)
        world.emptied, world.uploaded = state.emptied, len(self.before) + state.happened
        return world

    def _state(self, state: State, world: Any) -> State:
        contents = (world.uploads, world.records, world.reports, world.documents, world.partials)
        return State(*state[:3], *(frozenset(content.items()) for content in contents), world.emptied, state.crashes)

    def _is_rest(self, state: State) -> bool:
        stale = self.limits["refresh"] and self._is_stale(state)
        return not (state.happened < len(self.story) or state.waiting or state.workers or stale)

    def _check_rest(self, state: State) -> None:
        pipeline = self._pipeline(self._world(state))
        if not self.limits["refresh"]:
            pipeline.refresh()
        check_rest(pipeline, crashed=state.crashes < self.crashes, lost=self.limits["refresh"] > 1 or state.emptied > 0)


def _begun(state: State, kind: str, number: int) -> State:
    waiting = state.waiting if kind in ("refresh", "read") else _without(state.waiting, kind)
    return _with_worker(state._replace(waiting=waiting), number)


def _with_worker(state: State, number: int) -> State:
    return state._replace(workers=tuple(sorted((*state.workers, number))))


def _without[T](items: tuple[T, ...], item: T) -> tuple[T, ...]:
    at = items.index(item)
    return items[:at] + items[at + 1 :]


def _answer(world: Any, call: tuple[Any, ...]) -> Any:
    name, *arguments = call
    if name == "now_ms":
        return 1_000 * (1 + world.emptied)
    if name == "put_node":
        arguments[1] = _in_order(arguments[1])
    try:
        return getattr(world, name)(*arguments)
    except Exception as error:  # noqa: BLE001 - whatever it is, the worker gets it
        return Raised(type(error), str(error))


def _in_order(node: bytes) -> bytes:
    """polars groups in any order: without an own one the same node would be another every time."""
    frame, buffer = pl.read_parquet(io.BytesIO(node)), io.BytesIO()
    frame.sort(KEY, cs.starts_with("by:")).write_parquet(buffer)
    return buffer.getvalue()


def _all_before(states: list[State], reached: dict[State, list[tuple[State, str]]]) -> set[State]:
    """All states from which one of these can be reached without a crash."""
    found, queue = set(states), deque(states)
    while queue:
        steps = reached[queue.popleft()]
        fresh = {state for state, step in steps if state not in found and not step.endswith(CRASHES)}
        found.update(fresh)
        queue.extend(fresh)
    return found


def _told(state: State, reached: dict[State, list[tuple[State, str]]]) -> str:
    """A shortest way to a state."""
    steps: list[str] = []
    start = next(iter(reached))
    while state != start:
        state, step = reached[state][0]
        steps.insert(0, step)
    return "\n  ".join(["", *steps])


def _work(kind: str) -> Work:
    what, _, name = kind.partition(" ")
    works: dict[str, Work] = {
        "ingest": lambda pipeline: pipeline.ingest(name),
        "reprocess": lambda pipeline: pipeline.requests.mark(name),
        "refresh": lambda pipeline: pipeline.refresh(),
        "read": _read,
    }
    return works[what]


def _read(pipeline: Any) -> None:
    """Who reads a report gets one state of it: what the whole shows is the sum of what the parts show."""
    with suppress(NotFound):
        head, rows, _ = read_period(pipeline, "2026-11-16")
        check_is_one_state(head, rows)
