"""Blob Storage and Cosmos DB in memory, with a seam in front of every call where tests crash, interleave and fail.

`World` holds what the services hold. The stores that the app gets speak to it through one function,
`call(name, *arguments)`; whoever provides that function decides what happens between two steps of a worker.
"""

import datetime as dt
import json
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import pytest

from shared.definitions.catalog import Definitions
from shared.definitions.model import Column, Dataset, Metric, Report
from shared.errors import BlobChanged, Conflict, PartialMissing, Superseded
from shared.ingest.file_record import FileRecord, Generations, KnownFile
from shared.ingest.reconcile import Reconcile
from shared.ingest.rejected_rows import Rejected
from shared.ingest.requests import FileRequests
from shared.ingest.service import Ingest
from shared.ingest.upload import Listed, Version
from shared.names import file_id, processed_name
from shared.reports.document import Page, ReportDocument
from shared.reports.listed import ListedDocument, ListedPeriod, ListedTotals
from shared.reports.read import ReportReader
from shared.reports.refresh import Refresh
from shared.reports.renewal import Renewal
from shared.reports.stale import StalePair, stale_pairs
from shared.reports.sweep import Sweep
from shared.stores.stored import ListedPartial, Stored

type Call = Callable[..., Any]
type Key = tuple[str, str]


class Crash(BaseException):
    """The process is gone between two steps: no handler of the app runs."""


class World:
    """What the services hold. Documents are kept as JSON, so what is read is never what was written but a copy."""

    def __init__(self) -> None:
        self.uploads: dict[str, tuple[Version, bytes]] = {}
        self.records: dict[Key, tuple[str, str]] = {}
        self.reports: dict[Key, tuple[str, str]] = {}
        self.partials: dict[str, bytes] = {}
        self.documents: dict[Key, tuple[int, bytes]] = {}
        self.emptied = 0
        self.uploaded = 0
        self.modified = dt.datetime(2026, 11, 1, tzinfo=dt.UTC)  # of every upload

    def upload(self, name: str, data: bytes) -> None:
        """Somebody uploads a blob; its ETag is a new one even where the bytes are the same, or it was deleted."""
        self.uploaded += 1
        self.uploads[name] = (Version(f'"{self.uploaded}"', len(data)), data)

    def delete_upload(self, name: str) -> None:
        """Somebody deletes a blob."""
        self.uploads.pop(name, None)

    def empty_database(self) -> None:
        """Somebody empties Cosmos DB."""
        self.records.clear()
        self.reports.clear()
        self.emptied += 1

    def version(self, name: str) -> Version | None:
        return self.uploads[name][0] if name in self.uploads else None

    def read(self, name: str, etag: str) -> bytes:
        if name not in self.uploads or self.uploads[name][0].etag != etag:
            raise BlobChanged(f"{name} is no longer {etag}")
        return self.uploads[name][1]

    def list_uploads(self) -> list[Listed]:
        return [Listed(name, version, self.modified) for name, (version, _) in sorted(self.uploads.items())]

    def publish(self, container: str, name: str, generation: int, data: bytes) -> None:
        self._unless_superseded(container, name, generation)
        self.documents[container, name] = (generation, data)

    def withdraw(self, container: str, name: str, generation: int) -> None:
        self._unless_superseded(container, name, generation)
        self.documents.pop((container, name), None)

    def get_document(self, container: str, name: str) -> tuple[str, bytes] | None:
        found = self.documents.get((container, name))
        return (f'"{found[0]}"', found[1]) if found else None

    def _unless_superseded(self, container: str, name: str, generation: int) -> None:
        if self.documents.get((container, name), (0, b""))[0] > generation:
            raise Superseded(f"{container}/{name}")

    def put_partial(self, name: str, data: bytes) -> None:
        self.partials[name] = data

    def read_partials(self, names: tuple[str, ...]) -> tuple[bytes, ...]:
        for name in names:
            if name not in self.partials:
                raise PartialMissing(f"Could not read partials/{name}: BlobNotFound")
        return tuple(self.partials[name] for name in names)

    def put_node(self, name: str, data: bytes) -> None:
        self.partials[name] = data

    def remove_partials(self, names: tuple[str, ...]) -> None:
        for name in names:
            self.partials.pop(name, None)

    def list_partials(self) -> list[ListedPartial]:
        return [ListedPartial(name, str(hash(data)), self.modified) for name, data in sorted(self.partials.items())]

    def get_record(self, key: Key) -> tuple[str, str] | None:
        return self.records.get(key)

    def save_record(self, key: Key, document: str, etag: str | None) -> str:
        return self._save(self.records, key, document, etag)

    def all_records(self) -> tuple[tuple[str, str], ...]:
        return tuple(self.records[key] for key in sorted(self.records))

    def get_report(self, key: Key) -> tuple[str, str] | None:
        return self.reports.get(key)

    def save_report(self, key: Key, document: str, etag: str | None) -> str:
        return self._save(self.reports, key, document, etag)

    def put_page(self, key: Key, document: str) -> None:
        self.reports.setdefault(key, (document, "page"))

    def list_pages(self, report: str, period: str) -> tuple[tuple[str, int, str], ...]:
        documents = [json.loads(self.reports[key][0]) for key in sorted(self.reports) if key[0] == report]
        return tuple((d["id"], d["version"], d["edition"]) for d in documents if d.get("pageOf") == period)

    def remove_page(self, key: Key) -> None:
        self.reports.pop(key, None)

    def _save(self, container: dict[Key, tuple[str, str]], key: Key, document: str, etag: str | None) -> str:
        current = container[key][1] if key in container else None
        if current != etag:
            raise Conflict(f"{key} has changed")
        number = int(etag.partition(".")[2]) + 1 if etag else 1
        container[key] = (document, f"{self.emptied}.{number}")
        return container[key][1]


