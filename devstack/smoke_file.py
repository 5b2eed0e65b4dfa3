"""The file that the smoke test uploads, and what must become of it, worked out by hand.

Quarters and powers of two: sums and means are exact in any order.
"""

from collections.abc import Mapping
from dataclasses import dataclass

COLUMNS = {"item": "string", "quantity": "integer", "price": "float"}


@dataclass(frozen=True)
class Version:
    """One version of the file: its bytes, the counts of its record, the row of its report."""

    content: bytes
    counts: Mapping[str, int]
    row: Mapping[str, object]


FIRST = Version(
    b"item,quantity,price\n"
    b"apple,1,0.25\n"
    b"pear,2,0.5\n"
    b"plum,3,0.75\n"
    b"cherry,10\n"  # too few fields
    b"quince,4,1.5\n"
    b'"fig, dried",5,2\n'
    b"medlar,6,3\n"
    b"sloe,7,4\n"
    b"damson,8,4\n",
    {"rows": 9, "records": 8, "rejected": 1},
    {
        "period": "all",
        "rows": 8,
        "quantity_sum": 36,
        "quantity_min": 1,
        "quantity_max": 8,
        "quantity_mean": 4.5,
        "price_sum": 16,
        "price_min": 0.25,
        "price_max": 4,
        "price_mean": 2,
    },
)
SECOND = Version(
    b"item,quantity,price\nmelon,20,1.5\ngrape,40,2.5\n",
    {"rows": 2, "records": 2, "rejected": 0},
    {
        "period": "all",
        "rows": 2,
        "quantity_sum": 60,
        "quantity_min": 20,
        "quantity_max": 40,
        "quantity_mean": 30,
        "price_sum": 4,
        "price_min": 1.5,
        "price_max": 2.5,
        "price_mean": 2,
    },
)
