"""The share that a file has in each of its reports, merged as its blocks come in."""

from __future__ import annotations

import polars as pl

from shared.definitions.model import Report
from shared.errors import RejectedFile
from shared.ingest.outcome import Field
from shared.reports.partials import PERIOD, merge, share

MAX_SHARES = 5_000  # (report, period) pairs of one file; the file record holds them all and must stay small
KEPT = 32  # shares of blocks that wait before they are merged into one


class FileShares:
    """Adds up the shares of a file's blocks, report by report."""

    def __init__(self, reports: tuple[Report, ...]) -> None:
        self._reports = reports
        self._waiting: dict[str, list[pl.DataFrame]] = {report.name: [] for report in reports}

    def add(self, records: pl.DataFrame, fields: tuple[Field, ...]) -> None:
        """Count the records of a block in."""
        if records.is_empty():
            return
        for report in self._reports:
            waiting = self._waiting[report.name]
            waiting.append(share(records, fields, report))
            if len(waiting) >= KEPT:
                self._waiting[report.name] = [_by_period(waiting, report)]

    def by_pair(self) -> dict[tuple[str, str], pl.DataFrame]:
        """The states for each (report, period) that has records. Raises RejectedFile (`too_many_periods`)."""
        shares: dict[tuple[str, str], pl.DataFrame] = {}
        for report in self._reports:
            waiting = self._waiting[report.name]
            if waiting:
                by_period = _by_period(waiting, report).partition_by(PERIOD, as_dict=True, include_key=False)
                shares |= {(report.name, str(period)): states for (period,), states in sorted(by_period.items())}
        if len(shares) > MAX_SHARES:
            raise RejectedFile.because(
                "too_many_periods",
                f"The rows fall into {len(shares):,} periods of its reports, more than {MAX_SHARES:,}. "
                "Split the file by time, or choose a longer `period` in datasets.toml.",
            )
        return shares


def _by_period(shares: list[pl.DataFrame], report: Report) -> pl.DataFrame:
    if len(shares) == 1:
        return shares[0]
    return merge(shares, (PERIOD, *(f"by:{name}" for name in report.group_by)))