@dataclass(frozen=True)
class MemoryRecords:
    """The container `files`."""

    call: Call

    def get(self, dataset: str, record_id: str) -> Stored[FileRecord] | None:
        found = self.call("get_record", (dataset, record_id))
        return _record(found) if found else None

    def find(self, record_id: str) -> Stored[FileRecord] | None:
        return next((stored for stored in self._all() if stored.value.id == record_id), None)

    def save(self, record: FileRecord, etag: str | None) -> Stored[FileRecord]:
        document = json.dumps(record.to_document())
        return Stored(record, self.call("save_record", (record.dataset, record.id), document, etag))

    def stale_pairs(self) -> list[StalePair]:
        return stale_pairs((s.value.committed, s.value.dataset, s.value.id, s.value.stale) for s in self._all())

    def some(self, dataset: str, record_ids: Sequence[str]) -> list[Stored[FileRecord]]:
        return [s for s in self._all() if s.value.dataset == dataset and s.value.id in record_ids]

    def sharing(self, dataset: str, pair: str) -> list[FileRecord]:
        return [s.value for s in self._all() if s.value.dataset == dataset and pair in s.value.shares]

    def elsewhere(self, dataset: str, record_id: str) -> list[Stored[FileRecord]]:
        return [s for s in self._all() if s.value.id == record_id and s.value.dataset != dataset]

    def known(self) -> list[KnownFile]:
        return [KnownFile.from_document(stored.value.to_document()) for stored in self._all()]

    def newest(
        self, top: int, *, before: str | None = None, dataset: str | None = None, status: str | None = None
    ) -> list[tuple[FileRecord, str]]:
        wanted = [s.value for s in self._all() if s.value.dataset == (dataset or s.value.dataset)]
        keyed = [
            (record, f"{record.started_at} {record.id}")
            for record in wanted
            if record.status == (status or record.status)
        ]
        older = [(record, key) for record, key in keyed if before is None or key < before]
        return sorted(older, key=lambda item: item[1], reverse=True)[:top]

    def generations(self) -> Iterator[Generations]:
        return (Generations(s.value.id, s.value.generation, s.value.committed) for s in self._all())

    def _all(self) -> list[Stored[FileRecord]]:
        return [_record(found) for found in self.call("all_records")]


def _record(found: tuple[str, str]) -> Stored[FileRecord]:
    return Stored(FileRecord.from_document(json.loads(found[0])), found[1])


