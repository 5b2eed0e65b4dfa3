"""A worker that stalls for minutes between any two steps and then goes on; events that come late, twice, mixed up."""

import itertools
from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from typing import Any

import pytest

from shared.definitions.catalog import Definitions
from shared.errors import PlatformError
from shared.names import file_id

A = "sales/a.csv"
HEAD = "day,region,amount"
MONDAY = (HEAD, "2026-11-16,north,1")
TUESDAY = (HEAD, "2026-11-17,south,2")
ON_MONDAY, ON_TUESDAY = {"2026-11-16": {"north": 1}}, {"2026-11-17": {"south": 2}}
STEPS = range(1, 10)  # the calls of an ingest, up to its commit


def replaced(pipeline: Any) -> None:
    pipeline.upload(A, *TUESDAY)
    pipeline.ingest(A)


def replaced_and_refreshed(pipeline: Any) -> None:
    pipeline.take_in(A, *TUESDAY)


def given_up(pipeline: Any) -> None:
    pipeline.service.give_up(A, '"1"')


def taken_for_dead(pipeline: Any) -> None:
    """An hour passes, and reconcile takes the file up."""
    for key, (text, etag) in list(pipeline.world.records.items()):
        started = pipeline.record(A).started_at
        pipeline.world.records[key] = (text.replace(started, "2020-01-01T00:00:00.000Z"), etag)
    pipeline.reconcile()


def deleted(pipeline: Any) -> None:
    pipeline.world.delete_upload(A)
    pipeline.ingest(A)


def deleted_and_uploaded_again(pipeline: Any) -> None:
    earlier = pipeline.world.uploads[A]
    deleted(pipeline)
    pipeline.world.uploads[A] = earlier
    pipeline.ingest(A)


def marked(pipeline: Any) -> None:
    if pipeline.records.find(file_id(A)):
        pipeline.requests.mark(file_id(A))


def run_again(pipeline: Any) -> None:
    marked(pipeline)
    pipeline.requests.run(file_id(A))


def database_emptied(pipeline: Any) -> None:
    pipeline.world.empty_database()


MEANWHILE: dict[Callable[[Any], None], dict[str, Any]] = {
    replaced: ON_TUESDAY,
    replaced_and_refreshed: ON_TUESDAY,
    given_up: ON_MONDAY,
    taken_for_dead: ON_MONDAY,
    deleted: {},
    deleted_and_uploaded_again: ON_MONDAY,
    marked: ON_MONDAY,
    run_again: ON_MONDAY,
    database_emptied: ON_MONDAY,
}


@pytest.fixture(autouse=True)
def _clock(monkeypatch: pytest.MonkeyPatch) -> None:
    moments = itertools.count(1000)
    monkeypatch.setattr("shared.clock.now_ms", lambda: next(moments))


@pytest.mark.parametrize("step", STEPS)
@pytest.mark.parametrize("meanwhile", MEANWHILE, ids=lambda event: event.__name__)
def test_a_worker_that_stalls_does_no_harm_when_it_goes_on(
    pipeline: Any, meanwhile: Callable[[Any], None], step: int
) -> None:
    pipeline.upload(A, *MONDAY)

    def stall(number: int, _name: str) -> None:
        if number == step:
            meanwhile(pipeline.another())

    pipeline.before = stall
    pipeline.ingest(A)
    if len(pipeline.calls) < step:
        meanwhile(pipeline.another())
    pipeline.another().reconcile()
    pipeline.another().refresh()
    record = pipeline.another().records.find(file_id(A))
    assert pipeline.rows() == MEANWHILE[meanwhile]
    if record is not None:
        assert (record.value.committed, record.value.stale) == (record.value.generation, ())
        assert ("processed" in pipeline.outputs()) == (record.value.status == "processed")


@pytest.mark.parametrize("step", range(1, 10))
@pytest.mark.parametrize("is_ingested", [True, False])
def test_a_deletion_that_stalls_does_not_take_out_what_came_after_it(
    pipeline: Any, step: int, is_ingested: bool
) -> None:
    pipeline.take_in(A, *MONDAY)

    def stall(number: int, _name: str) -> None:
        if number == step:
            pipeline.upload(A, *MONDAY)  # or the ETag would be that of the upload before it was deleted
            pipeline.upload(A, *TUESDAY)
            if is_ingested:
                pipeline.another().ingest(A)

    pipeline.before = stall
    pipeline.requests.delete(file_id(A))
    came = A in pipeline.world.uploads
    pipeline.another().reconcile()
    pipeline.another().refresh()
    assert pipeline.rows() == (ON_TUESDAY if came else {})
    assert pipeline.record(A).status == ("processed" if came else "deleted")
    assert ("processed" in pipeline.outputs()) == came


def under_another_name(definitions: Definitions) -> Definitions:
    """The same files are those of the dataset `orders`."""
    return Definitions((replace(definitions.datasets[0], name="orders"),), ())


@pytest.mark.parametrize("step", STEPS)
def test_a_worker_whose_file_moves_to_another_dataset_does_not_count_in_both(
    pipeline: Any, new_pipeline: Any, step: int
) -> None:
    """The second version of the app is there before the last worker of the first has ended."""
    second = new_pipeline(pipeline.world, under_another_name(pipeline.definitions))
    pipeline.upload(A, *MONDAY)

    def stall(number: int, _name: str) -> None:
        if number == step:
            second.another().ingest(A)

    pipeline.before = stall
    with suppress(PlatformError):  # the documents are those of a later generation, which its record does not know
        pipeline.ingest(A)
    for _ in range(2):
        second.reconcile()
    statuses = {stored.value.dataset: stored.value.status for stored in second.records._all()}
    assert statuses.pop("orders") == "processed"
    assert statuses in ({}, {"sales": "deleted"})


