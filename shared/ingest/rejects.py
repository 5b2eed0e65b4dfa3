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
        problems = [(r.problem.line, r.problem.column, r.problem.code, r.problem.message) for r in self.misshapen]
        tables = [pl.DataFrame(problems, PROBLEM, orient="row"), *(table.select(*PROBLEM) for table in self.failed)]
        by_reason = pl.concat(tables).sort(LINE).group_by("code", "column", maintain_order=True)
        return tuple(
            Reason(count, Problem(code, message, line, column))
            for code, column, count, line, message in by_reason.agg(pl.len(), pl.first(LINE, "message")).rows()
        )
