"""What `python -m devstack check` tells people about a file."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path

from shared.definitions.model import Dataset
from shared.errors import Problem
from shared.ingest.outcome import Outcome, Reason
from shared.names import PARTIALS, UPLOADS, split_pair

LISTED = 20  # reasons that are shown
COLUMNS = 100
PERIODS = 10  # of each report


@dataclass(frozen=True, slots=True)
class Checked:
    """A file that has been checked: what it is, what became of it, how long that took and where the outputs are."""

    name: str
    dataset: Dataset
    outcome: Outcome
    size: int
    seconds: float
    out: Path | None


def summary(checked: Checked) -> str:
    """The summary, as lines."""
    outcome = checked.outcome
    sections = [
        _verdict(checked),
        _reasons(outcome),
        _columns(outcome, defined=bool(checked.dataset.columns)),
        _reports(outcome),
        _written(outcome, checked.out),
        [_timing(checked)],
    ]
    return "\n\n".join("\n".join(lines) for lines in sections if lines)


def shown(text: str) -> str:
    """Text of a file as it may go to a terminal: on one line, and without codes that it would obey."""
    return "".join(c if c.isprintable() else c.encode("unicode_escape").decode() for c in text)


def _verdict(checked: Checked) -> list[str]:
    dataset, outcome = checked.dataset, checked.outcome
    defined = f"defined by files = {dataset.files!r}" if dataset.files else "no definition, types inferred"
    lines = [f"{UPLOADS}/{shown(checked.name)}: dataset '{shown(dataset.name)}' ({defined})"]
    if not outcome.refused:
        accepted = f"{outcome.records:,} accepted, {outcome.rejected:,} rejected"
        return [*lines, f"processed: {_rows(outcome.rows)}, {accepted}"]
    none_counts = f"; none of its {_rows(outcome.rows)} counts" if outcome.rows else ""
    lines.append(f"REJECTED: the file as a whole{none_counts}")
    if outcome.first_error:
        lines.append(f"why: {_place(outcome.first_error)}: {shown(outcome.first_error.message)}")
    return lines


def _rows(count: int) -> str:
    return f"{count:,} {'row' if count == 1 else 'rows'}"


def _place(problem: Problem) -> str:
    line = f"line {problem.line}" if problem.line else ""
    column = f"column {shown(problem.column)}" if problem.column else ""
    return ", ".join(part for part in (problem.code, line, column) if part)


def _reasons(outcome: Outcome) -> list[str]:
    if not outcome.reasons:
        return []
    most = sorted(outcome.reasons, key=lambda reason: -reason.count)
    rows = [("rows", "code", "column", "first", "what is wrong there"), *(_reason(reason) for reason in most[:LISTED])]
    title = "bad rows" if outcome.refused else "rejected rows"
    return [f"{title}:", *_table(rows, right=1), *_more(len(most) - LISTED, "reasons")]


def _reason(reason: Reason) -> tuple[str, ...]:
    first = reason.first
    return f"{reason.count:,}", first.code, shown(first.column or ""), f"line {first.line}", shown(first.message)


def _columns(outcome: Outcome, *, defined: bool) -> list[str]:
    if not outcome.fields:
        return []
    rows = [(shown(field.name), field.type) for field in outcome.fields[:COLUMNS]]
    title = "columns, as defined:" if defined else "columns, types inferred:"
    return [title, *_table(rows), *_more(len(outcome.fields) - COLUMNS, "columns")]


def _reports(outcome: Outcome) -> list[str]:
    if not outcome.shares:
        return []
    rows = []
    for report, pairs in groupby(map(split_pair, outcome.shares), key=lambda pair: pair[0]):
        periods = [period for _, period in pairs]
        more = f" and {len(periods) - PERIODS:,} more" if len(periods) > PERIODS else ""
        rows.append((shown(report), ", ".join(periods[:PERIODS]) + more))
    return ["counts in reports:", *_table(rows)]


def _written(outcome: Outcome, out: Path | None) -> list[str]:
    if out is None or outcome.refused:
        return []
    documents = [str(out / name) for name in (outcome.processed, outcome.rejected_file) if name]
    partials = [f"{out / PARTIALS} ({len(outcome.shares):,} of this file)"] if outcome.shares else []
    return ["written:", *(f"  {shown(line)}" for line in documents + partials)]


def _timing(checked: Checked) -> str:
    rows, seconds = checked.outcome.rows, max(checked.seconds, 0.001)
    # A file that was rejected before its end says nothing about speed.
    rates = f", {rows / seconds:,.0f} rows/s, {checked.size / 1e6 / seconds:,.1f} MB/s" if rows else ""
    return f"{checked.seconds:.2f} s{rates}"


def _table(rows: Iterable[tuple[str, ...]], *, right: int = 0) -> list[str]:
    """The rows as lines, their columns under each other; the first `right` columns stand right, as numbers do."""
    rows = list(rows)
    widths = [max(map(len, values)) for values in zip(*rows, strict=True)]
    return [
        "  " + "  ".join(f"{value:{'>' if i < right else '<'}{widths[i]}}" for i, value in enumerate(row)).rstrip()
        for row in rows
    ]


def _more(count: int, what: str) -> list[str]:
    return [f"  and {count:,} more {what}"] if count > 0 else []
