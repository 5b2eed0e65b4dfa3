"""Sweep: remove what crashes have left among the partials and pages. Nothing ever reads it, it only takes up room.

Whatever is young is left alone, for somebody may be about to make it count.
"""

from __future__ import annotations

import datetime as dt
import io
import logging
import re
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass
from itertools import batched
from typing import Protocol

import polars as pl

from shared.errors import PartialMissing
from shared.ingest.file_record import Generations
from shared.names import node_name
from shared.reports.document import ReportDocument
from shared.reports.tree import INNER, REF
from shared.stores.stored import ListedPartial, Stored

log = logging.getLogger(__name__)

YOUNG = dt.timedelta(hours=3)  # far longer than `functionTimeout` in host.json
AT_A_TIME = 500  # partials that are removed together

NODE = re.compile(r"(?P<report>.+)/(?P<period>[^/]+)/tree/(?P<node>[^/]+)\.parquet")
PARTIAL = re.compile(r".+/[^/]+/(?P<file>[^/.]+)\.(?P<generation>\d+)\.parquet")


class Partials(Protocol):
    """The container `partials`."""

    def list_partials(self) -> Iterator[ListedPartial]: ...
    def partial(self, name: str) -> bytes: ...
    def remove_listed(self, partials: Iterable[ListedPartial]) -> None: ...


class Records(Protocol):
    """The file records."""

    def generations(self) -> Iterator[Generations]: ...


class Reports(Protocol):
    """The report documents."""

    def get(self, report: str, period: str) -> Stored[ReportDocument] | None: ...
    def paged(self) -> set[tuple[str, str]]: ...
    def remove_pages(self, report: str, period: str, before: int, keep: Collection[str]) -> None: ...


@dataclass(frozen=True, slots=True)
class Sweep:
    """Removes partials of generations that will never count, nodes of trees that are gone, and pages like them."""

    partials: Partials
    records: Records
    reports: Reports

    def sweep(self) -> int:
        """Remove what nothing will ever read, and say how many blobs that was."""
        # The listing comes first: what counts by the time the records are read is not taken for left over.
        old = [listed for listed in self.partials.list_partials() if listed.modified < dt.datetime.now(dt.UTC) - YOUNG]
        left = [*self._partials(old), *self._nodes(old)]
        for some in batched(left, AT_A_TIME, strict=False):
            self.partials.remove_listed(some)
        for report, period in sorted(self.reports.paged()):
            self._sweep_pages(report, period)
        log.info("Removed %d of %d old partials", len(left), len(old))
        return len(left)

    def _partials(self, old: list[ListedPartial]) -> Iterator[ListedPartial]:
        """Those of generations that have been overtaken. What no record speaks of may be all that is left of it."""
        known: dict[str, list[Generations]] = {}
        for record in self.records.generations():
            known.setdefault(record.id, []).append(record)
        for listed in old:
            found = None if NODE.fullmatch(listed.name) else PARTIAL.fullmatch(listed.name)
            records = known.get(found["file"], []) if found else []
            generation = int(found["generation"]) if found else 0
            counts = any(record.committed == generation for record in records)
            if not counts and any(generation < record.claimed for record in records):
                yield listed

    def _nodes(self, old: list[ListedPartial]) -> Iterator[ListedPartial]:
        """Those that the document of their report does not lead to."""
        trees: dict[tuple[str, str], dict[str, ListedPartial]] = {}
        for listed in old:
            if found := NODE.fullmatch(listed.name):
                trees.setdefault((found["report"], found["period"]), {})[found["node"]] = listed
        for (report, period), nodes in trees.items():
            document = self.reports.get(report, period)
            try:
                living = set(self._reachable(report, period, document.value.tree if document else None))
            except PartialMissing:  # a refresh has replaced it meanwhile: it will be swept another time
                continue
            yield from (listed for node, listed in nodes.items() if node not in living)

    def _reachable(self, report: str, period: str, node: str | None) -> Iterator[str]:
        if node is None:
            return
        yield node
        if node.startswith(INNER):
            data = self.partials.partial(node_name(report, period, node))
            for child in pl.read_parquet(io.BytesIO(data), columns=[REF])[REF].unique():
                yield from self._reachable(report, period, child)

    def _sweep_pages(self, report: str, period: str) -> None:
        document = self.reports.get(report, period)
        if document:
            pages = document.value.pages
            self.reports.remove_pages(report, period, document.value.version, [pages.edition] if pages else [])
