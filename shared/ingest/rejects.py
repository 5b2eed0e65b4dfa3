"""The rejected rows of a block. Half of the rows of a large file may be bad: too many for an object each."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import polars as pl

from shared.errors import Problem
from shared.ingest.outcome import Reason
from shared.ingest.rows import LINE, Reject

PROBLEM = {LINE: pl.Int64(), "column": pl.String(), "code": pl.String(), "message": pl.String()}


@dataclass(frozen=True, slots=True)
class Rejects:
    """Rejected rows, in no order.

    `failed`: tables of those that fail a check, with the columns of `PROBLEM` before the file's own as they were.
    `misshapen`: those that do not have as many fields as the header, or are no proper CSV.
    """

    failed: tuple[pl.DataFrame, ...] = ()
    misshapen: Sequence[Reject] = ()

    def __len__(self) -> int:
        return len(self.misshapen) + sum(table.height for table in self.failed)

    def reasons(self) -> tuple[Reason, ...]:
        """One for each code and column, in the order of their first rows."""
        if not len(self):
            return ()
        by_reason = self._problems().group_by("code", "column", maintain_order=True)
        return tuple(
            Reason(count, Problem(code, message, line, column))
            for code, column, count, line, message in by_reason.agg(pl.len(), pl.first(LINE, "message")).rows()
        )

    def first(self, count: int) -> tuple[Problem, ...]:
        """What is wrong with the first rows."""
        if not len(self) or count <= 0:
            return ()
        rows = self._problems().head(count).rows()
        return tuple(Problem(code, message, line, column) for line, column, code, message in rows)

    def _problems(self) -> pl.DataFrame:
        """What is wrong with each row, in their order."""
        problems = [(r.problem.line, r.problem.column, r.problem.code, r.problem.message) for r in self.misshapen]
        tables = [pl.DataFrame(problems, PROBLEM, orient="row"), *(table.select(*PROBLEM) for table in self.failed)]
        return pl.concat(tables).sort(LINE)
