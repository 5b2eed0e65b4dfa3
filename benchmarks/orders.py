"""`python -m benchmarks.orders FILE --rows N`: orders as a shop exports them, the same bytes every time."""

from __future__ import annotations

import argparse
import datetime as dt
import re
from collections.abc import Callable
from pathlib import Path
from random import Random

HEADER = "order_id,ordered_at,region,category,customer,quantity,amount,discount,note\n"
BLOCK = 1_000_000  # rows that are made; a longer file repeats them
SEED = 20261120
MONTH = dt.datetime(2026, 11, 1, tzinfo=dt.UTC)
SECONDS = 30 * 86_400

REGIONS = ("north", "south", "east", "west")
CATEGORIES = ("books", "garden", "kitchen", "music", "office", "sports", "tools", "toys")
FIRST_NAMES = ("Ana", "Bob", "Chloé", "Dmitri", "Eve", "Jürgen", "Mei", "Noor", "Søren", "Zoë")
LAST_NAMES = ("Black", "García", "Ibsen", "Khan", "Li", "Müller", "Nowak", "O'Neil", "Šimić", "Yılmaz")
NOTES = (
    "",
    "gift",
    "ring twice, please",
    'the 5" one, not the 7" one',
    "leave it at the door; the bell is broken",
    "deliver after 18:00, not before",
    "größer als das letzte, bitte",
)


def write_orders(file: Path, rows: int, damaged_every: int | None = None) -> None:
    """Write `rows` orders, one of every `damaged_every` consecutive ones damaged, each in the next way of `DAMAGE`."""
    if damaged_every and rows > BLOCK and BLOCK % damaged_every:
        raise ValueError(f"damaged_every must divide {BLOCK:,} in a file of more rows than that")
    lines = _orders(min(rows, BLOCK))
    if damaged_every:
        # From the middle of each stretch, so that the last row, which an open quote would run off, is a good one.
        for turn, at in enumerate(range(damaged_every // 2, len(lines), damaged_every)):
            lines[at] = DAMAGE[turn % len(DAMAGE)](lines[at])
    block = "".join(lines).encode()
    with file.open("wb") as output:
        output.write(HEADER.encode())
        for _ in range(rows // BLOCK):
            output.write(block)
        output.write("".join(lines[: rows % BLOCK]).encode())


def _orders(count: int) -> list[str]:
    """Orders of one month, in the order of their times, as exports have them."""
    random = Random(SEED)
    customers = [_customer(first, last) for first in FIRST_NAMES for last in LAST_NAMES]
    notes = ['"' + note.replace('"', '""') + '"' for note in NOTES]
    draw, pick = random.random, random.choice
    return [
        f"{number * 7:010d},{MONTH + dt.timedelta(seconds=number * SECONDS // BLOCK):%Y-%m-%dT%H:%M:%SZ},"
        f"{pick(REGIONS)},{pick(CATEGORIES)},{pick(customers)},{1 + int(draw() ** 3 * 100)},"
        f"{draw() * 1000:.2f},{f'{draw() * 0.5:.3f}' if draw() < 0.05 else ''},{pick(notes)}\n"
        for number in range(count)
    ]


def _customer(first: str, last: str) -> str:
    """A quoted name with a comma; Bobs are known by what they are called."""
    return f'"{last}, Robert ""Bob"""' if first == "Bob" else f'"{last}, {first}"'


def _without_last_field(line: str) -> str:
    return line.rpartition(',"')[0] + "\n"


def _with_another_field(line: str) -> str:
    return line.rstrip("\n") + ",again\n"


def _with_a_bad_number(line: str) -> str:
    return re.sub(r'",([0-9]+),', r'",\1x,', line, count=1)  # the quantity, which follows a quoted value


def _with_a_bad_time(line: str) -> str:
    return line.replace("-11-", "-31-", 1)


def _with_text_after_a_quote(line: str) -> str:
    return line.removesuffix('"\n') + '" and more\n'


def _with_an_open_quote(line: str) -> str:
    return line.removesuffix('"\n') + "\n"


DAMAGE: tuple[Callable[[str], str], ...] = (
    _without_last_field,
    _with_another_field,
    _with_a_bad_number,
    _with_a_bad_time,
    _with_text_after_a_quote,
    _with_an_open_quote,
)


def main() -> None:
    """Write one file."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.orders", description=__doc__)
    parser.add_argument("file", type=Path, metavar="FILE")
    parser.add_argument("--rows", type=int, default=BLOCK, metavar="N", help="how many orders (%(default)s)")
    parser.add_argument("--damaged-every", type=int, metavar="N", help="damage one of every N rows")
    options = parser.parse_args()
    write_orders(options.file, options.rows, options.damaged_every)


if __name__ == "__main__":
    main()
