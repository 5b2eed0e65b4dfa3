"""What must be true of a set of uploads, worked out a second time: SQL over the files, nothing of the app.

The rules of datasets.toml are written here by hand once more, so that a mistake in how the app reads them shows.
"""

import datetime as dt
import gzip
import zlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import duckdb

HERE = Path(__file__).parent
COLUMNS = {
    "orders": ["id", "day", "region", "customer", "quantity", "amount", "weight", "big", "note"],
    "readings": ["time", "sensor", "value"],
    "plain": ["item", "amount", "price"],
}
REFUSED_BEYOND = {"orders": 0.5}


@dataclass(frozen=True)
class Reject:
    """A rejected row: the physical line it starts on, the column to blame (empty: none), and why."""

    line: int
    column: str
    code: str


@dataclass(frozen=True)
class File:
    """What must have become of an upload. `code`, `line`: of the first error."""

    dataset: str
    status: str
    rows: int = 0
    records: int = 0
    code: str | None = None
    line: int | None = None
    rejects: tuple[Reject, ...] = ()
    documents: tuple[dict[str, Any], ...] | None = None  # the records of the processed document
    pairs: frozenset[str] = frozenset()


@dataclass(frozen=True)
class Report:
    """One period of a report: its groups by the values of the group columns."""

    rows: int
    files: int
    totals: dict[str, Any]
    groups: dict[tuple[Any, ...], dict[str, Any]]


@dataclass(frozen=True)
class Truth:
    """Everything that must be there, and nothing besides."""

    files: dict[str, File] = field(default_factory=dict)
    reports: dict[tuple[str, str], Report] = field(default_factory=dict)


@dataclass(frozen=True)
class _ReportQuery:
    table: str
    period: str
    group_by: tuple[str, ...]
    metrics: str


REPORTS = {
    "orders_by_day": _ReportQuery(
        "good_orders",
        "strftime(day, '%Y-%m-%d')",
        ("region",),
        """count(*) AS orders, count(amount) AS priced, sum(quantity) AS quantity, sum(amount) AS revenue,
        min(amount) AS least, max(amount) AS most, avg(weight) AS mean, stddev_samp(weight) AS std,
        quantile_disc(weight, 0.5) AS median, count(DISTINCT customer) AS buyers""",
    ),
    "orders_ever": _ReportQuery(
        "good_orders",
        "'all'",
        (),
        """count(*) AS orders, sum(big) AS big, min(big) AS lowest, min(day) AS first, max(day) AS last,
        quantile_disc(CAST(amount AS DOUBLE), 0.95) AS most, count(DISTINCT id) AS ids""",
    ),
    "readings_by_hour": _ReportQuery(
        "good_readings",
        "coalesce(strftime(time, '%Y-%m-%dT%H'), 'none')",
        ("sensor",),
        """count(*) AS readings, count(value) AS known, sum(value) AS total, avg(value) AS mean,
        stddev_samp(value) AS std, min(value) AS lowest, max(value) AS highest, min(time) AS first""",
    ),
}


def truth(uploads: Mapping[str, bytes]) -> Truth:
    """What must be true when exactly these files are in the container."""
    with TemporaryDirectory() as folder, duckdb.connect() as db:
        db.execute("SET TimeZone = 'UTC'")
        db.execute((HERE / "oracle.sql").read_text())
        refused = {name: code for name, data in uploads.items() if (code := _load(db, name, data, Path(folder)))}
        db.execute((HERE / "oracle_checks.sql").read_text())
        reports = {pair: report for name, query in REPORTS.items() for pair, report in _reports(db, name, query)}
        plain = _plain_report(db)
        if plain:
            reports["plain", "all"] = plain
        files = {name: _file(db, name, refused.get(name)) for name in uploads}
        return Truth(files, reports)


