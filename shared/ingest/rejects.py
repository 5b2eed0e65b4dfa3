"""The rejected rows of a block as a table: half of the rows of a large file may be bad, too many for objects each."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import polars as pl

from shared.errors import Problem
from shared.ingest.outcome import Reason
from shared.ingest.rows import Reject

SCHEMA: dict[str, pl.DataType] = {
    "line": pl.Int64(),
    "column": pl.String(),
    "code": pl.String(),
    "message": pl.String(),
    "fields": pl.List(pl.String),
}


@dataclass(frozen=True, slots=True)
class Rejects:
    """Rejected rows in the order of their lines. `table` has the columns of `SCHEMA`."""

    table: pl.DataFrame

    @classmethod
    def of(cls, rejects: Iterable[Reject]) -> Rejects:
        """A table of single rejects."""
        rows = [(r.problem.line, r.problem.column, r.problem.code, r.problem.message, r.fields) for r in rejects]
        return cls(pl.DataFrame(rows, SCHEMA, orient="row"))

    def and_those_of(self, tables: Iterable[pl.DataFrame]) -> Rejects:
        """These and those of other tables."""
        tables = [table for table in (self.table, *tables) if table.height]
        return Rejects(pl.concat(tables).sort("line")) if tables else self

    def reasons(self) -> tuple[Reason, ...]:
        """One for each code and column, in the order of their first rows."""
        by_reason = self.table.group_by("code", "column", maintain_order=True)
        found = by_reason.agg(pl.len(), pl.first("line", "message"))
        return tuple(
            Reason(count, Problem(code, message, line, column)) for code, column, count, line, message in found.rows()
        )

    def __len__(self) -> int:
        return self.table.height

    def __iter__(self) -> Iterator[Reject]:
        for line, column, code, message, fields in self.table.rows():
            yield Reject(tuple(fields), Problem(code, message, line, column))
