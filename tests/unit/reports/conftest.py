"""Records as a file has them, and reports over several such files."""

from collections.abc import Callable, Sequence
from typing import Any

import polars as pl
import pytest

from shared.definitions.model import ColumnType, Report
from shared.ingest.outcome import Field
from shared.reports.build import report_document
from shared.reports.document import ReportDocument
from shared.reports.packing import pack, unpack
from shared.reports.partials import BY, PERIOD, merge, share

DTYPES: dict[ColumnType, Any] = {
    "string": pl.String,
    "integer": pl.Int64,
    "float": pl.Float64,
    "decimal": pl.Decimal(28, 2),
    "boolean": pl.Boolean,
    "date": pl.Date,
}

type Columns = dict[str, tuple[ColumnType, Sequence[Any]]]


def share_of(columns: Columns, report: Report, time_zone: str = "UTC") -> pl.DataFrame:
    """The share of one file with these columns (name → type, values), through Parquet and back."""
    fields = tuple(Field(name, kind, f"c{at}") for at, (name, (kind, _)) in enumerate(columns.items()))
    dtypes = DTYPES | {"datetime": pl.Datetime("us", time_zone)}
    records = pl.DataFrame(
        [
            pl.Series(field.key, values, dtypes[kind])
            for field, (kind, values) in zip(fields, columns.values(), strict=True)
        ]
    )
    return unpack(pack(share(records, fields, report), ""))


def document_of(files: Sequence[Columns], report: Report) -> ReportDocument:
    """What a report without periods shows of these files."""
    shares = [share_of(columns, report).drop(PERIOD) for columns in files]
    merged = merge(shares, tuple(BY + column for column in report.group_by))
    return report_document(report, "all", merged, len(shares), "2026-11-20T13:00:00.000Z")


@pytest.fixture(name="share_of", scope="session")
def share_of_fixture() -> Callable[..., pl.DataFrame]:
    return share_of


@pytest.fixture(name="document_of", scope="session")
def document_of_fixture() -> Callable[..., ReportDocument]:
    return document_of
