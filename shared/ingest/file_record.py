"""The record of one uploaded file, and the only ways in which it changes. A record is never edited in place."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from sys import intern
from typing import Any, Literal

from shared.errors import Problem
from shared.ingest.outcome import Outcome
from shared.ingest.progress import Progress
from shared.ingest.status import Status
from shared.ingest.upload import Version
from shared.telemetry.correlation import SpanId

type Event = Literal[
    "claim", "accept", "reject", "gone", "move", "progress", "error", "give up", "reprocess", "refresh"
]

# From which status an event is allowed, and where it leads. docs/protocol.md shows the same table and says more.
TRANSITIONS: Mapping[Event, Mapping[Status, Status]] = {
    "claim": dict.fromkeys(("new", "processing", "processed", "rejected", "failed", "deleted"), "processing"),
    # From `failed` too: a worker that the host took for dead comes to its end after all.
    "accept": dict.fromkeys(("processing", "failed"), "processed"),
    "reject": dict.fromkeys(("processing", "failed"), "rejected"),
    "gone": dict.fromkeys(("processing", "failed"), "deleted"),
    "move": dict.fromkeys(("processing", "processed", "rejected", "failed"), "deleted"),
    "progress": {"processing": "processing"},
    "error": {"processing": "processing"},
    "give up": dict.fromkeys(("new", "processing"), "failed"),
    "reprocess": {status: status for status in ("processing", "processed", "rejected", "failed")},
    "refresh": {status: status for status in ("processing", "processed", "rejected", "failed", "deleted")},
}


class ForbiddenTransitionError(Exception):
    """A mistake of this app: an event that the status of a record does not allow."""


@dataclass(frozen=True, slots=True)
class KnownFile:
    """The part of a record that tells whether something is left to do for its file."""

    dataset: str
    name: str
    etag: str
    definition: str
    status: Status
    started_at: str
    attempts: int

    @classmethod
    def from_document(cls, document: Mapping[str, Any]) -> KnownFile:
        """Out of a record's document, or the part of it that is needed here."""
        return cls(
            intern(document["dataset"]),  # there may be 100,000 at a time, with few datasets among them
            document["name"],
            document["etag"],
            intern(document["definition"]),
            document["status"],
            document["startedAt"],
            int(document["attempts"]),
        )


@dataclass(frozen=True, slots=True)
class Generations:
    """Of a record: the last generation that was claimed, and the one that counts."""

    id: str
    claimed: int
    committed: int


