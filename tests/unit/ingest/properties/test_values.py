"""A text is a value of its column's type, or its row is rejected: held against Python's own idea of each type.

What each type accepts is written here a second time, with the standard library alone.
"""

import csv
import datetime as dt
import io
import json
import math
import re
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.definitions.model import Column

BAD = "type"
TYPO = st.text(st.sampled_from("0123456789+-.:,TZeE _/aPM\n٣é"), max_size=2)
ZONES = ["UTC", "Europe/Berlin", "America/Los_Angeles", "Asia/Kathmandu", "Pacific/Apia"]


@st.composite
def nearly(draw, texts):
    """Texts, about half of them with a typo."""
    text = draw(texts)
    if draw(st.booleans()):
        at = draw(st.integers(0, len(text)))
        text = text[:at] + draw(TYPO) + text[min(len(text), at + draw(st.integers(0, 2))) :]
    return text


def several(texts):
    return st.lists(nearly(texts).filter(bool), min_size=1, max_size=12)


@pytest.fixture
def values(answer):
    """What each text becomes in a column: its value in the processed document, or `type`."""

    def of(column, texts, **settings):
        buffer = io.StringIO(newline="")
        csv.writer(buffer, quoting=csv.QUOTE_ALL).writerows([["id", "v"], *enumerate(texts)])
        read = answer(buffer.getvalue(), Column("id", "integer"), column, delimiter=",", **settings)
        accepted = {record["id"]: record["v"] for record in read.records}
        rejected = {int(fields[0]): code for _, code, fields in read.rejects}
        return [accepted[index] if index in accepted else rejected[index] for index in range(len(texts))]

    return of


numbers = (
    st.integers(-(10**20), 10**20).map(str)
    | st.integers(2**63 - 3, 2**63 + 3).map(str)
    | st.decimals(allow_nan=False, allow_infinity=False, min_value=-(10**12), max_value=10**12, places=3).map(str)
    | st.floats().map(repr)
    | st.from_regex(r"[+-]?[0-9]{0,12}\.?[0-9]{0,20}(e[+-]?[0-9]{1,3})?", fullmatch=True)
)


def an_integer(text):
    return int(text) if re.fullmatch(r"[+-]?[0-9]+", text) and -(2**63) <= int(text) < 2**63 else BAD


def a_float(text):
    written = re.fullmatch(r"[+-]?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][+-]?[0-9]+)?", text)
    return float(text) if written and math.isfinite(float(text)) else BAD


def a_decimal(text, scale):
    if not re.fullmatch(r"[+-]?([0-9]+\.?[0-9]*|\.[0-9]+)", text):
        return BAD
    number = Decimal(text)
    shown = round(number, scale) if abs(number) < Decimal(10) ** (28 - scale) else None
    return format(shown + 0, f".{scale}f") if shown == number else BAD  # no minus zero


@given(several(numbers))
def test_integers(values, texts):
    assert values(Column("v", "integer"), texts) == [an_integer(text) for text in texts]


@given(several(numbers))
def test_floats(values, texts):
    assert values(Column("v", "float"), texts) == [a_float(text) for text in texts]


@given(several(numbers), st.integers(0, 18))
def test_decimals(values, texts, scale):
    expected = [a_decimal(text, scale) for text in texts]
    assert values(Column("v", "decimal", scale=scale), texts) == expected


@given(several(st.sampled_from(["true", "FALSE", "Yes", "no", "1", "0", "y", "on", "TRUE ", "ﬁ", "ſ"])))
def test_booleans(values, texts):
    spelt = {"true": True, "yes": True, "1": True, "false": False, "no": False, "0": False}
    assert values(Column("v", "boolean"), texts) == [spelt.get(text.lower(), BAD) for text in texts]


dates = st.dates().map(str) | st.from_regex(r"[0-9]{4}-[01][0-9]-[0-3][0-9]", fullmatch=True)


