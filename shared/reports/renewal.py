"""One report document made true: the tree of its states brought up to date, the document replaced under its ETag."""

from __future__ import annotations

import logging
from collections.abc import Collection, Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from itertools import batched
from time import monotonic
from typing import Protocol

import polars as pl

from shared import clock
from shared.definitions.catalog import Definitions
from shared.definitions.model import Report
from shared.errors import PartialMissing, PipelineError, Problem
from shared.ingest.file_record import FileRecord
from shared.names import node_name, pair, partial_name, split_pair
from shared.reports.build import report_document
from shared.reports.document import Page, ReportDocument
from shared.reports.packing import definition_of, pack, unpack
from shared.reports.partials import BY
from shared.reports.tree import Edit, Share
from shared.stores.stored import Stored
from shared.telemetry import metrics
from shared.telemetry.names import Key, Stage
from shared.telemetry.tracing import span

log = logging.getLogger(__name__)

SLICE = 1000  # files whose shares are in memory at a time


class Records(Protocol):
    """The file records, where a tree has to be made from the beginning."""

    def sharing(self, dataset: str, pair: str) -> list[FileRecord]: ...


class Reports(Protocol):
    """The report documents."""

    def get(self, report: str, period: str) -> Stored[ReportDocument] | None: ...
    def save(self, document: ReportDocument, etag: str | None) -> Stored[ReportDocument]: ...
    def put_page(self, page: Page) -> None: ...
    def remove_pages(self, report: str, period: str, before: int, keep: Collection[str]) -> None: ...


class Partials(Protocol):
    """The partials that ingests have left, and the nodes that are kept among them."""

    def partials(self, names: Sequence[str]) -> list[bytes]: ...
    def put_nodes(self, nodes: Mapping[str, bytes]) -> None: ...
    def remove_partials(self, names: Iterable[str]) -> None: ...


class Waiting(Exception):  # noqa: N818 - no error: it will be the turn of this report
    """Some files have not been ingested under the report's new definition yet."""


class NodeMissing(PartialMissing):
    """A node of a tree is not there: somebody has removed it, or another refresh has replaced the tree."""


