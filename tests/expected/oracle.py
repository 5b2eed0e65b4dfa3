"""What the app must answer for `samples/`, worked out a second time: standard library only, nothing of the app.

A test hands over the uploads that count and gets the expected values; without that, the samples. To see what happens
when a file is replaced, hand over other uploads:

    oracle.report("weather_by_month", "2012-01", [*others, oracle.Upload("weather/seattle-2012.csv", new_bytes)])

The definitions are written here by hand and not read from `datasets.toml`, so that a mistake there shows.

A `mean` or `std` is a float computed without rounding on the way: compare it with a tolerance, and a sum of floats too.
A percentile is exact here: the least value that at least so many of 100 do not exceed. The app only has an `Estimate`.
"""

import csv
import datetime as dt
import io
import math
import statistics
from collections.abc import Callable, Iterable, Sequence
from decimal import Decimal
from pathlib import Path
from typing import Any, NamedTuple

UPLOADS = Path(__file__).parents[2] / "samples" / "uploads"
MISTAKES_FILE = "earthquakes/2018-02-06-with-mistakes.csv"


class Reject(NamedTuple):
    """A row that must be rejected: the physical line it starts on, the column to blame (if one is), and why."""

    line: int
    column: str | None
    code: str


class Estimate(float):
    """A value that the app only estimates, and how far off it may be, in proportion."""

    within = 0.01


class Upload(NamedTuple):
    """A file, and the rows of it that must be rejected."""

    name: str
    content: bytes
    rejects: tuple[Reject, ...] = ()


class Counts(NamedTuple):
    rows: int
    records: int
    rejected: int


class Definition(NamedTuple):
    """A dataset: the folder it lives in and the columns of its records that are not strings."""

    folder: str
    types: dict[str, str]
    keeps: tuple[str, ...] | None = None  # the only columns that get into a record; None: all of them


class ReportDefinition(NamedTuple):
    dataset: str
    period_of: Callable[[Any], str]
    time: str
    group_by: tuple[str, ...]
    metrics: dict[str, tuple[str, str | None]]


# In February clocks in Los Angeles are 8 hours behind UTC.
PACIFIC = dt.timezone(dt.timedelta(hours=-8))

REJECTS = {
    MISTAKES_FILE: (
        Reject(4, "mag", "type"),
        Reject(9, "status", "one_of"),
        Reject(13, "latitude", "max"),
        Reject(15, "id", "required"),
        Reject(16, "time", "type"),
        Reject(18, "felt", "min"),
        Reject(19, None, "too_few_fields"),
        Reject(21, "id", "pattern"),
        Reject(23, None, "too_many_fields"),
        Reject(24, "id", "unique"),
        Reject(217, "type", "one_of"),
    ),
}

BIRD_STRIKE_COLUMNS = (
    "Airport Name",
    "Flight Date",
    "Origin State",
    "Phase of flight",
    "Wildlife Size",
    "Wildlife Species",
    "Cost Total $",
    "Speed IAS in knots",
)

DATASETS = {
    "weather": Definition(
        "weather",
        {"date": "date", "precipitation": "decimal", "temp_max": "float", "temp_min": "float", "wind": "float"},
    ),
    "earthquakes": Definition(
        "earthquakes",
        {
            "time": "datetime",
            "latitude": "float",
            "longitude": "float",
            "depth": "float",
            "mag": "float",
            "felt": "integer",
        },
    ),
    "bird_strikes": Definition(
        "bird-strikes",
        {"Flight Date": "date", "Cost Total $": "integer", "Speed IAS in knots": "integer"},
        keeps=BIRD_STRIKE_COLUMNS,
    ),
    "airports": Definition("airports", {"latitude": "float", "longitude": "float"}),
}

REPORTS = {
    "weather_by_month": ReportDefinition(
        dataset="weather",
        period_of=lambda date: f"{date:%Y-%m}",
        time="date",
        group_by=("location",),
        metrics={
            "days": ("count", None),
            "rain": ("sum", "precipitation"),
            "wettest_day": ("max", "precipitation"),
            "warmest": ("max", "temp_max"),
            "coldest": ("min", "temp_min"),
            "mean_temp_max": ("mean", "temp_max"),
        },
    ),
    "earthquakes_by_day": ReportDefinition(
        dataset="earthquakes",
        period_of=lambda time: f"{time.astimezone(PACIFIC):%Y-%m-%d}",
        time="time",
        group_by=("type", "status"),
        metrics={
            "events": ("count", None),
            "strongest": ("max", "mag"),
            "mean_mag": ("mean", "mag"),
            "std_mag": ("std", "mag"),
            "median": ("p50", "mag"),
            "networks": ("distinct", "net"),
            "felt": ("count", "felt"),
            "most_felt": ("max", "felt"),
        },
    ),
    "bird_strikes_by_month": ReportDefinition(
        dataset="bird_strikes",
        period_of=lambda date: f"{date:%Y-%m}",
        time="Flight Date",
        group_by=("Wildlife Size",),
        metrics={
            "strikes": ("count", None),
            "cost": ("sum", "Cost Total $"),
            "speed_known": ("count", "Speed IAS in knots"),
            "mean_speed": ("mean", "Speed IAS in knots"),
        },
    ),
}


# --- files ---


