"""What `up` prints: the parts, what became of the files, and calls to try. Text in, text out."""

from collections.abc import Sequence
from typing import Any

from devstack.api import Api
from devstack.ports import LOCALHOST, Ports

_ADDRESS = f"http://{LOCALHOST}:"


def parts(ports: Ports, traces: str) -> str:
    """The parts with their addresses, and where traces are."""
    rows = [
        ["functions host", f"{_ADDRESS}{ports.host}"],
        ["dashboard", f"{_ADDRESS}{ports.host}/api/dashboard"],
        ["traces", traces],
        ["Azurite", f"{_ADDRESS}{ports.blob} (blob)  {ports.queue} (queue)  {ports.table} (table)"],
        ["Cosmos DB emulator", f"{_ADDRESS}{ports.cosmos} (in memory: filled again from the blobs at every start)"],
    ]
    return table([], rows)


def files(records: Sequence[dict[str, Any]]) -> str:
    """One line for each file, and its first error where it has one."""
    fields = ("name", "status", "rows", "records", "rejected")
    rows = [
        [*(_text(record.get(field)) for field in fields), _first_error(record.get("firstError"))] for record in records
    ]
    return table(["file", *fields[1:], "first error"], rows)


def reports(found: Sequence[dict[str, Any]]) -> str:
    """One line for each report."""
    rows = [
        [_text(name_of(report)), _text(report.get("dataset")), _text(newest_period(report)), _text(report.get("rows"))]
        for report in found
    ]
    return table(["report", "dataset", "newest period", "rows"], rows)


def calls(
    api: Api,
    records: Sequence[dict[str, Any]],
    found: Sequence[dict[str, Any]],
    upload: str,
    traces: str | None = None,
) -> str:
    """Command lines to paste, each with what it is for, and a trace to look at."""
    lines = [("all reports", api.curl("reports"))]
    report = next((report for report in found if newest_period(report)), None)
    if report:
        name = _text(name_of(report))
        lines.append(("one report", api.curl("reports", name)))
        lines.append(("one period of it", api.curl("reports", name, _text(newest_period(report)))))
    mended = next((record for record in records if record.get("rejected")), None)
    if mended:
        lines.append(("a file with rejected rows", api.curl("files", _text(mended.get("id")))))
    traced = next((record for record in records if record.get("traceId")), None)
    if traces and traced:
        lines.append(("what became of a file, step by step: its trace", f"{traces}/{traced['traceId']}"))
    lines.append(("upload a file of your own", upload))
    return "\n".join(f"  # {purpose}\n  {command}" for purpose, command in lines)


def table(headings: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """Aligned columns, numbers to the right, indented by two."""
    every = [*([headings] if headings else []), *rows]
    widths = [max(map(len, column)) for column in zip(*every, strict=True)]
    is_number = [all(row[index].isdigit() for row in rows) for index in range(len(widths))]
    return "\n".join(
        "  "
        + "  ".join(
            cell.rjust(width) if right else cell.ljust(width)
            for cell, width, right in zip(row, widths, is_number, strict=True)
        ).rstrip()
        for row in every
    )


def name_of(report: dict[str, Any]) -> object:
    return report.get("name") or report.get("report") or report.get("id")


def newest_period(report: dict[str, Any]) -> object:
    return report.get("newestPeriod") or report.get("period")


def _first_error(error: dict[str, Any] | None) -> str:
    if not error:
        return ""
    place = f"line {error['line']}: " if error.get("line") else ""
    message = _text(error.get("message"))
    return place + (message if len(message) <= 60 else message[:59] + "…")


def _text(value: object) -> str:
    return "" if value is None else str(value)
