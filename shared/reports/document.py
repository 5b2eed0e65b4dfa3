"""The report document: what Cosmos DB keeps of a report for one period, and what readers get."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from shared.errors import Problem


@dataclass(frozen=True, slots=True)
class ReportDocument:
    """One report for one period. Without files it is empty: what is left when every share has been taken out."""

    report: str
    dataset: str
    period: str
    rows: int = 0
    files: int = 0
    updated_at: str = ""
    totals: dict[str, Any] = field(default_factory=dict)
    groups: tuple[dict[str, Any], ...] = ()
    problem: Problem | None = None  # why there are no groups, where they were too many for one document

    def same_content(self, other: ReportDocument) -> bool:
        """Whether both show the same, whenever they were made."""
        return self.to_document() | {"updatedAt": ""} == other.to_document() | {"updatedAt": ""}

    def to_document(self) -> dict[str, Any]:
        """The document as Cosmos DB holds it and the API shows it."""
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
            **({"problem": self.problem.to_document()} if self.problem else {}),
        }

    def without_groups(self, reason: str) -> ReportDocument:
        """The same report, saying that it has more groups than can be kept. Rows and totals are true all the same."""
        remedy = "Group by fewer columns, or choose a shorter `period`, in datasets.toml."
        problem = Problem("report_too_large", f"{len(self.groups):,} groups are left out: {reason} {remedy}")
        return replace(self, groups=(), problem=problem)

    def head(self) -> dict[str, Any]:
        """The document's own fields as the API shows them, without the groups."""
        shown = self.to_document()
        return {"report": self.report} | {k: v for k, v in shown.items() if k not in ("id", "pk", "groups")}

    @classmethod
    def from_document(cls, document: Mapping[str, Any]) -> ReportDocument:
        """The inverse of `to_document`."""
        return cls(
            report=document["pk"],
            dataset=document["dataset"],
            period=document["period"],
            rows=int(document["rows"]),
            files=int(document["files"]),
            updated_at=document["updatedAt"],
            totals=document["totals"],
            groups=tuple(document["groups"]),
            problem=Problem.from_document(document.get("problem")),
        )