@dataclass(frozen=True)
class MemoryReports:
    """The container `reports`. Only what a refresh does goes through the seam."""

    call: Call
    world: World

    def get(self, report: str, period: str) -> Stored[ReportDocument] | None:
        found = self.call("get_report", (report, period))
        return Stored(ReportDocument.from_document(json.loads(found[0])), found[1]) if found else None

    def save(self, document: ReportDocument, etag: str | None) -> Stored[ReportDocument]:
        text = json.dumps(document.to_document(), allow_nan=False)
        return Stored(document, self.call("save_report", (document.report, document.period), text, etag))

    def paged(self) -> set[tuple[str, str]]:
        pages = [json.loads(text) for text, _ in self.world.reports.values()]
        return {(page["pk"], page["pageOf"]) for page in pages if "pageOf" in page}

    def put_page(self, page: Page) -> None:
        document = page.to_document()
        self.call("put_page", (page.report, document["id"]), json.dumps(document))

    def page(self, report: str, page_id: str) -> tuple[dict[str, Any], ...] | None:
        found = self.call("get_report", (report, page_id))
        return tuple(json.loads(found[0])["groups"]) if found else None

    def remove_pages(self, report: str, period: str, before: int, keep: Collection[str]) -> None:
        for document_id, version, edition in self.call("list_pages", report, period):
            if version < before and edition not in keep:
                self.call("remove_page", (report, document_id))

    def periods(self, report: str, top: int, *, since: str = "") -> list[ReportDocument]:
        return [d for d in self._all(report) if d.rows > 0 and d.period >= since][:top]

    def listed(self, report: str, first: str, beyond: str) -> list[ListedPeriod]:
        found = [d for d in self._all(report) if d.rows > 0 and first <= d.period < beyond]
        return [ListedPeriod(d.period, d.digest, d.tree, d.definition) for d in found]

    def overview(self) -> list[ListedDocument]:
        names = dict.fromkeys(report for report, _ in sorted(self.world.reports))
        found = [d for name in names for d in self._all(name)]
        return [ListedDocument(d.report, d.dataset, d.period, d.rows, d.updated_at, d.problem) for d in found]

    def without_period(self) -> list[ListedTotals]:
        names = dict.fromkeys(report for report, _ in sorted(self.world.reports))
        found = [d for name in names for d in self._all(name) if d.period == "all" and d.rows > 0]
        return [ListedTotals(d.report, d.dataset, d.totals) for d in found]

    def _all(self, report: str) -> list[ReportDocument]:
        keys = sorted(key for key in self.world.reports if key[0] == report)
        documents = [json.loads(self.world.reports[key][0]) for key in keys]
        return [ReportDocument.from_document(document) for document in documents if "pageOf" not in document]


@dataclass(frozen=True)
class MemoryUpload:
    """A blob in `uploads`."""

    call: Call
    name: str

    def version(self) -> Version | None:
        return self.call("version", self.name)

    def chunks(self, version: Version) -> Iterator[bytes]:
        yield self.call("read", self.name, version.etag)


@dataclass(frozen=True)
class MemoryBlobs:
    """All containers."""

    call: Call

    def uploads(self) -> Iterator[Listed]:
        return iter(self.call("list_uploads"))

    def upload(self, name: str) -> MemoryUpload:
        return MemoryUpload(self.call, name)

    def delete_upload(self, name: str) -> None:
        self.call("delete_upload", name)

    def document(self, container: str, name: str) -> "MemoryDocument | None":
        found = self.call("get_document", container, name)
        return MemoryDocument(*found) if found else None

    def outputs(self, generation: int) -> "MemoryOutputs":
        return MemoryOutputs(self.call, generation)

    def partials(self, names: Sequence[str]) -> list[bytes]:
        return list(self.call("read_partials", tuple(names)))

    def put_nodes(self, nodes: Mapping[str, bytes]) -> None:
        for name, data in nodes.items():
            self.call("put_node", name, data)

    def partial(self, name: str) -> bytes:
        return self.partials([name])[0]

    def remove_partials(self, names: Iterable[str]) -> None:
        self.call("remove_partials", tuple(names))

    def list_partials(self) -> Iterator[ListedPartial]:
        return iter(self.call("list_partials"))

    def remove_listed(self, partials: Iterable[ListedPartial]) -> None:
        self.call("remove_partials", tuple(listed.name for listed in partials))


@dataclass(frozen=True)
class MemoryDocument:
    """One version of a document."""

    etag: str
    data: bytes

    @property
    def size(self) -> int:
        return len(self.data)

    def read(self, start: int, count: int) -> bytes:
        return self.data[start : start + count]


@dataclass(frozen=True)
class MemoryOutputs:
    """The outputs of one generation."""

    call: Call
    generation: int

    def draft(self, container: str, name: str, content_type: str, head_size: int = 0) -> "MemoryDraft":  # noqa: ARG002
        return MemoryDraft(self, container, name)

    def withdraw(self, container: str, name: str) -> None:
        self.call("withdraw", container, name, self.generation)

    def put_partial(self, name: str, data: bytes) -> None:
        self.call("put_partial", name, data)


@dataclass
class MemoryDraft:
    """A document that is not there before it is published."""

    outputs: MemoryOutputs
    container: str
    name: str
    data: bytes = b""

    def write(self, data: bytes) -> None:
        self.data += data

    def publish(self, head: bytes) -> None:
        self.outputs.call("publish", self.container, self.name, self.outputs.generation, head + self.data)


