"""Files for the chaos test, each made of its name and a number: the same of the same, on every machine."""

import csv
import datetime as dt
import gzip
import io
import random
from collections.abc import Callable

type Row = list[str]

ORDERS = ["id", "day", "region", "customer", "quantity", "amount", "weight", "big", "note"]
READINGS = ["time", "sensor", "value"]
DAYS = [f"2026-03-{day:02}" for day in range(1, 8)]
REGIONS = ["north", "south", "east", "west"]
LARGE = (8_000, 30_000)  # rows: seconds of work, to be killed in
DEFECTS: list[tuple[str, str]] = [
    ("id", ""),
    ("day", ""),
    ("day", "2026-02-30"),
    ("day", "1.3.2026"),
    ("region", "nowhere"),
    ("quantity", "0"),
    ("quantity", "two"),
    ("quantity", "1.0"),
    ("amount", "1.234"),
    ("amount", "12 EUR"),
    ("weight", "nan"),
    ("weight", "heavy"),
    ("big", "9223372036854775808"),
    ("note", "longer than twenty characters"),
]


def content(name: str, seed: int) -> bytes:
    """The bytes of one version of a file. What kind of file it is follows from the folder and the seed."""
    chance = random.Random(f"{name} {seed}")
    make: dict[str, Callable[[random.Random], bytes]] = {"orders": _orders, "readings": _readings}
    data = make.get(name.split("/", maxsplit=1)[0], _plain)(chance)
    if not name.endswith(".gz"):
        return data
    packed = gzip.compress(data, mtime=0)
    return packed[: len(packed) // 2] if chance.random() < 0.1 else packed


def _orders(chance: random.Random) -> bytes:
    kind = chance.choices(
        ["good", "rejects", "quoted", "large", "bad", "header", "empty", "missing", "extra", "binary", "latin"],
        [40, 25, 10, 8, 5, 3, 2, 2, 2, 2, 2],
    )[0]
    rows = _order_rows(chance, chance.randint(*LARGE) if kind == "large" else chance.randint(1, 200))
    match kind:
        case "rejects" | "large":
            _spoil(rows, chance, 0.05)
        case "bad":
            _spoil(rows, chance, 0.9)
        case "quoted":
            for row in chance.sample(rows, (len(rows) + 1) // 2):
                row[-1] = chance.choice(["a,b", 'say "so"', "two\nlines", "a\r\nb,c"])
        case "header":
            rows.clear()
        case "empty" | "missing" | "extra" | "binary" | "latin":
            return _refused(kind, rows)
    return _shuffled(ORDERS, rows, chance)


def _refused(kind: str, rows: list[Row]) -> bytes:
    """A file that has to be rejected as a whole."""
    match kind:
        case "empty":
            return b"\r\n" * (len(rows) % 3)
        case "missing":
            return _csv(ORDERS[:-1], [row[:-1] for row in rows])
        case "extra":
            return _csv([*ORDERS, "more"], [[*row, "x"] for row in rows])
        case "binary":
            return _csv(ORDERS, rows) + b"\x00\x00\n"
        case _:
            return _csv(ORDERS, rows) + "Köln,,,,,,,,\n".encode("latin-1")


def _order_rows(chance: random.Random, count: int) -> list[Row]:
    days = chance.sample(DAYS, chance.randint(1, 4))
    return [
        [
            f"o{number}",
            chance.choice(days),
            chance.choice([*REGIONS, ""]),
            f"customer {chance.randint(1, 500)}",
            _or_nothing(chance, str(chance.randint(1, 1000))),
            _or_nothing(chance, chance.choice(["{:.2f}", "{:.1f}", "{:.0f}"]).format(chance.uniform(-50, 500))),
            _or_nothing(chance, chance.choice([f"{chance.uniform(-10, 100):.3f}", f"{chance.randint(1, 9)}e-2"])),
            _or_nothing(chance, str(chance.randint(-(2**63), 2**63 - 1) if chance.random() < 0.2 else number)),
            chance.choice(["", "plain", "Köln", "NA", " blank "]),
        ]
        for number in range(count)
    ]


def _spoil(rows: list[Row], chance: random.Random, share: float) -> None:
    """Make some rows bad, each for one reason only, so that it does not matter which check comes first."""
    for row in chance.sample(rows, max(1, round(len(rows) * share))):
        kind = chance.random()
        if kind < 0.1:
            row.pop()
        elif kind < 0.2:
            row.append("too much")
        elif kind < 0.3:
            row[0] = "o0"  # so does the first row, unless this is it
        else:
            column, value = chance.choice(DEFECTS)
            row[ORDERS.index(column)] = value


def _shuffled(header: Row, rows: list[Row], chance: random.Random) -> bytes:
    """The file with its columns in some order; rows of another width keep what they have behind it."""
    order = chance.sample(range(len(header)), len(header))
    moved = [[*(row[i] for i in order), *row[len(header) :]] if len(row) >= len(header) else row for row in rows]
    return _csv([header[i] for i in order], moved, chance.choice(["\n", "\n", "\r\n"]))


def _readings(chance: random.Random) -> bytes:
    start = dt.datetime(2026, 3, 1, chance.randint(0, 20))  # noqa: DTZ001 - the offset is written behind it
    rows = []
    for _ in range(chance.randint(0, 300)):
        time = start + dt.timedelta(seconds=chance.randint(0, 4 * 3600), microseconds=chance.choice([0, 0, 120_000]))
        text = time.isoformat() + chance.choice(["", "Z", "+02:00", "-05:30"])
        rows.append(
            [
                chance.choices([text, "", "noon"], [90, 5, 2])[0],
                chance.choices(["a", "b", "c d", ""], [40, 40, 20, 2])[0],
                chance.choices([repr(chance.gauss(20, 5)), "", "-"], [90, 5, 2])[0],
            ]
        )
    return _csv(READINGS, rows)


def _plain(chance: random.Random) -> bytes:
    """A file without a definition: what its columns are follows from their values."""
    whole = chance.random() < 0.9
    rows = [
        [
            f"item {number}",
            _or_nothing(chance, str(chance.randint(-100, 100)) if whole else f"{chance.uniform(0, 9):.1f}"),
            _or_nothing(chance, f"{chance.uniform(0, 99):.2f}"),
        ]
        for number in range(chance.randint(0, 100))
    ]
    if rows and chance.random() < 0.1:
        rows[-1][1] = "n/a"  # makes text of the whole column
    return _csv(["item", "amount", "price"], rows)


def _or_nothing(chance: random.Random, text: str) -> str:
    return "" if chance.random() < 0.1 else text


def _csv(header: Row, rows: list[Row], line_end: str = "\n") -> bytes:
    text = io.StringIO()
    csv.writer(text, lineterminator=line_end).writerows([header, *rows])
    return text.getvalue().encode()