@dataclass(frozen=True, slots=True)
class Renewal:
    """Makes report documents anew, one at a time."""

    records: Records
    reports: Reports
    partials: Partials
    definitions: Definitions

    def current(self, of: str) -> Stored[ReportDocument] | None:
        """The document of a pair as it is; to be read before the records, for its ETag vouches for them."""
        return self.reports.get(*split_pair(of))

    def renew(self, dataset: str, of: str, current: Stored[ReportDocument] | None, changed: list[FileRecord]) -> None:
        """Replace the document of a pair by one that shows the committed shares of `changed`.

        Raises Conflict where somebody else has replaced it, Waiting where files must be ingested again first.
        """
        name, period = split_pair(of)
        report = self.definitions.report(name) or Report(name, dataset)
        began = monotonic()
        because_of = [record.span for record in changed if record.span]
        attributes = {Key.REPORT: name, Key.PERIOD: period, Key.DATASET: dataset}
        with span(Stage.REFRESH, attributes, links=because_of) as told:
            before = current.value if current else ReportDocument(name, report.dataset, period)
            edit = self._edited(report, before, changed)
            document, pages = self._document(report, before, edit)
            for page in pages:
                self.reports.put_page(page)
            self.reports.save(document, current.etag if current else None)
            told.set_attributes({Key.FILES: document.files, Key.ROWS: document.rows})
            log.debug("Refreshed %s: %d files, %d rows", of, document.files, document.rows)
            self._tidy(before, document, edit)
        metrics.refreshed(self.definitions.kind_of(name), monotonic() - began)

    def note(self, dataset: str, of: str, current: Stored[ReportDocument] | None, problem: Problem) -> None:
        """Let readers see that the document is not up to date, and why."""
        name, period = split_pair(of)
        before = current.value if current else ReportDocument(name, dataset, period)
        if before.problem != problem:
            with suppress(PipelineError):  # where that fails as well, the log has both
                self.reports.save(replace(before, problem=problem), current.etag if current else None)

    def _edited(self, report: Report, before: ReportDocument, changed: list[FileRecord]) -> Edit:
        """The tree with the changed files in it; made from the beginning where there is none for this definition."""
        if before.definition == self.definitions.states_of(report):
            of_report = [record for record in changed if record.dataset == report.dataset]
            try:
                return self._applied(report, before, before.tree, of_report)
            except NodeMissing as missing:
                log.warning("Making the tree of %s/%s anew: %s", report.name, before.period, missing)
        return self._applied(
            report, before, None, self.records.sharing(report.dataset, pair(report.name, before.period))
        )

    def _applied(self, report: Report, before: ReportDocument, root: str | None, records: list[FileRecord]) -> Edit:
        nodes = _StoredNodes(self.partials, report.name, before.period, self.definitions.states_of(report))
        edit = Edit(nodes, tuple(BY + column for column in report.group_by), before.version + 1, root)
        in_order = sorted(records, key=lambda record: record.id)
        for some in batched(in_order, SLICE, strict=False) if in_order else [()]:
            edit.apply(self._shares(report, before.period, some))
            nodes.write(but=edit.replaced)
        return edit

    def _shares(self, report: Report, period: str, records: Sequence[FileRecord]) -> dict[str, Share | None]:
        """What each of the files contributes to a period now; None where that is nothing."""
        counting = [record for record in records if pair(report.name, period) in record.shares]
        names = [partial_name(report.name, period, record.id, record.committed) for record in counting]
        definition = self.definitions.states_of(report)
        shares: dict[str, Share | None] = {record.id: None for record in records}
        for record, data in zip(counting, self.partials.partials(names), strict=True):
            if definition_of(data) != definition:
                raise Waiting(f"{record.id} has to be ingested under its new definition first.")
            shares[record.id] = Share(record.committed, unpack(data))
        return shares

    def _document(self, report: Report, before: ReportDocument, edit: Edit) -> tuple[ReportDocument, list[Page]]:
        """The document for the tree as it is now, and its pages that are not written yet."""
        made = report_document(report, before.period, edit.merged, edit.files, clock.now()).with_digest()
        same = made.digest == before.digest
        shown = replace(before, problem=None) if same else made  # with the time of its last change, and its pages
        definition = self.definitions.states_of(report)
        document = replace(shown, version=edit.version, tree=edit.root, definition=definition)
        return (document, []) if same else document.on_pages()

    def _tidy(self, before: ReportDocument, after: ReportDocument, edit: Edit) -> None:
        """Remove what only the replaced document spoke of.

        Pages stay for one more version, for who is reading them, unless the report has none now: no version would
        look for them again.
        """
        name, period = after.report, after.period
        editions = {document.pages.edition for document in (before, after) if document.pages}
        with suppress(PipelineError):  # nothing reads it any more: it is swept later
            if edit.replaced:
                self.partials.remove_partials([node_name(name, period, node) for node in sorted(edit.replaced)])
            if editions:
                self.reports.remove_pages(name, period, after.version, editions if after.pages else ())


@dataclass(slots=True)
class _StoredNodes:
    """The nodes of one tree, as Parquet. New ones are kept back, to be written side by side."""

    partials: Partials
    report: str
    period: str
    definition: str
    new: dict[str, bytes] = field(default_factory=dict)

    def get(self, name: str) -> pl.DataFrame:
        return unpack(self.new.get(name) or self._stored(name))

    def put(self, name: str, node: pl.DataFrame) -> None:
        self.new[name] = pack(node, self.definition)

    def write(self, but: Collection[str]) -> None:
        """Write the new nodes, but not those that have been replaced before they were written."""
        self.partials.put_nodes(
            {node_name(self.report, self.period, name): data for name, data in self.new.items() if name not in but}
        )
        self.new.clear()

    def _stored(self, name: str) -> bytes:
        try:
            (data,) = self.partials.partials([node_name(self.report, self.period, name)])
        except PartialMissing as missing:
            raise NodeMissing(str(missing)) from missing
        return data