def samples() -> list[Upload]:
    """The files that `make run` uploads, by name."""
    names = sorted(path.relative_to(UPLOADS).as_posix() for path in UPLOADS.rglob("*.csv"))
    return [sample(name) for name in names]


def sample(name: str) -> Upload:
    return Upload(name, (UPLOADS / name).read_bytes(), REJECTS.get(name, ()))


def dataset_of(upload: Upload) -> str:
    folder = upload.name.split("/", maxsplit=1)[0]
    return next(name for name, definition in DATASETS.items() if definition.folder == folder)


def rows(upload: Upload) -> list[tuple[int, list[str]]]:
    """The rows below the header as they stand in the file, each with the physical line it starts on."""
    reader = csv.reader(io.StringIO(upload.content.decode(), newline=""))
    next(reader)
    found, start = [], reader.line_num + 1
    for fields in reader:
        if fields:  # a blank line is not a row
            found.append((start, fields))
        start = reader.line_num + 1
    return found


def counts(upload: Upload) -> Counts:
    total, rejected = len(rows(upload)), len(upload.rejects)
    return Counts(total, total - rejected, rejected)


def records(upload: Upload) -> list[dict[str, Any]]:
    """The good rows, as Python values: dates, times and decimals are not text yet."""
    definition = DATASETS[dataset_of(upload)]
    header = next(csv.reader(io.StringIO(upload.content.decode(), newline="")))
    bad = {reject.line for reject in upload.rejects}
    good = [fields for line, fields in rows(upload) if line not in bad]
    assert not any(any(fields[len(header) :]) for fields in good), "a field too many that is no reject"
    return [
        {
            column: _value(text, definition.types.get(column, "string"))
            for column, text in zip(header, fields[: len(header)], strict=True)
            if definition.keeps is None or column in definition.keeps
        }
        for fields in good
    ]


def _value(text: str, column_type: str) -> Any:
    convert: dict[str, Callable[[str], Any]] = {
        "string": str,
        "integer": int,
        "float": float,
        "decimal": Decimal,
        "date": dt.date.fromisoformat,
        "datetime": dt.datetime.fromisoformat,
    }
    return convert[column_type](text) if text else None


# --- reports ---


def periods(name: str, uploads: Iterable[Upload] | None = None) -> list[str]:
    """The periods that a report has a document for."""
    return sorted({period for upload in _of_dataset(name, uploads) for period in _by_period(name, upload)})


def report(name: str, period: str, uploads: Iterable[Upload] | None = None) -> dict[str, Any]:
    """What a report's document says about one period: `rows`, `files`, `totals`, `groups`, as they stand in JSON."""
    definition = REPORTS[name]
    shares = [_by_period(name, upload).get(period, []) for upload in _of_dataset(name, uploads)]
    found = [record for share in shares for record in share]
    groups: dict[tuple[str, ...], list[dict[str, Any]]] = {}
    for record in found:
        groups.setdefault(tuple(record[column] for column in definition.group_by), []).append(record)
    return {
        "rows": len(found),
        "files": sum(bool(share) for share in shares),
        "totals": _metrics(definition.metrics, found),
        "groups": [
            dict(zip(definition.group_by, key, strict=True)) | _metrics(definition.metrics, members)
            for key, members in sorted(groups.items())
        ],
    }


def inferred_report(uploads: Iterable[Upload] | None = None) -> dict[str, Any]:
    """The report over `airports`, which has no definition: its rows, and {column: {function: value}}.

    How the app names these metrics is not for the oracle to say.
    """
    found = [record for upload in _of_dataset("airports", uploads) for record in records(upload)]
    numeric = DATASETS["airports"].types
    return {
        "rows": len(found),
        "columns": {
            column: {function: _metric(function, column, found) for function in ("sum", "min", "max", "mean")}
            for column in numeric
        },
    }


def _of_dataset(report_name: str, uploads: Iterable[Upload] | None) -> Sequence[Upload]:
    dataset = REPORTS[report_name].dataset if report_name in REPORTS else report_name
    return [upload for upload in (samples() if uploads is None else uploads) if dataset_of(upload) == dataset]


def _by_period(report_name: str, upload: Upload) -> dict[str, list[dict[str, Any]]]:
    definition = REPORTS[report_name]
    found: dict[str, list[dict[str, Any]]] = {}
    for record in records(upload):
        found.setdefault(definition.period_of(record[definition.time]), []).append(record)
    return found


def _metrics(metrics: dict[str, tuple[str, str | None]], members: list[dict[str, Any]]) -> dict[str, Any]:
    return {name: _metric(function, column, members) for name, (function, column) in metrics.items()}


def _metric(function: str, column: str | None, members: list[dict[str, Any]]) -> Any:
    if column is None:
        return len(members)
    values = [record[column] for record in members if record[column] is not None]
    if function == "count":
        return len(values)
    if function == "distinct":
        return len(set(values))
    if len(values) < (2 if function == "std" else 1):
        return None
    compute: dict[str, Callable[[list[Any]], Any]] = {
        "sum": math.fsum if isinstance(values[0], float) else sum,
        "min": min,
        "max": max,
        "mean": statistics.fmean,
        "std": lambda numbers: statistics.stdev(map(float, numbers)),
        "p50": lambda numbers: Estimate(statistics.median_low(numbers)),
    }
    value = compute[function](values)
    return str(value) if isinstance(value, Decimal) else value
