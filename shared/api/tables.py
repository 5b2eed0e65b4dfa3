"""Rows as JSON, CSV or NDJSON, whichever the caller takes."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import azure.functions as func

from shared.api.answers import content, entity_tag, to_json
from shared.api.call import Call
from shared.api.contract.reports import BOM, FORMAT, FORMATS, Format
from shared.api.cursors import LONGEST, encode_cursor
from shared.api.downloads import as_attachment
from shared.api.operation import CSV, JSON, NDJSON
from shared.errors import BadRequest, Mistake, NotAcceptable
from shared.reports.read import Question, Table

BOM_BYTES = b"\xef\xbb\xbf"  # Excel takes a CSV file for UTF-8 where it begins like this

MEDIA_TYPES: Mapping[Format, str] = {"json": JSON, "csv": CSV, "ndjson": NDJSON}


def format_of(call: Call) -> Format:
    """The form that the caller wants. Raises NotAcceptable where there is none of those it takes."""
    asked = next((each for each in FORMATS if each == call[FORMAT]), None)
    if asked is not None or call.values.get(FORMAT.name) == ():  # a mistake is told as such
        return asked or "json"
    accept = call.header("accept")
    found = _preferred(accept)
    if found is None:
        raise NotAcceptable(
            f"Nothing of what Accept names ({accept[:100]}) is there: rows come as {', '.join(MEDIA_TYPES.values())}."
        )
    return found


def mistakes_in(call: Call, form: Format) -> tuple[Mistake, ...]:
    """What is wrong with the arguments that say how rows are written."""
    return (Mistake(BOM.name, "is for CSV only: add format=csv"),) if call[BOM] and form != "csv" else ()


def table(call: Call, form: Format, question: Question, found: Table, name: str) -> func.HttpResponse:
    """The page of rows that answers a question; `name` is for the file that CSV becomes."""
    tag = entity_tag(call, question.state)
    link = _next_link(call, found.cursor)
    headers = {"Link": f'<{link}>; rel="next"'} if link and form != "json" else {}
    match form:
        case "json":
            body = {**question.head, "value": found.rows, **({"nextLink": link} if link else {})}
            return content(call, to_json(body), JSON, tag)
        case "ndjson":
            return content(call, b"".join(to_json(row) + b"\n" for row in found.rows), NDJSON, tag, headers)
        case "csv":
            data = (BOM_BYTES if call[BOM] else b"") + to_csv(found.columns, found.rows, found.texts)
            return content(call, data, CSV, tag, headers | as_attachment(f"{name}.csv"))


def to_csv(columns: Sequence[str], rows: Iterable[Mapping[str, Any]], texts: frozenset[str]) -> bytes:
    """Rows as CSV (RFC 4180) with a header. No text in it is a formula to a spreadsheet."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\r\n")
    writer.writerow([_harmless(column) for column in columns])
    written = [(column, _harmless if column in texts else _cell) for column in columns]
    writer.writerows([write(row.get(column)) for column, write in written] for row in rows)
    return out.getvalue().encode()


def _cell(value: Any) -> Any:
    return ("true" if value else "false") if isinstance(value, bool) else value


def _harmless(value: Any) -> Any:
    if isinstance(value, str) and value.startswith(("=", "+", "-", "@", "\t", "\r", "\n")):
        return f"'{value}"
    return _cell(value)


def _next_link(call: Call, position: list[Any] | None) -> str | None:
    if position is None:
        return None
    cursor = encode_cursor(position)
    if len(cursor) > LONGEST:
        raise BadRequest("The values of these rows are too long to go on behind them. Ask for more rows on a page.")
    return call.next_link(cursor)


def _preferred(accept: str) -> Format | None:
    """What of the three an Accept header likes best (RFC 9110, section 12.5.1); JSON where it does not care."""
    if not accept.strip():
        return "json"
    ranges = [_media_range(text) for text in accept.split(",") if text.strip()]

    def quality(form: Format) -> float:
        name = MEDIA_TYPES[form]
        kinds = (name, f"{name.partition('/')[0]}/*", "*/*")
        fitting = [(kinds.index(kind), -q) for kind, q in ranges if kind in kinds]
        return -min(fitting)[1] if fitting else 0.0  # the most specific range decides

    best = max(FORMATS, key=quality)
    return best if quality(best) > 0 else None


def _media_range(text: str) -> tuple[str, float]:
    kind, *parameters = (part.strip().lower() for part in text.split(";"))
    weights = [part.partition("=")[2].strip() for part in parameters if part.partition("=")[0].strip() == "q"]
    weight = weights[0] if weights else "1"
    return kind, float(weight) if re.fullmatch(r"[01](\.[0-9]{0,3})?", weight) else 0.0
