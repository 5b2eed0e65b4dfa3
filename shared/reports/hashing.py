"""A hash of 64 bits for any value: the same in every file, process, machine and version of polars.

polars has hashes of its own, but they may change with its version, and sketches outlive that. So this one is made of
integer arithmetic alone, which wraps around at 64 bits. It spreads values well; it does not withstand someone who
chooses them to collide. `tests/unit/reports/test_hashing.py` pins it: to change it, rename the state that keeps hashes.
"""

from __future__ import annotations

import polars as pl

# The fractions of the square roots of 2, 3, 5 and 7 in 64 bits, made odd, so that multiplying by them loses nothing.
_ROOT_2, _ROOT_3 = 0x6A09E667F3BCC909, 0xBB67AE8584CAA73B
_ROOT_5, _ROOT_7 = 0x3C6EF372FE94F82B, 0xA54FF53A5F1D36F1

_NAME = "value"
_VALUE = pl.col(_NAME)
_WORD = 8  # bytes
_FIRST_WORDS = 8  # of every text at a time; what comes behind them is rare, and hashed for the few that have it


def hashed(values: pl.Series) -> pl.Series:
    """The hash of each value, null for null. Equal values of one type have equal hashes, however they were written."""
    match values.dtype:
        case pl.String():
            return _of_texts(values)
        case pl.Decimal():  # its digits without trailing zeros, so that its scale does not show
            texts = values.cast(pl.String)
            return _of_texts(texts.str.strip_chars_end("0").str.strip_chars_end(".") if values.dtype.scale else texts)
        case pl.Float64():
            bits = _with(values, pl.when(_VALUE == 0).then(0.0).otherwise(_VALUE).reinterpret(dtype=pl.UInt64))
        case _:
            bits = values.cast(pl.Int64).reinterpret(signed=False)
    return _mixed(_with(bits, _VALUE + _word(_ROOT_2)))


def _mixed(bits: pl.Series) -> pl.Series:
    """Every bit of the result depends on every bit of the argument, and no two arguments have the same result."""
    for factor in (_ROOT_3, _ROOT_5):
        bits = _with(bits, (_VALUE ^ (_VALUE // _word(1 << 32))) * _word(factor))
    return _with(bits, _VALUE ^ (_VALUE // _word(1 << 29)))


def _of_texts(texts: pl.Series) -> pl.Series:
    """Each word of eight bytes is mixed with its place, so that they can be put together in any order."""
    sizes = texts.str.len_bytes().cast(pl.UInt64)
    # So many bytes more that the last word is whole, and there is no other behind it.
    data = (texts + "\0" * (_WORD - 1)).cast(pl.Binary)
    words = -(-_largest(sizes) // _WORD)
    hashes = _mixed(_with(sizes, _VALUE + _word(_ROOT_7)))
    for at in range(min(words, _FIRST_WORDS)):
        hashes = hashes ^ _words(_with(data, _VALUE.bin.slice(at * _WORD, _WORD)), _word(at)).fill_null(0)
    if words > _FIRST_WORDS:
        hashes = hashes ^ _of_the_rest(sizes, data)
    return _mixed(hashes)


def _of_the_rest(sizes: pl.Series, data: pl.Series) -> pl.Series:
    """The words of long texts behind the first ones, each a row for a while: one text may have a million of them."""
    rows = pl.DataFrame({"size": sizes, "data": data}).with_row_index("row")
    every = pl.int_ranges(_FIRST_WORDS, (pl.col("size") + _WORD - 1) // _WORD, dtype=pl.UInt64)
    words = rows.filter(pl.col("size") > _FIRST_WORDS * _WORD).select("row", "data", every.alias("at")).explode("at")
    cut = words.select(pl.col("data").bin.slice(pl.col("at") * _WORD, _WORD)).to_series()
    mixed = words.select("row", _words(cut, words["at"]).alias("rest"))
    rest = mixed.group_by("row").agg(pl.col("rest").bitwise_xor())
    return rows.join(rest, on="row", how="left", maintain_order="left")["rest"].fill_null(0)


def _words(data: pl.Series, place: pl.Expr | pl.Series) -> pl.Series:
    """What each eight bytes at their place add to the hash; null where there are not eight."""
    word = _VALUE.bin.reinterpret(dtype=pl.UInt64, endianness="little")
    return _mixed(_with(data, word + (place + 1) * _word(_ROOT_2)))


def _with(series: pl.Series, value: pl.Expr) -> pl.Series:
    """One step at a time: an expression that has its argument twice would have it worked out twice."""
    return series.alias(_NAME).to_frame().select(value.alias(_NAME)).to_series()


def _largest(sizes: pl.Series) -> int:
    largest = sizes.max()
    return largest if isinstance(largest, int) else 0


def _word(value: int) -> pl.Expr:
    return pl.lit(value, pl.UInt64)
