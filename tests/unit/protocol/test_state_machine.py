"""Random stories over several files, datasets and definitions: whatever happens, everything is true in the end.

The oracle adds up the rows of the newest versions in plain Python. `make fuzz` tries many more stories.
"""

import datetime as dt
import os
from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from typing import Any, ClassVar
from unittest.mock import patch

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule, run_state_machine_as_test

from shared.definitions.model import Metric
from shared.errors import NotFound, PipelineError
from tests.unit.protocol.reading import check_is_one_state, kept_rows, read_period
from tests.unit.protocol.rest import check_rest
from tests.unit.protocol.truth import accepted_rows, texts

type At = tuple[str, int]
type Rows = list[tuple[str, str, int]]

IS_FUZZ = os.environ.get("HYPOTHESIS_PROFILE") == "fuzz"
STORIES = settings(
    max_examples=int(os.environ.get("FUZZ_EXAMPLES", "5000")) if IS_FUZZ else 80,
    stateful_step_count=50 if IS_FUZZ else 25,
    derandomize=not IS_FUZZ,
    deadline=None,
    suppress_health_check=list(HealthCheck),
)

SALES = [f"sales/{letter}.csv" for letter in "abcd"]
BIRDS = ["birds/a.csv"]
CALLS = {
    "ingest": ["version", "get_record", "all_records", "save_record", "read", "put_partial", "publish", "withdraw"],
    "refresh": ["get_report", "all_records", "read_partials", "put_node", "put_page", "save_report", "save_record"],
}

files = st.sampled_from(SALES + BIRDS)
days = st.sampled_from(["2026-11-16", "2026-11-17", "2026-02-30"])  # the last is none: the row is rejected
rows = st.lists(st.tuples(days, st.sampled_from(["north", "south"]), st.integers(-3, 9)), min_size=1, max_size=4)
# Where a worker is interrupted: before the first, second or third time that it does this.
in_ingest, in_refresh = (st.tuples(st.sampled_from(calls), st.integers(1, 3)) for calls in CALLS.values())
largest = Metric("largest", "max", "amount")