def _load(db: duckdb.DuckDBPyConnection, name: str, data: bytes, folder: Path) -> str | None:
    """Put the rows of a file into the table `raw`; or say why it is no good as a whole."""
    if not name.endswith((".csv", ".csv.gz")):
        return "unsupported_extension"
    if name.endswith(".gz"):
        try:
            data = gzip.decompress(data)
        except (EOFError, zlib.error, gzip.BadGzipFile):
            return "compression"
    if not data.strip(b"\r\n"):
        return "empty_file"
    if b"\0" in data:
        return "not_csv"
    try:
        text = data.decode()
    except UnicodeDecodeError:
        return "encoding"
    header = text.splitlines()[0].split(",")
    wanted = COLUMNS[name.split("/", maxsplit=1)[0]]
    if set(wanted) != set(header):
        return "missing_column" if set(wanted) - set(header) else "extra_column"
    if '"' in text:
        _load_quoted(db, name, data, header, folder)
    else:
        db.execute("INSERT INTO raw SELECT ?, * FROM plain_lines(?)", [name, text])
    places = [header.index(column) + 1 for column in wanted]
    db.execute("INSERT INTO headers VALUES (?, ?, ?, ?)", [name, name.split("/", maxsplit=1)[0], len(header), places])
    return None


def _load_quoted(db: duckdb.DuckDBPyConnection, name: str, data: bytes, header: list[str], folder: Path) -> None:
    """Files with quotes have no rows of another width: DuckDB would refuse them here."""
    path = folder / "quoted.csv"
    path.write_bytes(data)
    columns = ", ".join(f"'c{n}': 'VARCHAR'" for n in range(len(header)))
    fields = ", ".join(f"coalesce(c{n}, '')" for n in range(len(header)))
    db.execute(
        f"""INSERT INTO raw
        WITH numbered AS (
            SELECT row_number() OVER () AS number, [{fields}] AS fields
            FROM read_csv('{path}', columns = {{{columns}}}, header = true, auto_detect = false, all_varchar = true,
                          delim = ',', quote = '"', escape = '"', parallel = false))
        SELECT ?, 2 + coalesce(sum(1 + len(list_aggregate(fields, 'string_agg', ''))
                                   - len(replace(list_aggregate(fields, 'string_agg', ''), chr(10), '')))
                      OVER (ORDER BY number ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING), 0), fields
        FROM numbered""",
        [name],
    )


def _file(db: duckdb.DuckDBPyConnection, name: str, refused: str | None) -> File:
    dataset = name.split("/", maxsplit=1)[0]
    if refused:
        return File(dataset, "rejected", code=refused)
    query = 'SELECT line, "column", code FROM checked WHERE file = ? AND code IS NOT NULL ORDER BY line'
    rejects = tuple(Reject(*row) for row in db.execute(query, [name]).fetchall())
    rows = _one(db, "SELECT count(*) FROM checked WHERE file = ?", name)
    first = rejects[0] if rejects else None
    if first and len(rejects) / rows > REFUSED_BEYOND.get(dataset, 1.0):
        return File(dataset, "rejected", rows, code="too_many_rejects", line=first.line)
    return File(
        dataset,
        "processed",
        rows,
        rows - len(rejects),
        first.code if first else None,
        first.line if first else None,
        rejects,
        _documents(db, name, dataset),
        _pairs(db, name),
    )


def _documents(db: duckdb.DuckDBPyConnection, name: str, dataset: str) -> tuple[dict[str, Any], ...]:
    """The records as values, columns in the order of the file."""
    places = _one(db, "SELECT places FROM headers WHERE file = ?", name)
    columns = [column for _, column in sorted(zip(places, COLUMNS[dataset], strict=True))]
    if dataset == "plain":
        return _plain_documents(db, name, columns)
    found = db.execute(f"SELECT {', '.join(columns)} FROM good_{dataset} WHERE file = ? ORDER BY line", [name])
    return tuple(dict(zip(columns, row, strict=True)) for row in found.fetchall())


