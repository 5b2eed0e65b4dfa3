"""Sketches: their errors against exact values, and that merging in any way is the sketch of all values."""

import datetime as dt
import io
import itertools
import math
import random
from collections.abc import Sequence
from decimal import Decimal
from typing import Any

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from shared.reports import sketches
from shared.reports.hashing import hashed
from shared.reports.sketches import ACCURACY, EXACT, SketchKind

SKETCH = pl.col("sketch")
PERCENTS = (1, 5, 25, 50, 75, 90, 95, 99)


def sketch_of(kind: SketchKind, values: Sequence[Any] | pl.Series) -> pl.Series:
    """The sketch of these values, through Parquet and back."""
    series = values if isinstance(values, pl.Series) else pl.Series(values)
    keys = pl.Series([sketches.keys_of(kind, series)])
    buffer = io.BytesIO()
    sketches.of_keys(kind, keys).alias("sketch").to_frame().write_parquet(buffer)
    return pl.read_parquet(io.BytesIO(buffer.getvalue()))["sketch"]


def merge(kind: SketchKind, parts: Sequence[pl.Series]) -> pl.Series:
    return sketches.merged(kind, pl.concat([*parts]).to_frame().select(SKETCH.explode().implode()).to_series())


def percentiles(sketch: pl.Series, *, whole: bool = False) -> dict[int, float]:
    shown = (sketches.percentile(SKETCH, percent, whole=whole).alias(str(percent)) for percent in PERCENTS)
    return dict(zip(PERCENTS, sketch.to_frame().select(shown).row(0), strict=True))


def distinct(sketch: pl.Series) -> int:
    return int(sketch.to_frame().select(sketches.distinct(SKETCH)).item())


