"""The report document: what Cosmos DB keeps of a report for one period, and what readers get.

Small reports are one document. Where the groups would make it larger than `PAGE_BYTES` they are on pages, documents of
their own that are never changed: an edition of pages is written first, then the document that names it. Who reads a
document and then the pages of its edition reads one state of the report.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from shared.errors import Problem

PAGE_BYTES = 990_000  # of groups in one document, as JSON: with its other fields it stays below 1 MB

type Group = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Pages:
    """Where a large report's groups are: so many on each page of an edition."""

    edition: str
    sizes: tuple[int, ...]

    def holding(self, start: int, count: int) -> Iterator[tuple[int, int]]:
        """The pages with any of `count` groups from `start` on: a page's number, and the group it begins with."""
        first = 0
        for number, size in enumerate(self.sizes):
            if first < start + count and first + size > start:
                yield number, first
            first += size


@dataclass(frozen=True, slots=True)
class Page:
    """One page of an edition: a document that is written once."""

    report: str
    period: str
    version: int  # of the document that will name its edition
    edition: str
    number: int
    groups: tuple[Group, ...]

    def to_document(self) -> dict[str, Any]:
        """The page as Cosmos DB holds it. It has no `rows`: queries for reports pass it over."""
        return {
            "id": page_id(self.period, self.edition, self.number),
            "pk": self.report,
            "pageOf": self.period,
            "version": self.version,
            "edition": self.edition,
            "groups": list(self.groups),
        }


@dataclass(frozen=True, slots=True)
class ReportDocument:
    """One report for one period. Without files it is empty: what is left when every share has been taken out.

    `version` grows with every refresh, and `tree` names the root of the states that the document was made of, which
    are those of the report's `definition` (a hash). `problem` says why a refresh did not succeed, if the last did not.
    """

    report: str
    dataset: str
    period: str
    rows: int = 0
    files: int = 0
    updated_at: str = ""
    totals: dict[str, Any] = field(default_factory=dict)
    groups: tuple[Group, ...] = ()  # none where they are on pages
    pages: Pages | None = None
    problem: Problem | None = None
    version: int = 0
    tree: str | None = None
    definition: str = ""
    digest: str = ""  # of the content

    @property
    def size(self) -> int:
        """How many groups it has, wherever they are."""
        return sum(self.pages.sizes) if self.pages else len(self.groups)

    def to_document(self) -> dict[str, Any]:
        """The document as Cosmos DB holds it."""
        return {
            "id": self.period,
            "pk": self.report,
            "dataset": self.dataset,
            "period": self.period,
            "rows": self.rows,
            "files": self.files,
            "updatedAt": self.updated_at,
            "totals": self.totals,
            "groups": list(self.groups),
            "pages": list(self.pages.sizes) if self.pages else None,
            "edition": self.pages.edition if self.pages else None,
            "problem": self.problem.to_document() if self.problem else None,
            "version": self.version,
            "tree": self.tree,
            "definition": self.definition,
            "digest": self.digest,
        }

    def head(self) -> dict[str, Any]:
        """The document's own fields as the API shows them, without the groups."""
        return {
            "report": self.report,
            "dataset": self.dataset,
            "period": self.period,
            "rows": self.rows,
            "files": self.files,
            "updatedAt": self.updated_at,
            "totals": self.totals,
            **({"problem": self.problem.to_document()} if self.problem else {}),
        }

    @classmethod
    def from_document(cls, document: Mapping[str, Any]) -> ReportDocument:
        """The inverse of `to_document`."""
        pages = document["pages"]
        return cls(
            report=document["pk"],
            dataset=document["dataset"],
            period=document["period"],
            rows=int(document["rows"]),
            files=int(document["files"]),
            updated_at=document["updatedAt"],
            totals=document["totals"],
            groups=tuple(document["groups"]),
            pages=Pages(document["edition"], tuple(map(int, pages))) if pages else None,
            problem=Problem.from_document(document["problem"]),
            version=int(document["version"]),
            tree=document["tree"],
            definition=document["definition"],
            digest=document["digest"],
        )

    def with_digest(self) -> ReportDocument:
        """The same, with the hash of all that readers see of it but for the time. It wants all groups."""
        content = [self.dataset, self.rows, self.files, self.totals, self.groups]
        return replace(self, digest=hashlib.sha256(_json(content)).hexdigest()[:16])

    def on_pages(self) -> tuple[ReportDocument, list[Page]]:
        """The document to be kept, and the pages to be written before it: none where the groups are few."""
        sizes = _sizes(self.groups)
        if len(sizes) <= 1:
            return self, []
        edition = f"{self.version}-{self.digest}"
        starts = [sum(sizes[:at]) for at in range(len(sizes))]
        pages = [
            Page(self.report, self.period, self.version, edition, number, self.groups[start : start + size])
            for number, (start, size) in enumerate(zip(starts, sizes, strict=True))
        ]
        return replace(self, groups=(), pages=Pages(edition, tuple(sizes))), pages


def page_id(period: str, edition: str, number: int) -> str:
    """The id of a page's document."""
    return f"{period}_{edition}_{number}"


def _sizes(groups: tuple[Group, ...]) -> list[int]:
    """How many groups fit on each page."""
    sizes, left = [0], PAGE_BYTES
    for group in groups:
        needed = len(_json(group)) + 1
        if needed > left and sizes[-1]:
            sizes.append(0)
            left = PAGE_BYTES
        sizes[-1] += 1
        left -= needed
    return sizes


def _json(value: Any) -> bytes:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode()