def _plain_documents(db: duckdb.DuckDBPyConnection, name: str, columns: list[str]) -> tuple[dict[str, Any], ...]:
    """Numbers stand in the document as in the file: as Decimal they keep their digits."""
    query = 'SELECT "column", type FROM plain_types WHERE file = ?'
    convert = {"integer": int, "float": Written}
    types = dict(db.execute(query, [name]).fetchall())
    found = db.execute("SELECT item, amount, price FROM checked_plain WHERE file = ? ORDER BY line", [name]).fetchall()
    return tuple(
        {
            column: convert.get(types.get(column, ""), str)(value) if value is not None else None
            for column, value in zip(columns, row, strict=True)
        }
        for row in found
    )


class Written(Decimal):
    """A number that has to stand in the document with exactly these digits."""


def _pairs(db: duckdb.DuckDBPyConnection, name: str) -> frozenset[str]:
    found = set()
    for report, query in REPORTS.items():
        sql = f"SELECT DISTINCT {query.period} FROM {query.table} WHERE file = ?"
        found |= {f"{report}/{period}" for (period,) in db.execute(sql, [name]).fetchall()}
    if _one(db, "SELECT count(*) FROM checked_plain WHERE file = ?", name):
        found.add("plain/all")
    return frozenset(found)


def _reports(db: duckdb.DuckDBPyConnection, name: str, query: _ReportQuery) -> list[tuple[tuple[str, str], Report]]:
    counts = "count(*) AS rows, count(DISTINCT file) AS files"
    source = f"FROM {query.table} GROUP BY ALL HAVING rows > 0"
    select = f"SELECT {query.period} AS period, {{}}{query.metrics}, {counts} {source}"
    groups: dict[str, dict[tuple[Any, ...], dict[str, Any]]] = {}
    for row in _dicts(db, select.format("".join(f"{column}, " for column in query.group_by))):
        period = row["period"]
        metrics = {k: v for k, v in row.items() if k not in ("period", "rows", "files")}
        groups.setdefault(period, {})[tuple(row[column] for column in query.group_by)] = metrics
    found = []
    for row in _dicts(db, select.format("")):
        totals = {k: v for k, v in row.items() if k not in ("period", "rows", "files")}
        found.append(((name, row["period"]), Report(row["rows"], row["files"], totals, groups[row["period"]])))
    return found


def _plain_report(db: duckdb.DuckDBPyConnection) -> Report | None:
    rows, files = db.execute("SELECT count(*), count(DISTINCT file) FROM checked_plain").fetchall()[0]
    totals: dict[str, Any] = {"rows": rows}
    for row in _dicts(db, "SELECT * FROM plain_metrics"):
        exact = row["every"] == "integer"
        for function in ("sum", "min", "max", "mean"):
            value = row[function]
            whole = exact and function != "mean" and value is not None
            totals[f"{row['column']}_{function}"] = int(value) if whole else value
    return Report(rows, files, totals, {(): totals}) if rows else None


def _one(db: duckdb.DuckDBPyConnection, query: str, *parameters: Any) -> Any:
    return db.execute(query, list(parameters)).fetchall()[0][0]


def _dicts(db: duckdb.DuckDBPyConnection, query: str) -> list[dict[str, Any]]:
    found = db.execute(query)
    names = [column[0] for column in found.description or ()]
    return [dict(zip(names, row, strict=True)) for row in found.fetchall()]


def as_json(value: Any) -> Any:
    """A value as the app must show it in JSON: exact numbers that readers would round are text, times are UTC."""
    match value:
        case Written():
            return value
        case Decimal():
            return format(value, "f")
        case int() if not isinstance(value, bool) and abs(value) > 2**53:
            return str(value)
        case dt.datetime():
            return value.replace(tzinfo=dt.UTC).isoformat().replace("+00:00", "Z")
        case dt.date():
            return value.isoformat()
    return value