def exact_percentiles(values: Sequence[Any]) -> dict[int, float]:
    """The least value that at least so many of 100 values do not exceed."""
    ordered = sorted(values)
    return {percent: float(ordered[-(-len(ordered) * percent // 100) - 1]) for percent in PERCENTS}


# --- percentiles ---

luck = random.Random(20261120)
ROWS = 20_000
DISTRIBUTIONS: dict[str, list[float]] = {
    "uniform": [luck.uniform(0, 1000) for _ in range(ROWS)],
    "lognormal": [luck.lognormvariate(0, 3) for _ in range(ROWS)],
    "heavy tail": [luck.paretovariate(0.5) for _ in range(ROWS)],
    "normal, both signs": [luck.gauss(0, 1) for _ in range(ROWS)],
    "negative": [-luck.expovariate(0.001) for _ in range(ROWS)],
    "mostly zero": [luck.choice((0.0, 0.0, -0.0, 0.0, 3.5, -1e-9)) for _ in range(ROWS)],
    "constant": [42.42] * ROWS,
    "two modes": [luck.choice((1e-6, 1e9)) * luck.uniform(1, 2) for _ in range(ROWS)],
    "least and largest": [5e-324, 2.2e-308, 1.7e308, -1.7e308, -5e-324, 0.0],
    "powers of the growth": [(1.01 / 0.99) ** n for n in range(-300, 300)],
    "one": [7.25],
    "two": [1.0, 100.0],
    "three": [3.0, -3.0, 0.0],
}


@pytest.mark.parametrize("name", DISTRIBUTIONS)
def test_a_percentile_is_within_one_percent(name: str) -> None:
    values = DISTRIBUTIONS[name]
    shown = percentiles(sketch_of("buckets", values))
    assert shown == pytest.approx(exact_percentiles(values), rel=ACCURACY * (1 + 1e-9), abs=5e-324)


@settings(deadline=None)
@given(st.lists(st.floats(-1e308, 1e308), min_size=1))
def test_percentiles_of_any_floats_are_within_one_percent(values: list[float]) -> None:
    shown = percentiles(sketch_of("buckets", values))
    for percent, right in exact_percentiles(values).items():
        assert math.isclose(shown[percent], right, rel_tol=ACCURACY * 1.02, abs_tol=1e-300), (percent, values)


def test_the_values_of_a_bucket_are_as_near_as_promised_at_both_bounds() -> None:
    middle = percentiles(sketch_of("buckets", [1000.0]))[50]
    assert middle == percentiles(sketch_of("buckets", [middle * 1.0099]))[50]
    assert middle == percentiles(sketch_of("buckets", [middle * 0.9901]))[50]


def medians_of_single(numbers: Sequence[int]) -> list[float]:
    """The median of each of these numbers alone."""
    keys = sketches.keys_of("buckets", pl.Series(numbers)).to_frame("key").with_row_index()
    lists = keys.group_by("index", maintain_order=True).agg("key")["key"]
    shown = sketches.of_keys("buckets", lists).to_frame("sketch").select(sketches.percentile(SKETCH, 50, whole=True))
    return shown.to_series().to_list()


def test_whole_numbers_below_fifty_have_exact_percentiles() -> None:
    numbers = list(range(-49, 50))
    assert medians_of_single(numbers) == numbers


def test_larger_whole_numbers_are_within_one_percent() -> None:
    numbers = [*range(50, 10_000), *range(-10_000, -49), 2**63 - 1]
    assert medians_of_single(numbers) == pytest.approx(numbers, rel=ACCURACY)


def test_decimals_have_percentiles() -> None:
    prices = [Decimal(n).scaleb(-2) for n in range(1, 100_001)]
    shown = percentiles(sketch_of("buckets", prices))
    assert shown == pytest.approx(exact_percentiles(prices), rel=ACCURACY)


@pytest.mark.parametrize("values", [[], [None, None]])
def test_no_values_have_no_percentile(values: list[None]) -> None:
    assert set(percentiles(sketch_of("buckets", pl.Series(values, dtype=pl.Float64))).values()) == {None}


# --- distinct ---


@pytest.mark.parametrize("count", [0, 1, 2, 10, 500, EXACT - 1, EXACT])
def test_few_distinct_values_are_counted_exactly(count: int) -> None:
    values = pl.Series([f"id-{n}" for n in range(count)] * 3 + [None], dtype=pl.String)
    assert distinct(sketch_of("distinct", values)) == count


def test_few_values_are_counted_exactly_also_where_each_has_a_register_of_its_own() -> None:
    values = pl.Series(range(10 * EXACT))
    apart = values.to_frame("value").with_columns(register=hashed(values) % 4096).unique("register", keep="first")
    assert distinct(sketch_of("distinct", apart["value"].head(EXACT))) == EXACT


def test_a_hash_that_could_be_a_register_is_none() -> None:
    value = -8167984889604573293  # found by working the hash out backwards
    assert hashed(pl.Series([value])).to_list() == [5]
    assert distinct(sketch_of("distinct", [value, 1, 2])) == 3


@pytest.mark.parametrize("count", [EXACT + 1, 2_000, 5_000, 10_000, 20_000, 50_000, 100_000, 1_000_000])
def test_many_distinct_values_are_estimated(count: int) -> None:
    estimate = distinct(sketch_of("distinct", pl.Series(range(count))))
    assert estimate == pytest.approx(count, rel=4 * 0.0163)  # standard errors


@pytest.mark.parametrize("count", [1_500, 4_000, 8_000, 12_000, 16_000, 24_000])
def test_estimates_have_the_standard_error_of_their_registers_and_no_bias(count: int) -> None:
    """Between small and large counts is where HyperLogLog's own formulas are off."""
    errors = []
    for sample in range(60):
        values = pl.Series(range(sample * 10**9, sample * 10**9 + count))
        errors.append(distinct(sketch_of("distinct", values)) / count - 1)
    assert math.fsum(errors) / 60 == pytest.approx(0, abs=4 * 0.0163 / 60**0.5)
    assert (math.fsum(error**2 for error in errors) / 60) ** 0.5 < 1.4 * 0.0163


NOON = dt.datetime(2026, 11, 20, 12, 0, tzinfo=dt.UTC)


@pytest.mark.parametrize(
    "values",
    [
        ["a", "", "ä"],
        [1, 0, -1],
        [0.5, 0.0, -0.5],
        [Decimal("1.10"), Decimal("0.00"), Decimal("1.11")],
        [dt.date(2026, 11, 20), dt.date(1970, 1, 1), dt.date(2026, 11, 21)],
        [NOON, NOON + dt.timedelta(microseconds=1), NOON + dt.timedelta(days=1)],
    ],
    ids=lambda values: type(values[0]).__name__,
)
def test_values_of_every_type_are_told_apart(values: list[Any]) -> None:
    assert distinct(sketch_of("distinct", [*values, None, *values])) == 3


def test_distinct_booleans_are_two() -> None:
    assert distinct(sketch_of("distinct", [True, False, None, True])) == 2


# --- merging ---

KINDS: tuple[SketchKind, ...] = ("buckets", "distinct")


@pytest.mark.parametrize("kind", KINDS)
@settings(deadline=None)
@given(st.lists(st.lists(st.none() | st.integers(-100, 100), max_size=8), min_size=1, max_size=6), st.randoms())
def test_merged_in_any_way_sketches_are_the_sketch_of_all(
    kind: SketchKind, files: list[list[int | None]], order: random.Random
) -> None:
    def sketched(values: Sequence[int | None]) -> pl.Series:
        return sketch_of(kind, pl.Series(values, dtype=pl.Int64))

    parts = [sketched(file) for file in files]
    while len(parts) > 1:
        order.shuffle(parts)
        taken = order.randint(2, len(parts))
        parts = [merge(kind, parts[:taken]), *parts[taken:]]
    assert parts[0].equals(sketched(list(itertools.chain.from_iterable(files))), null_equal=True)


@pytest.mark.parametrize(
    "sizes",
    [(EXACT, 1), (EXACT // 2, EXACT // 2 + 1), (EXACT + 1, 10), (10, EXACT + 1), (5000, 10), (10, 5000), (5000, 5000)],
)
@pytest.mark.parametrize("overlap", [0, 5])
def test_distinct_sketches_merge_alike_on_both_sides_of_exactness(sizes: tuple[int, int], overlap: int) -> None:
    first, second = pl.Series(range(sizes[0])), pl.Series(range(sizes[0] - overlap, sum(sizes) - overlap))
    one, other = sketch_of("distinct", first), sketch_of("distinct", second)
    of_all = sketch_of("distinct", pl.concat([first, second]))
    assert merge("distinct", [one, other]).equals(of_all)
    assert merge("distinct", [other, one]).equals(of_all)


@pytest.mark.parametrize("kind", KINDS)
def test_many_files_of_different_sizes_merge_in_any_grouping(kind: SketchKind) -> None:
    chance = random.Random(7)
    files = [pl.Series([chance.randrange(20_000) for _ in range(chance.choice((1, 30, 900, 3000)))]) for _ in range(40)]
    parts = [sketch_of(kind, file) for file in files]
    in_steps = merge(kind, [merge(kind, parts[at : at + 7]) for at in range(0, 40, 7)])
    assert in_steps.equals(merge(kind, parts))
    assert in_steps.equals(sketch_of(kind, pl.concat(files)))


def test_a_sketch_keeps_no_more_cells_than_it_has_registers() -> None:
    assert sketch_of("distinct", pl.Series(range(200_000))).list.len().item() <= 4096


def test_only_buckets_that_hold_a_value_are_kept() -> None:
    assert sketch_of("buckets", [1.0, 1e300, 1.0]).list.len().item() == 2