@dataclass(frozen=True, slots=True)
class FileRecord:
    """What is known of a file. `committed` is the generation that counts, `generation` the last one claimed."""

    id: str
    name: str
    dataset: str
    status: Status = "new"
    etag: str = ""
    size: int = 0
    rows: int = 0
    records: int = 0
    rejected: int = 0
    first_error: Problem | None = None
    processed: str | None = None
    rejected_file: str | None = None
    definition: str = ""
    generation: int = 0
    committed: int = 0
    shares: tuple[str, ...] = ()
    stale: tuple[str, ...] = ()
    attempts: int = 0
    started_at: str = ""
    finished_at: str | None = None
    span: SpanId | None = None  # of the ingest that claimed it last: where its telemetry is
    progress: Progress | None = None

    def is_final_for(self, version: Version | None, definition: str) -> bool:
        """Whether nothing is left to do for this version of the file."""
        if version is None:
            return self.status == "deleted"
        return self.status in ("processed", "rejected") and (self.etag, self.definition) == (version.etag, definition)

    def claimed(
        self, version: Version | None, definition: str, now_ms: int, now: str, span: SpanId | None
    ) -> FileRecord:
        """Taken up by an invocation. The old version keeps counting until the new one is committed."""
        etag, size = (version.etag, version.size) if version else (self.etag, self.size)
        again = (etag, definition) == (self.etag, self.definition) and self.status in ("processing", "failed")
        retried = again and self.status == "processing"
        return self._after(
            "claim",
            etag=etag,
            size=size,
            definition=definition,
            # Grows also across an emptied database, so that no older worker can ever hold a higher one.
            generation=max(self.generation + 1, now_ms),
            first_error=self.first_error if retried else None,  # the last attempt's, and no other version's
            attempts=self.attempts + 1 if again else 1,
            started_at=now,
            finished_at=None,
            span=span,
            progress=None,
        )

    def progressed(self, progress: Progress) -> FileRecord:
        """The work has come this far."""
        return self._after("progress", progress=progress)

    def committed_with(self, outcome: Outcome, now: str) -> FileRecord:
        """The claimed generation counts from here on, and every report with an old or a new share is stale."""
        return self._committed("reject" if outcome.refused else "accept", outcome, now)

    def deleted(self, now: str) -> FileRecord:
        """The upload is gone, and its share with it."""
        return self._committed("gone", Outcome(), now)

    def moved(self, now_ms: int, now: str) -> FileRecord:
        """The file belongs to another dataset now: its share here is taken out, its workers are overtaken."""
        return replace(self, generation=max(self.generation + 1, now_ms))._committed("move", Outcome(), now)

    def is_in_work(self, version: Version | None, definition: str, since: str) -> bool:
        """Whether somebody has taken up just this version not long ago, and has not ended yet."""
        same = version is not None and (self.etag, self.definition) == (version.etag, definition)
        return same and self.status == "processing" and self.finished_at is None and self.started_at >= since

    def with_error(self, problem: Problem, now: str) -> FileRecord:
        """An attempt ended with an error and will be made again."""
        return self._after("error", first_error=problem, finished_at=now)

    def failed(self, problem: Problem, now: str) -> FileRecord:
        """Given up after retries. What was committed before keeps counting."""
        return self._after("give up", first_error=problem, finished_at=now, progress=None)

    def to_be_reprocessed(self) -> FileRecord:
        """Somebody wants it run again: as it was made by no known definition, nothing about it is final any more."""
        return self._after("reprocess", definition="")

    def refreshed(self, pairs: Collection[str]) -> FileRecord:
        """The reports show the committed shares of `pairs`."""
        return self._after("refresh", stale=tuple(pair for pair in self.stale if pair not in pairs))

    def _committed(self, event: Event, outcome: Outcome, now: str) -> FileRecord:
        return self._after(
            event,
            rows=outcome.rows,
            records=outcome.records,
            rejected=outcome.rejected,
            first_error=outcome.first_error,
            processed=outcome.processed,
            rejected_file=outcome.rejected_file,
            committed=self.generation,
            shares=outcome.shares,
            stale=_union(self.stale, self.shares, outcome.shares),
            finished_at=now,
            progress=None,
        )

    def _after(self, event: Event, **changes: Any) -> FileRecord:
        """The record after an event. Raises ForbiddenTransitionError where its status does not allow that."""
        leads_to = TRANSITIONS[event].get(self.status)
        if leads_to is None:
            allowed = ", ".join(TRANSITIONS[event])
            raise ForbiddenTransitionError(
                f"The record of {self.name} in dataset {self.dataset} is {self.status}; "
                f"'{event}' is allowed only from: {allowed}. docs/protocol.md has the table."
            )
        return replace(self, status=leads_to, **changes)

    def to_document(self) -> dict[str, Any]:
        """The record as Cosmos DB holds it."""
        return {
            "id": self.id,
            "pk": self.dataset,
            "name": self.name,
            "dataset": self.dataset,
            "etag": self.etag,
            "size": self.size,
            "status": self.status,
            "rows": self.rows,
            "records": self.records,
            "rejected": self.rejected,
            "firstError": self.first_error.to_document() if self.first_error else None,
            "processed": self.processed,
            "rejectedFile": self.rejected_file,
            "definition": self.definition,
            "generation": self.generation,
            "committed": self.committed,
            "shares": list(self.shares),
            "stale": list(self.stale),
            "attempts": self.attempts,
            "startedAt": self.started_at,
            "finishedAt": self.finished_at,
            "traceId": self.span.trace if self.span else None,
            "spanId": self.span.span if self.span else None,
            "progress": self.progress.to_document() if self.progress else None,
        }

    def shown(self) -> dict[str, Any]:
        """The record as the API shows it."""
        hidden = ("pk", "spanId") if self.progress else ("pk", "spanId", "progress")
        return {name: value for name, value in self.to_document().items() if name not in hidden}

    @classmethod
    def from_document(cls, document: Mapping[str, Any]) -> FileRecord:
        """The inverse of `to_document`."""
        return cls(
            id=document["id"],
            name=document["name"],
            dataset=document["dataset"],
            status=document["status"],
            etag=document["etag"],
            size=int(document["size"]),
            rows=int(document["rows"]),
            records=int(document["records"]),
            rejected=int(document["rejected"]),
            first_error=Problem.from_document(document["firstError"]),
            processed=document["processed"],
            rejected_file=document["rejectedFile"],
            definition=document["definition"],
            generation=int(document["generation"]),
            committed=int(document["committed"]),
            shares=tuple(document["shares"]),
            stale=tuple(document["stale"]),
            attempts=int(document["attempts"]),
            started_at=document["startedAt"],
            finished_at=document["finishedAt"],
            span=SpanId(document["traceId"], document["spanId"]) if document.get("spanId") else None,
            progress=Progress.from_document(document.get("progress")),
        )


def _union(*tuples: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(item for one in tuples for item in one))
