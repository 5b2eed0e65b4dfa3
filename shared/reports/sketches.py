"""Sketches: what is kept of a column so that percentiles and distinct values can be told over many files.

A sketch is a list of cells `(k, v)`, in the order of their keys; null is the sketch of no values. Sketches are merged
by putting their cells together, key by key. That gives the same sketch in any order and grouping, to the last bit.

`buckets` (DDSketch: Masson, Rim, Lee, VLDB 2019): how many values (`v`) lie in each bucket `k`. Bucket by bucket the
bounds grow by one factor, so that a bucket's middle is within 1 % of all that it holds, however values are distributed.

`distinct`: the values by their hash, as long as there are few. From then on HyperLogLog (Flajolet, Fusy, Gandouet,
Meunier, 2007): `k` is one of 4,096 registers, chosen by the low bits of a hash, `v` the most zeros that a hash of that
register begins with, plus one. Which of the two it is depends on the values alone, not on how they came together.

Other parameters make other cells: whoever changes them, or what `hashed` returns, renames the state.
"""

from __future__ import annotations

import math
from typing import Literal

import polars as pl

from shared.reports.hashing import hashed

type SketchKind = Literal["buckets", "distinct"]

ACCURACY = 0.01  # of percentiles
_GROWTH = (1 + ACCURACY) / (1 - ACCURACY)
_ONE = 40_000  # the bucket that 1.0 is the upper bound of; the least and largest floats are within 38,000 of it

EXACT = 1_000  # distinct values that are counted exactly
_REGISTERS = 4_096  # for a standard error of 1.04 / √4096 = 1.6 %
_HASH = _REGISTERS  # a bit that every hash has and no register


def keys_of(kind: SketchKind, values: pl.Series) -> pl.Series:
    """The key of each value, null for null. What is left of a value in its sketch is in there."""
    if kind == "distinct":
        return hashed(values) | _HASH
    number = pl.col("number")
    bucket = (number.abs().log(_GROWTH).ceil() + _ONE) * number.sign()  # so that keys are in the order of values
    key = pl.when(number == 0).then(0).otherwise(bucket).cast(pl.Int32)
    return values.cast(pl.Float64).alias("number").to_frame().select(key).to_series()


def of_keys(kind: SketchKind, keys: pl.Series) -> pl.Series:
    """The sketch of each list of keys."""
    flat = keys.alias("k").to_frame().with_row_index("row").explode("k").drop_nulls("k")
    if kind == "distinct":
        flat = flat.with_columns(v=(pl.col("k").bitwise_leading_zeros() + 1).cast(pl.UInt8))
    else:
        flat = flat.with_columns(v=pl.lit(1, pl.Int64))
    return _sketched(kind, flat, keys)


def merged(kind: SketchKind, cells: pl.Series) -> pl.Series:
    """The sketch of each list of cells, which are those of several sketches one behind the other."""
    flat = cells.alias("cell").to_frame().with_row_index("row").explode("cell").drop_nulls("cell").unnest("cell")
    return _sketched(kind, flat, cells)


def _sketched(kind: SketchKind, flat: pl.DataFrame, lists: pl.Series) -> pl.Series:
    cells = _by_key(flat, pl.col("v").sum()) if kind == "buckets" else _distinct(flat)
    sketches = cells.group_by("row").agg(pl.struct("k", "v").sort_by("k").alias("sketch"))
    rows = pl.select(row=pl.int_range(len(lists), dtype=pl.UInt32))
    return rows.join(sketches, on="row", how="left", maintain_order="left")["sketch"].alias(lists.name)


def _distinct(flat: pl.DataFrame) -> pl.DataFrame:
    """The cells by hash, where they are few, or else by register."""
    most = pl.col("v").max()
    registers = _by_key(flat.with_columns(pl.col("k") % _REGISTERS), most)
    # To tell hashes apart costs most where there are many, and where they fill many registers they are certainly many.
    many = registers.group_by("row").len().filter(pl.col("len") > EXACT)
    hashes = _by_key(flat.join(many, on="row", how="anti"), most)
    counted = hashes.group_by("row").agg(pl.len(), pl.col("k").min())
    few = counted.filter((pl.col("len") <= EXACT) & (pl.col("k") >= _REGISTERS))  # a register stands for many hashes
    return pl.concat([registers.join(few, on="row", how="anti"), hashes.join(few, on="row", how="semi")])


def _by_key(flat: pl.DataFrame, value: pl.Expr) -> pl.DataFrame:
    return flat.group_by("row", "k").agg(value)


def percentile(sketch: pl.Expr, percent: int, *, whole: bool = False) -> pl.Expr:
    """An estimate of the least value that at least `percent` of 100 values do not exceed (SQL's `percentile_disc`).

    `whole`: all values are whole numbers. Then the estimate is exact below 50.
    """
    count = pl.element().struct.field("v")
    reached = count.cum_sum() * 100 >= count.sum() * percent
    key = sketch.list.agg(pl.element().struct.field("k").filter(reached).first()).cast(pl.Float64)
    # The number that is as far from both bounds of the bucket, in proportion.
    middle = 2 / (1 + _GROWTH) * pl.lit(_GROWTH).pow(key.abs() - _ONE)
    estimate = pl.when(key == 0).then(0.0).otherwise(key.sign() * middle)
    if not whole:
        return estimate
    nearest = estimate.round()
    return pl.when(nearest.abs() * ACCURACY < 0.5).then(nearest).otherwise(estimate)


def distinct(sketch: pl.Expr) -> pl.Expr:
    """How many distinct values there are: of more than EXACT an estimate, by the formula of Ertl (2017)."""
    cells = sketch.list.len().cast(pl.Float64)
    filled = sketch.list.agg((0.5 ** pl.element().struct.field("v").cast(pl.Float64)).sum())
    empty = 1 - cells / _REGISTERS
    # What empty registers add. More terms than these add nothing where there are more than EXACT values.
    unseen = sum((2 ** (n - 1) * empty ** (2**n) for n in range(1, 10)), start=empty) * _REGISTERS
    estimate = _REGISTERS**2 / (2 * math.log(2)) / (filled + unseen)
    exact = sketch.list.first().struct.field("k") >= _REGISTERS
    return pl.when(exact).then(cells).otherwise(estimate).round().cast(pl.Int64).fill_null(0)
