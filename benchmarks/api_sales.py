"""Sales of regions and products: so many groups in a month, all of them in one file."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

REGIONS = ("east", "north", "south", "west")
HEADER = "sold_at,region,product,quantity,amount"
ROWS = 3  # of each group
CENT = Decimal("0.01")


@dataclass(frozen=True, slots=True)
class RegionalSales:
    """Rows of `groups` groups in one month, the regions in turn."""

    month: str
    groups: int

    def to_csv(self) -> bytes:
        """The file."""
        return "\n".join([HEADER, *(self._line(number) for number in range(self.groups * ROWS)), ""]).encode()

    def _line(self, number: int) -> str:
        group = number % self.groups
        amount = (100 + number * 7919 % 99_900) * CENT
        day, hour = 1 + number % 28, number % 24
        where = f"{REGIONS[group % len(REGIONS)]},product {group:06}"
        return f"{self.month}-{day:02}T{hour:02}:00:00Z,{where},{1 + number % 9},{amount}"
