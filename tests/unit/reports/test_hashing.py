"""The hash of a value: the same for equal values everywhere, and well mixed whatever the values look like."""

import datetime as dt
from decimal import Decimal
from typing import Any

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from shared.reports.hashing import hashed

NOON = dt.datetime(2026, 11, 20, 12, 0, tzinfo=dt.UTC)

# Sketches that are stored were made with these. Who must change one renames the state that keeps them.
GOLDEN = [
    ("", 9192445514051884528),
    ("a", 12280709844666663401),
    ("a\0", 17436169035134700409),
    ("12345678", 15759044857234303003),
    ("größe 東京", 17376110790080266741),
    ("longer than sixty-four bytes: " + "ä" * 50, 2117401686103170724),
    (0, 6692510775668509540),
    (1, 5711371151409844982),
    (-(2**63), 356189406949232326),
    (1.5, 7993454438912057447),
    (True, 5711371151409844982),
    (Decimal("1.50"), 13395187050423566247),
    (dt.date(2026, 11, 20), 11821183458160651993),
    (NOON, 17584390769055440648),
]


def hash_of(value: Any) -> int:
    (found,) = hashed(pl.Series([value])).to_list()
    assert isinstance(found, int)
    return found


@pytest.mark.parametrize(("value", "golden"), GOLDEN, ids=[repr(value)[:20] for value, _ in GOLDEN])
def test_a_hash_never_changes(value: Any, golden: int) -> None:
    assert hash_of(value) == golden


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (pl.Series([0.0]), pl.Series([-0.0])),
        (pl.Series([Decimal("1.5")]), pl.Series([Decimal("1.500")])),
        (pl.Series([Decimal(100)]), pl.Series([Decimal("100.00")])),
        (pl.Series([Decimal(0)]), pl.Series([Decimal("-0.00")])),
        (pl.Series([NOON]), pl.Series([NOON]).dt.convert_time_zone("Asia/Tokyo")),
    ],
    ids=["zero", "fraction", "no fraction", "decimal zero", "time zone"],
)
def test_equal_values_have_equal_hashes(one: pl.Series, other: pl.Series) -> None:
    assert hashed(one).to_list() == hashed(other).to_list()


def test_null_has_no_hash() -> None:
    assert hashed(pl.Series([None, "a", None])).is_null().to_list() == [True, False, True]
    assert hashed(pl.Series([None], dtype=pl.String)).to_list() == [None]


def test_no_values_have_no_hashes() -> None:
    assert hashed(pl.Series([], dtype=pl.String)).to_list() == []


@settings(deadline=None)
@given(st.lists(st.text(max_size=200)))
def test_the_values_beside_it_do_not_change_a_hash(texts: list[str]) -> None:
    assert hashed(pl.Series(texts, dtype=pl.String)).to_list() == [hash_of(text) for text in texts]


ROWS = 1 << 16
LONG = "a text that is longer than sixty-four bytes, whatever is put behind or in front of it: "

LOOKS: dict[str, pl.Series] = {
    "sequence": pl.Series(range(ROWS)),
    "thousands": pl.Series(range(0, ROWS * 1000, 1000)),
    "powers": pl.Series([(1 << at) + low for at in range(20, 60) for low in range(ROWS // 40)]),
    "negative": pl.Series(range(-ROWS, 0)),
    "floats": pl.Series(range(ROWS)).cast(pl.Float64),
    "fractions": pl.Series([n / 7 for n in range(ROWS)]),
    "cents": pl.Series([Decimal(n).scaleb(-2) for n in range(ROWS)], dtype=pl.Decimal(28, 2)),
    "days": pl.Series([dt.date(1900, 1, 1) + dt.timedelta(days=n) for n in range(ROWS)]),
    "seconds": pl.Series([NOON + dt.timedelta(seconds=n) for n in range(ROWS)]),
    "digits": pl.Series([str(n) for n in range(ROWS)]),
    "a prefix": pl.Series([f"customer-{n:08}" for n in range(ROWS)]),
    "a suffix": pl.Series([f"{n:08}@example.com" for n in range(ROWS)]),
    "long, last differs": pl.Series([f"{LONG}{n}" for n in range(ROWS)]),
    "long, first differs": pl.Series([f"{n}{LONG}" for n in range(ROWS)]),
    "lengths": pl.Series(["x" * n for n in range(4000)]),
    "multi-byte": pl.Series([chr(0x4E00 + n % 20000) + chr(0x4E00 + n // 20000) for n in range(ROWS)]),
    "words swapped": pl.Series([f"{n:08}{ROWS - n:08}" for n in range(ROWS)]),
}


@pytest.mark.parametrize("looks", LOOKS)
def test_different_values_have_different_hashes(looks: str) -> None:
    assert hashed(LOOKS[looks]).n_unique() == LOOKS[looks].n_unique()


@pytest.mark.parametrize("looks", LOOKS)
def test_every_bit_is_set_in_half_of_the_hashes(looks: str) -> None:
    hashes = hashed(LOOKS[looks]).to_list()
    spread = 6 * (len(hashes) / 4) ** 0.5  # of a fair coin, six standard deviations
    for bit in range(64):
        assert sum(value >> bit & 1 for value in hashes) == pytest.approx(len(hashes) / 2, abs=spread), f"bit {bit}"


@pytest.mark.parametrize("looks", LOOKS)
def test_low_bits_are_even_and_say_nothing_of_the_high_ones(looks: str) -> None:
    """The low twelve bits choose a register, the high ones are what it keeps."""
    hashes = hashed(LOOKS[looks])
    cells = (hashes % 64) * 64 + hashes // (1 << 58)
    counts = cells.value_counts(name="n")["n"].to_list()
    expected = len(hashes) / 4096
    chi_squared = sum((n - expected) ** 2 for n in counts) / expected + (4096 - len(counts)) * expected
    assert chi_squared == pytest.approx(4095, abs=6 * (2 * 4095) ** 0.5)


@pytest.mark.parametrize("word", [0, 1, 2**40, 0x00AA55AA55AA55AA])
def test_one_bit_of_a_value_changes_half_of_the_hash(word: int) -> None:
    changed = [(hash_of(word ^ (1 << bit)) ^ hash_of(word)).bit_count() for bit in range(56)]
    assert all(12 < count < 52 for count in changed), changed
    assert sum(changed) / 56 == pytest.approx(32, abs=4)