def test_a_worker_that_was_given_up_and_ends_after_all_has_done_its_work(pipeline: Any) -> None:
    pipeline.upload(A, *MONDAY)
    pipeline.before = lambda _number, name: given_up(pipeline.another()) if name == "publish" else None
    assert pipeline.ingest(A).status == "processed"
    assert pipeline.record(A).first_error is None


def test_a_failing_worker_that_was_given_up_stays_failed(pipeline: Any) -> None:
    pipeline.upload(A, *MONDAY)

    def hook(_number: int, name: str) -> None:
        if name == "publish":
            given_up(pipeline.another())
            raise PlatformError("Storage does not answer.")

    pipeline.before = hook
    with pytest.raises(PlatformError):
        pipeline.ingest(A)
    assert pipeline.record(A).status == "failed"


EVENTS = ("first", "second", "second", "poison of the first")


@pytest.mark.parametrize("order", sorted(set(itertools.permutations(EVENTS))))
def test_events_in_any_order_end_with_the_newest_version(pipeline: Any, order: tuple[str, ...]) -> None:
    """The first version comes with the first event, whichever that is; the second after it."""
    pipeline.upload(A, *MONDAY)
    for number, event in enumerate(order):
        worker = pipeline.another()
        worker.service.give_up(A, '"1"') if event.startswith("poison") else worker.ingest(A)
        if number == 0:
            pipeline.upload(A, *TUESDAY)
    pipeline.another().refresh()
    assert (pipeline.record(A).status, pipeline.rows()) == ("processed", ON_TUESDAY)


def test_a_poison_message_for_a_version_under_a_definition_that_has_changed_since_lets_it_be_run_again(
    pipeline: Any,
) -> None:
    pipeline.upload(A, *MONDAY)

    def fail(_number: int, name: str) -> None:
        if name == "read":
            raise PlatformError("Storage does not answer.")

    pipeline.before = fail
    with pytest.raises(PlatformError):
        pipeline.ingest(A)
    (dataset,) = pipeline.definitions.datasets
    pipeline.definitions = replace(pipeline.definitions, datasets=(replace(dataset, max_rejected=0.1),))
    later = pipeline.another()
    assert later.service.give_up(A, '"1"').status == "failed"
    assert (later.reconcile(), later.record(A).status) == (1, "processed")


def test_a_poison_message_for_a_file_that_has_moved_does_not_let_it_count_twice(
    pipeline: Any, new_pipeline: Any
) -> None:
    pipeline.take_in(A, *MONDAY)
    moved = new_pipeline(pipeline.world, under_another_name(pipeline.definitions))
    assert moved.service.give_up(A, '"1"').status == "failed"
    assert (moved.ingest(A).status, pipeline.record(A).status) == ("processed", "deleted")


def test_a_second_event_waits_for_the_worker_that_has_just_taken_up_the_version(
    pipeline: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Two workers: the second comes when the first has claimed, and the first ends while the second waits."""
    pipeline.upload(A, *MONDAY)
    second = pipeline.another()
    second.patience = 10.0
    paused: list[float] = []

    def meanwhile(seconds: float) -> None:
        paused.append(seconds)
        pipeline.after = lambda _step, _name: None
        raise Ended

    class Ended(Exception):  # noqa: N818
        """The second has begun to wait: the first goes on."""

    def come_second(_step: int, name: str) -> None:
        if name == "save_record" and not paused:
            with pytest.raises(Ended):
                second.ingest(A)

    monkeypatch.setattr("time.sleep", meanwhile)
    pipeline.after = come_second
    record = pipeline.ingest(A)
    assert (record.status, record.attempts) == ("processed", 1)
    assert paused
    assert second.calls.count("save_record") == 0
    assert second.ingest(A) == pipeline.record(A)
    assert second.calls.count("save_record") == 0


def test_a_worker_that_does_not_come_to_an_end_is_overtaken(
    pipeline: Any, crash: type[BaseException], monkeypatch: pytest.MonkeyPatch
) -> None:
    pipeline.upload(A, *MONDAY)

    def die(_step: int, name: str) -> None:
        if name == "read":
            raise crash

    pipeline.before = die
    with pytest.raises(crash):
        pipeline.ingest(A)
    seconds = [0.0]
    monkeypatch.setattr("time.sleep", lambda pause: seconds.__setitem__(0, seconds[0] + pause))
    after = pipeline.another()
    after.patience = 10.0
    assert after.ingest(A).status == "processed"
    assert seconds[0] == pytest.approx(10, abs=1)


def test_an_attempt_after_an_error_does_not_wait(pipeline: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    pipeline.upload(A, *MONDAY)

    def fail(_step: int, name: str) -> None:
        if name == "read":
            raise PlatformError("Storage does not answer.")

    pipeline.before = fail
    with pytest.raises(PlatformError):
        pipeline.ingest(A)
    monkeypatch.setattr("time.sleep", lambda _: pytest.fail("nobody is at work"))
    after = pipeline.another()
    after.patience = 10.0
    assert after.ingest(A).status == "processed"
