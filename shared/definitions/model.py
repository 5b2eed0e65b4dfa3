"""The words of `datasets.toml` as data: datasets, columns, reports, metrics."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from decimal import Decimal
from typing import Literal

type ColumnType = Literal["string", "integer", "float", "decimal", "boolean", "date", "datetime"]
type Period = Literal["hour", "day", "month", "year", "all"]
type ExtraColumns = Literal["reject", "ignore", "keep"]
type MetricFunction = Literal["count", "sum", "min", "max", "mean", "std", "distinct", "percentile"]
NO_PERIOD = "none"  # the period of rows whose time column is empty
PERIOD_PATTERN = "[0-9]{4}(-[0-9]{2}(-[0-9]{2}(T[0-9]{2})?)?)?"  # of all others but `all`

type Bound = int | float | Decimal | dt.date | dt.datetime


@dataclass(frozen=True, slots=True)
class Column:
    """One column of a dataset and the checks that its values must pass. A check that is None is not made.

    `min` and `max` are in the type of the column: int, float, Decimal of its scale, date, or datetime in the time zone
    of the dataset. `pattern` is for the whole value, and means the same to Python's `re` and to the Rust engine.
    The order of columns has no meaning.
    """

    name: str
    type: ColumnType
    required: bool = False
    min: Bound | None = None
    max: Bound | None = None
    one_of: tuple[str, ...] | None = None  # string only, as are pattern and max_length
    pattern: str | None = None
    max_length: int | None = None
    unique: bool = False
    scale: int | None = None  # digits after the decimal point; decimal only
    format: str | None = None  # strptime; date and datetime only, None: ISO 8601


@dataclass(frozen=True, slots=True)
class Dataset:
    """Files that share one definition. Without columns their types are inferred, file by file."""

    name: str
    files: str | None = None  # glob over upload names; None: the dataset has no definition
    delimiter: str = "auto"
    encoding: str = "utf-8"  # by Python's own name for the codec
    null_values: tuple[str, ...] = ("",)
    extra_columns: ExtraColumns = "reject"
    max_rejected: float = 1.0  # share of bad rows above which the whole file is rejected
    time_zone: str = "UTC"
    columns: tuple[Column, ...] = ()


@dataclass(frozen=True, slots=True)
class Metric:
    """A named aggregate, `function(column)`; `count` alone counts rows. `p95(column)` is a percentile."""

    name: str
    function: MetricFunction
    column: str | None = None
    percent: int | None = None  # percentile only: 1 to 99


@dataclass(frozen=True, slots=True)
class Report:
    """A named aggregate over one dataset, by group columns, for each period of its time column."""

    name: str
    dataset: str
    period: Period = "all"
    time: str | None = None
    group_by: tuple[str, ...] = ()
    metrics: tuple[Metric, ...] = ()  # of a dataset without a definition: empty, found in the data
