"""The count of a file's rows: which are records, which are rejects and why."""

from __future__ import annotations

from collections import Counter

from shared.errors import Problem, RejectedFile
from shared.ingest.outcome import Reason
from shared.ingest.rejects import Rejects

SHOWN = 10  # rejects that are kept one by one


class Tally:
    """Counts rows as they come, in their order."""

    def __init__(self) -> None:
        self.records = 0
        self._rejects: Counter[tuple[str, str | None]] = Counter()  # by code and column
        self._firsts: dict[tuple[str, str | None], Problem] = {}
        self.first_rejects: tuple[Problem, ...] = ()

    def add(self, records: int, rejects: Rejects) -> None:
        """Count the rows of a block: its records, and its rejects by reason."""
        self.records += records
        self.first_rejects += rejects.first(SHOWN - len(self.first_rejects))
        for reason in rejects.reasons():
            code_and_column = reason.first.code, reason.first.column
            self._rejects[code_and_column] += reason.count
            self._firsts.setdefault(code_and_column, reason.first)

    @property
    def rejected(self) -> int:
        return self._rejects.total()

    @property
    def rows(self) -> int:
        return self.records + self.rejected

    @property
    def first(self) -> Problem | None:
        """What is wrong with the first reject."""
        return next(iter(self._firsts.values()), None)

    @property
    def reasons(self) -> tuple[Reason, ...]:
        """One for each code and column, in the order of their first rows."""
        return tuple(Reason(self._rejects[reason], first) for reason, first in self._firsts.items())

    def refuse_beyond(self, allowed: float) -> None:
        """Raises RejectedFile (`too_many_rejects`) where a larger share of the rows than `allowed` is bad."""
        # The quotient is compared, not the product: 0.29 * 100 is below 29 in binary.
        if self.first is not None and self.rejected / self.rows > allowed:
            raise RejectedFile.because(
                "too_many_rejects",
                f"{self.rejected:,} of {self.rows:,} rows are bad, more than max_rejected = {allowed:g} allows. "
                f"The first: line {self.first.line}: {self.first.message}",
                line=self.first.line,
                column=self.first.column,
            )