DEFINITIONS = Definitions(
    datasets=(
        Dataset(
            "sales",
            files="sales/**",
            max_rejected=0.5,
            columns=(Column("day", "date", required=True), Column("region", "string"), Column("amount", "integer")),
        ),
    ),
    reports=(
        Report(
            "sales_by_day",
            "sales",
            period="day",
            time="day",
            group_by=("region",),
            metrics=(Metric("orders", "count"), Metric("revenue", "sum", "amount")),
        ),
    ),
)


def _nothing(_step: int, _name: str) -> None:
    """The hook of a test that only wants to see the pipeline run."""


@dataclass
class Pipeline:
    """The app's core over a world in memory. `before` and `after` every call: hooks that get its number and name."""

    world: World = field(default_factory=World)
    definitions: Definitions = DEFINITIONS
    max_bytes: int = 10_000
    patience: float = 0.0
    before: Callable[[int, str], None] = _nothing
    after: Callable[[int, str], None] = _nothing
    calls: list[str] = field(default_factory=list)

    def call(self, name: str, *arguments: Any) -> Any:
        self.calls.append(name)
        step = len(self.calls)
        self.before(step, name)
        answer = getattr(self.world, name)(*arguments)
        self.after(step, name)
        return answer

    def another(self) -> "Pipeline":
        """Another worker in the same world, without hooks."""
        return Pipeline(self.world, self.definitions, self.max_bytes)

    @property
    def blobs(self) -> MemoryBlobs:
        return MemoryBlobs(self.call)

    @property
    def records(self) -> MemoryRecords:
        return MemoryRecords(self.call)

    @property
    def reports(self) -> MemoryReports:
        return MemoryReports(self.call, self.world)

    @property
    def service(self) -> Ingest:
        return Ingest(self.records, self.blobs, self.definitions, self.max_bytes, self.patience)

    @property
    def requests(self) -> FileRequests:
        return FileRequests(self.blobs, self.records, self.service)

    @property
    def rejected(self) -> Rejected:
        return Rejected(self.records, self.blobs)

    @property
    def reader(self) -> ReportReader:
        return ReportReader(self.reports, self.blobs.partials, self.definitions)

    def ingest(self, name: str) -> FileRecord | None:
        return self.service.ingest(self.blobs.upload(name))

    def refresher(self, **options: Any) -> Refresh:
        renewal = Renewal(self.records, self.reports, self.blobs, self.definitions)
        return Refresh(self.records, renewal, **({"workers": 1} | options))

    def refresh(self) -> int:
        return self.refresher().refresh()

    def sweep(self) -> int:
        return Sweep(self.blobs, self.records, self.reports).sweep()

    def reconcile(self, per_run: int = 100) -> int:
        # One at a time, so that hooks know what they interrupt.
        return Reconcile(self.blobs, self.records, self.service, per_run, workers=1).reconcile()

    def upload(self, name: str, *lines: str) -> str:
        """A sales file is uploaded; nothing is told to anybody."""
        self.world.upload(name, "\n".join(lines).encode())
        return name

    def take_in(self, name: str, *lines: str) -> FileRecord | None:
        """A file is uploaded, ingested, and its reports are refreshed."""
        record = self.another().ingest(self.upload(name, *lines))
        self.another().refresh()
        return record

    def record(self, name: str) -> FileRecord:
        """The record of a file as the database has it."""
        dataset = self.definitions.dataset_of(name).name
        stored = MemoryRecords(self.another().call).get(dataset, file_id(name))
        assert stored is not None, f"{name} has no record"
        return stored.value

    def rows(self, report: str = "sales_by_day") -> dict[str, dict[str, int]]:
        """What a report over `region` shows: period → region → revenue."""
        documents = self.another().reports.periods(report, 1000)
        return {d.period: {group["region"]: group["revenue"] for group in d.groups} for d in documents}

    def processed(self, name: str) -> dict[str, Any] | None:
        """The processed document of a file."""
        found = self.world.documents.get(("processed", processed_name(name)))
        return json.loads(found[1]) if found else None

    def outputs(self) -> dict[str, int]:
        """The documents that are there, and the generation that made each. For worlds of one file."""
        return {container: generation for (container, _), (generation, _) in self.world.documents.items()}


@pytest.fixture
def pipeline() -> Pipeline:
    """A fresh world, with the dataset `sales` and its report `sales_by_day` defined."""
    return Pipeline()


@pytest.fixture(scope="session")
def new_pipeline() -> type[Pipeline]:
    """For tests that need a fresh world many times, or other definitions."""
    return Pipeline


@pytest.fixture
def crash() -> type[Crash]:
    """The end of a process, as an exception."""
    return Crash
