"""The container `files` in Cosmos DB: file records, and every query for them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import batched
from typing import Any

from azure.cosmos import DatabaseProxy

from shared.ingest.file_record import FileRecord, Generations, KnownFile
from shared.ingest.status import Status
from shared.reports.stale import StalePair, stale_pairs
from shared.stores.cosmos import get, save, select
from shared.stores.stored import Stored

FILES = "files"
IDS_IN_QUERY = 100


class FileRecords:
    """The container `files`, partitioned by dataset."""

    def __init__(self, database: DatabaseProxy) -> None:
        self._container = database.get_container_client(FILES)

    def get(self, dataset: str, record_id: str) -> Stored[FileRecord] | None:
        """One record."""
        return get(self._container, dataset, record_id, FileRecord)

    def find(self, record_id: str) -> Stored[FileRecord] | None:
        """One record of whichever dataset; that of the dataset which a file has left only if it is in no other."""
        found = sorted(self._everywhere(record_id), key=lambda stored: stored.value.status == "deleted")
        return next(iter(found), None)

    def elsewhere(self, dataset: str, record_id: str) -> list[Stored[FileRecord]]:
        """The records of this id in other datasets."""
        return [stored for stored in self._everywhere(record_id) if stored.value.dataset != dataset]

    def _everywhere(self, record_id: str) -> list[Stored[FileRecord]]:
        found = select(self._container, "SELECT * FROM c WHERE c.id = @id", {"@id": record_id})
        return [Stored(FileRecord.from_document(document), document["_etag"]) for document in found]

    def save(self, record: FileRecord, etag: str | None) -> Stored[FileRecord]:
        """Create the record (`etag` None) or replace the version with this ETag. Raises Conflict where that is gone."""
        # For queries alone: two fields cannot be sorted by everywhere, and the length of an array has no index.
        queried = {"newest": f"{record.started_at} {record.id}", "isStale": bool(record.stale)}
        document = record.to_document() | queried
        return Stored(record, save(self._container, document, etag))

    def some(self, dataset: str, record_ids: Sequence[str]) -> list[Stored[FileRecord]]:
        """The records of a dataset that have these ids; those that are not there are left out."""
        found: list[Stored[FileRecord]] = []
        for ids in batched(record_ids, IDS_IN_QUERY, strict=False):
            names = {f"@id{number}": record_id for number, record_id in enumerate(ids)}
            query = f"SELECT * FROM c WHERE c.pk = @pk AND c.id IN ({', '.join(names)})"  # noqa: S608 - names of parameters
            documents = select(self._container, query, {"@pk": dataset, **names}, partition=dataset)
            found += [Stored(FileRecord.from_document(document), document["_etag"]) for document in documents]
        return found

    def sharing(self, dataset: str, pair: str) -> list[FileRecord]:
        """The records of a dataset whose committed generation has a share in a (report, period)."""
        query = "SELECT * FROM c WHERE c.pk = @pk AND ARRAY_CONTAINS(c.shares, @pair)"
        found = select(self._container, query, {"@pk": dataset, "@pair": pair}, partition=dataset)
        return [FileRecord.from_document(document) for document in found]

    def stale_pairs(self) -> list[StalePair]:
        """What some report does not show yet, that which has waited longest first. Across all datasets."""
        query = "SELECT c.committed, c.pk, c.id, c.stale FROM c WHERE c.isStale = true"
        found = select(self._container, query, {})
        return stale_pairs((int(d["committed"]), d["pk"], d["id"], d["stale"]) for d in found)

    def known(self) -> Iterator[KnownFile]:
        """What reconcile must know of every record. Across all datasets."""
        query = "SELECT c.dataset, c.name, c.etag, c.definition, c.status, c.startedAt, c.attempts FROM c"
        return map(KnownFile.from_document, select(self._container, query, {}))

    def generations(self) -> Iterator[Generations]:
        """What sweep must know of every record. Across all datasets."""
        found = select(self._container, "SELECT c.id, c.generation, c.committed FROM c", {})
        return (Generations(d["id"], int(d["generation"]), int(d["committed"])) for d in found)

    def newest(
        self, top: int, *, before: str | None = None, dataset: str | None = None, status: Status | None = None
    ) -> list[tuple[FileRecord, str]]:
        """The records last taken up, newest first, with the key to go on `before`."""
        wanted = {"@pk": dataset, "@status": status, "@before": before}
        parameters: dict[str, Any] = {name: value for name, value in wanted.items() if value is not None}
        conditions = {"@pk": "c.pk = @pk", "@status": "c.status = @status", "@before": "c.newest < @before"}
        where = " AND ".join(conditions[name] for name in parameters)
        query = f"SELECT TOP @top * FROM c {'WHERE ' + where if where else ''} ORDER BY c.newest DESC"  # noqa: S608
        found = select(self._container, query, {"@top": top, **parameters}, partition=dataset)
        return [(FileRecord.from_document(document), document["newest"]) for document in found]