def a_date(text):
    if not re.fullmatch(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", text):
        return BAD
    try:
        return dt.date(*map(int, text.split("-"))).isoformat()
    except ValueError:
        return BAD


@given(several(dates))
def test_dates(values, texts):
    assert values(Column("v", "date"), texts) == [a_date(text) for text in texts]


moments = st.datetimes(
    timezones=st.none() | st.integers(-1439, 1439).map(lambda m: dt.timezone(dt.timedelta(minutes=m)))
)
# Texts of local time around the nights in which clocks are changed.
nights = st.tuples(
    st.sampled_from(["2026-03-29", "2026-10-25", "2026-03-08", "2026-11-01", "2011-12-30"]), st.times()
).map(lambda parts: f"{parts[0]}T{parts[1]}")
datetimes = moments.map(str) | moments.map(dt.datetime.isoformat) | nights
datetimes |= st.from_regex(r"[0-9]{4}-[01][0-9]-[0-3][0-9][T ][0-2][0-9]:[0-6][0-9](:[0-6][0-9])?Z?", fullmatch=True)

DATETIME = re.compile(
    r"(?P<day>[0-9]{4}-[0-9]{2}-[0-9]{2})[T ](?P<minute>[0-9]{2}:[0-9]{2})"
    r"(:(?P<second>[0-9]{2})(\.(?P<fraction>[0-9]{1,9}))?)?"
    r"(?P<offset>Z|[+-][0-9]{2}:?[0-5][0-9])?"
)


def a_moment(text, zone):
    """The moment in UTC. None near the ends of time, and where polars knows no clock changes any more: from 2100."""
    found = DATETIME.fullmatch(text)
    fraction = ((found and found["fraction"]) or "").ljust(9, "0")
    if not found or fraction[6:] != "000":
        return BAD
    offset = (found["offset"] or "").replace("Z", "+00:00")
    try:
        local = dt.datetime.fromisoformat(f"{found['day']}T{found['minute']}:{found['second'] or '00'}.{fraction[:6]}")
        moment = dt.datetime.fromisoformat(local.isoformat() + offset)
    except ValueError:
        return BAD
    if found["minute"] >= "24":
        return BAD
    if not 2 <= local.year <= 9998 or (local.year > 2099 and zone != "UTC"):
        return None
    if offset:
        return moment.astimezone(dt.UTC)
    there = moment.replace(tzinfo=ZoneInfo(zone)).astimezone(dt.UTC)
    exists = there.astimezone(ZoneInfo(zone)).replace(tzinfo=None) == moment
    return there if exists else BAD


@given(several(datetimes), st.sampled_from(ZONES))
def test_datetimes(values, texts, zone):
    found = values(Column("v", "datetime"), texts, time_zone=zone)
    for text, value in zip(texts, found, strict=True):
        expected = a_moment(text, zone)
        if expected is not None:
            assert (value if value == BAD else dt.datetime.fromisoformat(value)) == expected, text


FORMATS = ["%d.%m.%Y", "%m/%d/%y", "%Y%m%d", "%d %b %Y", "%B %d, %Y", "%Y-%j", "%d/%m/%Y %H:%M", "%Y-%m-%d %I:%M:%S %p"]
FORMATS += ["%d.%m.%Y %H:%M:%S.%f", "%Y%m%dT%H%M%S%z", "%a %d %b %Y %H:%M", "%Y-%m-%d %H.%M", "%H:%M %d-%m-%Y", "%c"]


@given(st.data(), st.sampled_from(FORMATS), st.sampled_from(["date", "datetime"]))
def test_a_format_takes_what_is_written_in_it_and_nothing_that_python_does_not(values, data, layout, kind):
    aware = st.datetimes(dt.datetime(1000, 1, 1), timezones=st.just(dt.UTC))  # noqa: DTZ001 - hypothesis adds the zone
    written = aware.map(lambda moment: moment.strftime(layout))
    texts = data.draw(several(written))
    kind = "datetime" if "H" in layout or "I" in layout or layout == "%c" else kind
    for text, value in zip(texts, values(Column("v", kind, format=layout), texts), strict=True):
        try:
            moment = dt.datetime.strptime(text, layout).replace(tzinfo=None)  # noqa: DTZ007 - all in UTC
        except ValueError:
            moment = None
        if value == BAD:
            assert moment is None or moment.strftime(layout) != text.removesuffix("+0000"), text
        elif "%z" not in layout:
            assert moment == dt.datetime.fromisoformat(value).replace(tzinfo=None), text


# --- Without a definition ---------------------------------------------------------------------------------------------

untyped = (
    numbers
    | dates
    | moments.map(dt.datetime.isoformat)
    | st.sampled_from(
        ["true", "false", "NA", "null", "None", "nan", "inf", "-0", "0.10", "1.", ".5", "007", "1e5", "+1"]
    )
    | st.text(st.characters(codec="utf-8", exclude_characters="\0"), min_size=1, max_size=4)
)
columns = st.sampled_from([numbers, dates, untyped, st.integers(-99, 99).map(str), st.sampled_from(["true", "false"])])


@given(columns.flatmap(lambda texts: st.lists(texts | st.just(""), min_size=1, max_size=8)))
def test_without_a_definition_every_text_comes_out_as_it_went_in(process_file, texts):
    buffer = io.StringIO(newline="")
    csv.writer(buffer, quoting=csv.QUOTE_ALL).writerows([["v"], *([text] for text in texts)])
    result = process_file(buffer.getvalue(), delimiter=",")
    document = result.outputs.documents[result.outcome.processed].decode()
    # Numbers as they are written, not as they are read.
    records = json.loads(document, parse_int=str, parse_float=str)["records"]
    shown = {True: "true", False: "false", None: ""}
    assert [shown.get(record["v"], record["v"]) for record in records] == texts
