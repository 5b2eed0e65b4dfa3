"""Columns read in the way that takes the least: the values are those of the exact conversion, whatever is mixed."""

import datetime as dt
import itertools
import re
from decimal import Decimal, InvalidOperation

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from shared.definitions.model import Column
from shared.ingest.types import convert, written
from shared.ingest.values import ValueReader, shown_of, values_of

MOMENTS = [
    "2026-01-18T03:23:37", "2026-01-18T03:23:37Z", "2026-01-18 03:23:37", "2026-01-18 03:23:37Z", "2026-01-18T03:23",
    "2026-01-18 03:23Z", "2026-01-18T03:23:37.5", "2026-01-18 03:23:37.123456Z", "2026-01-18T03:23:37+02:00",
    "2026-01-18T03:23-0930", "0001-01-01T00:00:00", "9999-12-31T23:59:59.999999Z", "0000-12-31T23:59:59",
    "2026-03-29T02:30:00", "2026-10-25T02:30:00", "1850-01-01 00:00",
]  # fmt: skip
ISO = re.compile(
    r"([0-9]{4}-[0-9]{2}-[0-9]{2})[T ]([0-9]{2}:[0-9]{2})(:[0-5][0-9](?:\.[0-9]{1,6}0{0,3})?)?"
    r"(Z|[+-](?:[01][0-9]|2[0-3]):?[0-5][0-9])?"
)


def read(column, texts, zone="UTC"):
    """Values, and the same as the processed document shows them."""
    rows = ValueReader({"c0": column}, zone).read(pl.DataFrame({"c0": texts}, schema={"c0": pl.String}))
    return values_of(rows, ["c0"])["c0"], shown_of(rows, ["c0"])["c0"]


def mutated(text):
    """Texts that are one character away."""
    for at in range(len(text) + 1):
        for new in ("", *"0569 +-:TtZz.\n\t\u00a0٣"):
            yield text[:at] + new + text[at + 1 :]
            yield text[:at] + new + text[at:]


def moment(text):
    """The moment in UTC by Python's own reading, None where there is none."""
    match = ISO.fullmatch(text)
    if match is None:
        return None
    day, minutes, seconds, offset = match.groups()
    local = f"{day}T{minutes}{(seconds or ':00')[:10]}"
    try:
        read = dt.datetime.fromisoformat(local + (offset or "Z"))
        return read.astimezone(dt.UTC)
    except (ValueError, OverflowError):
        return None


@pytest.mark.parametrize("text", MOMENTS)
def test_what_is_one_character_away_from_a_moment_is_read_as_python_reads_it_or_refused(text):
    texts = sorted(set(mutated(text)))
    values, _ = read(Column("a", "datetime"), texts)
    wrong = {text: (value, moment(text)) for text, value in zip(texts, values, strict=True) if value != moment(text)}
    assert wrong == {}


KINDS = [
    (Column("a", "datetime"), [*MOMENTS, "x", ""]),
    (
        Column("a", "decimal", scale=2),
        ["1.50", "-0.01", "1.5", "+2", "007.00", "-0.00", "1.005", "9" * 26 + ".99", "x"],
    ),
    (Column("a", "date"), ["2026-01-18", "0001-01-01", "0000-01-01", "2026-1-8", "x"]),
    (Column("a", "float"), ["1", "1.50", "-0.0", "1e400", "inf", "x"]),
    (Column("a", "integer"), ["1", "-0", "+7", "9223372036854775808", "x"]),
    (Column("a", "datetime", format="%d.%m.%Y %H:%M"), ["18.01.2026 03:23", "29.03.2026 02:30", "x"]),
]


@settings(max_examples=100, deadline=None)
@given(st.sampled_from(KINDS).flatmap(lambda kind: st.tuples(st.just(kind[0]), st.lists(st.sampled_from(kind[1])))),
       st.sampled_from(["UTC", "Europe/Berlin"]))  # fmt: skip
def test_values_and_how_they_are_shown_do_not_depend_on_what_else_is_in_the_column(drawn, zone):
    column, texts = drawn
    values, as_shown = read(column, texts, zone)
    for text, value, one in zip(texts, values, as_shown, strict=True):
        alone = pl.DataFrame({"c0": [text]}).select(convert(column, pl.col("c0"), zone))
        assert value == alone.item()
        if value is not None:
            by_value = alone.select(written(column, pl.col("c0"), zone))
            assert str(one) == str(by_value.item())


def every_text(characters, longest):
    """All texts of these characters."""
    return ["".join(t) for n in range(longest + 1) for t in itertools.product(characters, repeat=n)]


def test_integers_are_digits_with_or_without_a_sign_and_nothing_else_that_polars_might_take():
    texts = every_text("09+-._e ,x\t\n٣", 4)
    values, _ = read(Column("a", "integer"), texts)
    accepted = {text for text, value in zip(texts, values, strict=True) if value is not None}
    assert accepted == {text for text in texts if re.fullmatch("[+-]?[0-9]+", text)}


def test_floats_are_digits_with_point_and_exponent_and_nothing_else_that_polars_might_take():
    texts = [*every_text("09+-._eE nif", 4), "infinity", "-inf", "nan", "+NaN", "1e-400", "0x1p3", "1e5f", "1\n"]
    values, _ = read(Column("a", "float"), texts)
    accepted = {text for text, value in zip(texts, values, strict=True) if value is not None}
    assert accepted == {t for t in texts if re.fullmatch(r"[+-]?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][+-]?[0-9]+)?", t)}


@pytest.mark.parametrize("scale", [0, 1, 2])
def test_decimals_are_numbers_that_need_no_rounding_and_nothing_else_that_polars_might_take(scale):
    texts = every_text("059+-.e _", 5)
    values, as_shown = read(Column("a", "decimal", scale=scale), texts)
    for text, value, one in zip(texts, values, as_shown, strict=True):
        expected = None
        if re.fullmatch(r"[+-]?([0-9]+\.?[0-9]*|\.[0-9]+)", text):
            try:
                expected = Decimal(text).quantize(Decimal(1).scaleb(-scale))
            except InvalidOperation:
                expected = None
            expected = expected if expected == Decimal(text) else None
        assert value == expected, text
        assert value is None or str(one) == f"{abs(value) if value == 0 else value:f}", text
