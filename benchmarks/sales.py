"""Files of sales of one month, for a report by product. The same bytes every time."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

REPORT, PERIOD = "sales_by_product", "2026-11"
HEADER = "sold_at,product,quantity,amount"
CENT = Decimal("0.01")


@dataclass(frozen=True, slots=True)
class Sales:
    """Rows whose products follow one another from `first` on, and begin again after `products` of them.

    `dearer` cents are added to every amount: another version of the same file.
    """

    rows: int
    products: int
    first: int = 0
    dearer: int = 0

    def to_csv(self) -> bytes:
        """The file."""
        lines = [
            f"2026-11-{1 + number % 30:02}T{number % 24:02}:00:00Z,product {self._product(number):06},"
            f"{1 + number % 9},{self._cents(number) * CENT}"
            for number in range(self.rows)
        ]
        return "\n".join([HEADER, *lines, ""]).encode()

    @property
    def revenue(self) -> Decimal:
        """What the report must say of it."""
        return sum(map(self._cents, range(self.rows))) * CENT

    def _product(self, number: int) -> int:
        return (self.first + number) % self.products

    def _cents(self, number: int) -> int:
        return 100 + self.dearer + number * 7919 % 99_900