class Stories(RuleBasedStateMachine):
    """The world in memory, and everything that may happen to it."""

    pipeline_type: ClassVar[type[Any]]
    crash: ClassVar[type[BaseException]]

    def __init__(self) -> None:
        super().__init__()
        self.pipeline = self.pipeline_type()
        self.now = dt.datetime(2026, 11, 20, tzinfo=dt.UTC)
        self.interrupted: set[str] = set()  # files whose ingest has crashed: the host delivers the event again
        self.patches = [
            patch("shared.clock.now_ms", lambda: int(self._tick().timestamp() * 1000)),
            patch("shared.clock.now", lambda: self._tick().isoformat()),
            patch("shared.clock.before", lambda span: (self.now - span).isoformat()),
            patch("shared.reports.tree.MAX_ENTRIES", 2),
            patch("shared.reports.tree.FEW_ENTRIES", 2),
            patch("shared.reports.document.PAGE_BYTES", 1),
        ]
        for each in self.patches:
            each.start()

    def _tick(self) -> dt.datetime:
        self.now += dt.timedelta(milliseconds=1)
        return self.now

    # What happens

    @rule(name=files, rows=rows)
    def upload(self, name: str, rows: Rows) -> None:
        """A new file or version; nothing is told to anybody."""
        lines = ["day,region,amount", *(f"{day},{region},{amount}" for day, region, amount in rows)]
        if name in BIRDS:
            lines = ["weight", *(f"{amount}" for _, _, amount in rows)]
        self.pipeline.world.upload(name, "\n".join(lines).encode())

    @rule(name=files)
    def delete(self, name: str) -> None:
        self.pipeline.world.delete_upload(name)

    @rule()
    def empty_database(self) -> None:
        self.pipeline.world.empty_database()

    @rule()
    def redefine(self) -> None:
        """A metric comes or goes: all sales are to be ingested again."""
        (report,) = self.pipeline.definitions.reports
        metrics = [metric for metric in report.metrics if metric != largest]
        changed = replace(report, metrics=tuple(metrics if largest in report.metrics else [*metrics, largest]))
        self.pipeline.definitions = replace(self.pipeline.definitions, reports=(changed,))

    @rule(name=files)
    def reprocess(self, name: str) -> None:
        records = [found for found in self.pipeline.another().records.known() if found.name == name]
        if records and records[0].status != "deleted" and name in self.pipeline.world.uploads:
            self.pipeline.another().requests.mark(self.pipeline.record(name).id)

    # Who works

    @rule(name=files)
    def ingest(self, name: str) -> None:
        self.pipeline.another().ingest(name)
        self.interrupted.discard(name)

    @rule()
    def refresh(self) -> None:
        self._refreshed(self.pipeline.another())

    @rule()
    def reconcile(self) -> None:
        self.pipeline.another().reconcile()

    @rule()
    def sweep(self) -> None:
        self.pipeline.another().sweep()

    @rule(name=files, at=in_ingest)
    def ingest_crashes(self, name: str, at: At) -> None:
        worker = self._interrupted(at, self._crash)
        try:
            worker.ingest(name)
        except self.crash:
            self.interrupted.add(name)

    @rule(name=files, before=rows, at=in_refresh)
    def refresh_crashes(self, name: str, before: Rows, at: At) -> None:
        self.upload(name, before)
        self.ingest(name)
        with suppress(self.crash):
            self._refreshed(self._interrupted(at, self._crash))

    @rule(name=files, before=rows, at=in_refresh, rows=rows, then=st.sampled_from(["nothing", "refresh", "delete"]))
    def refresh_stalls(self, name: str, before: Rows, at: At, rows: Rows, then: str) -> None:
        """While it waits, a file that it is about to show is replaced."""

        def meanwhile() -> None:
            self.upload(name, rows)
            self.ingest(name)
            if then == "delete":
                self.delete(name)
                self.ingest(name)
            if then != "nothing":
                self.refresh()

        self.upload(name, before)
        self.ingest(name)
        self._refreshed(self._interrupted(at, meanwhile))

    @rule(at=in_ingest, name=files, rows=rows, emptied=st.booleans())
    def ingest_stalls(self, at: At, name: str, rows: Rows, emptied: bool) -> None:
        """While it waits, the file is replaced and ingested by another, and the database emptied, perhaps."""

        def meanwhile() -> None:
            self.upload(name, rows)
            if emptied:
                self.empty_database()
            self.ingest(name)
            self.refresh()

        self._interrupted(at, meanwhile).ingest(name)

    def _interrupted(self, at: At, meanwhile: Callable[[], None]) -> Any:
        worker = self.pipeline.another()

        def before(_number: int, name: str) -> None:
            if (name, worker.calls.count(name)) == at:
                meanwhile()

        worker.before = before
        return worker

    def _crash(self) -> None:
        raise self.crash

    def _refreshed(self, worker: Any) -> None:
        with suppress(PipelineError):  # a partial was removed meanwhile: the next run is right
            worker.refresh()

    # What must hold

    @invariant()
    def readers_see_one_state(self) -> None:
        for day in ("2026-11-16", "2026-11-17"):
            with suppress(NotFound):
                head, rows, _ = read_period(self.pipeline.another(), day)
                check_is_one_state(head, rows)

    @precondition(lambda self: self.pipeline.world.uploads)
    @rule(delivered=st.booleans())
    def come_to_rest(self, delivered: bool) -> None:
        """Hours later: events of crashed ingests are delivered again, or reconcile finds that they are gone."""
        self.now += dt.timedelta(hours=1)
        for name in sorted(self.interrupted) if delivered else ():
            self.ingest(name)
        self.interrupted.clear()
        for _ in range(2):
            self.pipeline.another().reconcile()
            self.pipeline.another().refresh()
        check_rest(self.pipeline.another(), crashed=True)
        self._check_largest()
        self._check_birds()

    def _check_largest(self) -> None:
        expected: dict[tuple[str, str], int] = {}
        sales = {name: text for name, text in texts(self.pipeline.world.uploads).items() if name in SALES}
        for text in sales.values():
            for day, region, amount in accepted_rows(text) or []:
                expected[day, region] = max(amount, expected.get((day, region), amount))
        shown = kept_rows(self.pipeline)
        is_defined = largest in self.pipeline.definitions.reports[0].metrics
        assert {(row["period"], row["region"]): row.get("largest") for row in shown} == (
            expected if is_defined else dict.fromkeys(expected)
        )

    def _check_birds(self) -> None:
        birds = [text.splitlines()[1:] for name, text in texts(self.pipeline.world.uploads).items() if name in BIRDS]
        weights = [int(line) for lines in birds for line in lines]
        found = self.pipeline.another().reports.get("birds", "all")
        assert (found.value.rows if found else 0) == len(weights)
        if found and weights:
            assert found.value.totals["weight_sum"] == sum(weights)

    def teardown(self) -> None:
        try:
            self.come_to_rest(delivered=False)
        finally:
            for each in self.patches:
                each.stop()


def test_whatever_happens_everything_is_true_in_the_end(new_pipeline: type[Any], crash: type[BaseException]) -> None:
    Stories.pipeline_type, Stories.crash = new_pipeline, crash
    run_state_machine_as_test(Stories, settings=STORIES)
