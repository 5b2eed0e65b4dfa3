"""What reports must show, worked out in plain Python from the files as they are: no states, no merging, no history."""

import csv
import datetime as dt
from collections.abc import Iterable, Mapping
from contextlib import suppress

type Rows = list[tuple[str, str, int]]  # day, region, amount
type Shown = dict[str, dict[str, int]]  # period → region → revenue


def is_sales(text: str) -> bool:
    """Whether a file is one of those for which columns are defined."""
    return text.startswith("day,region,amount")


def accepted_rows(text: str) -> Rows | None:
    """The rows of a sales file that count, in its order; None where so many are wrong that the file is rejected.

    Other files have no such rows, and nothing can be wrong with them.
    """
    if not is_sales(text):
        return []
    lines = list(csv.DictReader(text.splitlines()))
    rows: Rows = []
    for line in lines:
        with suppress(ValueError):
            rows.append((dt.date.fromisoformat(line["day"]).isoformat(), line["region"], int(line["amount"])))
    return rows if 2 * len(rows) >= len(lines) else None  # `max_rejected` of the dataset is a half


def has_rejects(text: str) -> bool:
    """Whether some rows of an accepted file are wrong."""
    rows = accepted_rows(text)
    return is_sales(text) and rows is not None and len(rows) < len(text.splitlines()) - 1


def revenue(files: Iterable[str]) -> Shown:
    """What `sales_by_day` shows of these files."""
    shown: Shown = {}
    for text in files:
        for day, region, amount in accepted_rows(text) or []:
            regions = shown.setdefault(day, {})
            regions[region] = regions.get(region, 0) + amount
    return shown


def texts(uploads: Mapping[str, tuple[object, bytes]]) -> dict[str, str]:
    """The uploads of a world in memory, as text by name."""
    return {name: data.decode() for name, (_, data) in uploads.items()}
