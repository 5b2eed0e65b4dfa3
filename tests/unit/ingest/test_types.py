"""Text to typed values and back: a text that is not a value of its type is refused, never changed."""

import datetime as dt
import json
from decimal import Decimal

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from shared.definitions.model import Column
from shared.ingest.types import convert, written

BAD = "type"


def datetimes(check_values, *texts, layout=None, zone="UTC"):
    return check_values(Column("a", "datetime", format=layout), *texts, time_zone=zone)


def utc(*parts):
    return dt.datetime(*parts, tzinfo=dt.UTC)


def test_integers_of_64_bits_are_read_and_longer_ones_never_wrapped(check_values):
    texts = ["0", "-7", "+7", "007", "9223372036854775807", "-9223372036854775808"]
    assert check_values(Column("a", "integer"), *texts) == [0, -7, 7, 7, 2**63 - 1, -(2**63)]
    assert check_values(Column("a", "integer"), "9223372036854775808", "99999999999999999999") == [BAD, BAD]


@pytest.mark.parametrize("text", ["1.0", "1e3", "1_000", "1,000", " 1", "1 ", "1\n", "٣", "0x1", "-", "true", "NaN"])
def test_what_is_no_integer_is_refused(check_values, text):
    assert check_values(Column("a", "integer"), text) == [BAD]


def test_floats_are_read_with_and_without_exponent(check_values):
    texts = ["1", "1.", ".5", "-0.1", "1e5", "1.5E-3", "+2"]
    assert check_values(Column("a", "float"), *texts) == [1.0, 1.0, 0.5, -0.1, 1e5, 1.5e-3, 2.0]


@pytest.mark.parametrize("text", ["inf", "-Infinity", "nan", "NaN", "1e400", ".", "1,5", "1 ", "1f", "0x1p3", "1e"])
def test_what_is_no_finite_number_is_refused(check_values, text):
    assert check_values(Column("a", "float"), text) == [BAD]


def test_decimals_keep_their_digits(check_values):
    texts = ["1", "1.5", "-.25", "1.500", "0.1", "+2.", "99999999999999999999999999.99"]
    expected = ["1.00", "1.50", "-0.25", "1.50", "0.10", "2.00", "99999999999999999999999999.99"]
    assert check_values(Column("a", "decimal", scale=2), *texts) == [Decimal(text) for text in expected]


@pytest.mark.parametrize(
    ("scale", "text"),
    [(2, "1.005"), (2, "0.001"), (2, ".999"), (0, ".5"), (0, "1.5"), (2, "1e2"), (2, "."), (2, "9" * 27), (2, "1,5")],
)
def test_a_decimal_is_refused_rather_than_rounded(check_values, scale, text):
    assert check_values(Column("a", "decimal", scale=scale), text) == [BAD]


def test_booleans_in_the_common_spellings(check_values):
    texts = ["true", "TRUE", "Yes", "1", "false", "No", "0"]
    assert check_values(Column("a", "boolean"), *texts) == [True, True, True, True, False, False, False]
    assert check_values(Column("a", "boolean"), "t", "on", "2", " true") == [BAD] * 4


def test_dates_that_do_not_exist_are_refused(check_values):
    column = Column("a", "date")
    assert check_values(column, "2024-02-29", "0001-01-01", "9999-12-31") == [
        dt.date(2024, 2, 29),
        dt.date(1, 1, 1),
        dt.date(9999, 12, 31),
    ]
    bad = ["2026-02-29", "2026-13-01", "2026-00-10", "0000-01-01", "2026-1-1", "20261120", "2026-11-20T00:00:00"]
    assert check_values(column, *bad) == [BAD] * len(bad)


def test_datetimes_are_read_with_and_without_seconds_fraction_and_offset(check_values):
    texts = {
        "2026-11-20T13:00:00": utc(2026, 11, 20, 13),
        "2026-11-20 13:00": utc(2026, 11, 20, 13),
        "2026-11-20T13:00:00Z": utc(2026, 11, 20, 13),
        "2026-11-20T13:00:00.5": utc(2026, 11, 20, 13, 0, 0, 500_000),
        "2026-11-20T13:00:00.1234560": utc(2026, 11, 20, 13, 0, 0, 123_456),
        "2026-11-20T13:00:00+05:30": utc(2026, 11, 20, 7, 30),
        "2026-11-20T13:00:00-0530": utc(2026, 11, 20, 18, 30),
        "2026-12-31T23:30:00-01:00": utc(2027, 1, 1, 0, 30),
    }
    assert datetimes(check_values, *texts) == list(texts.values())


@pytest.mark.parametrize(
    "text",
    [
        "2026-11-20T13:00:60",  # polars: the next minute
        "2026-11-20T13:00.5",  # half a minute, or half a second?
        "2026-11-20T13:00:00.1234567",  # a digit more than can be kept
        "2026-11-20T24:00:00",
        "2026-02-30T00:00:00Z",
        "2026-11-20T13:00:00+24:00",
        "2026-11-20T13:00:00 CET",
        "2026-11-20",
        "0000-01-01T00:00:00",
        "0001-01-01T00:00:00+01:00",  # in the year before year 1
        "9999-12-31T23:00:00-02:00",
    ],
)
def test_what_is_no_moment_is_refused(check_values, text):
    assert datetimes(check_values, text) == [BAD]


def test_a_local_time_that_does_not_exist_is_refused(check_values):
    assert datetimes(check_values, "2026-03-29T02:30:00", zone="Europe/Berlin") == [BAD]


def test_of_a_local_time_that_exists_twice_the_earlier_is_taken_and_an_offset_tells_them_apart(check_values):
    texts = ["2026-10-25T02:30:00", "2026-10-25T02:30:00+02:00", "2026-10-25T02:30:00+01:00"]
    earlier, same, later = datetimes(check_values, *texts, zone="Europe/Berlin")
    assert [moment.astimezone(dt.UTC) for moment in (earlier, same, later)] == [
        utc(2026, 10, 25, 0, 30),
        utc(2026, 10, 25, 0, 30),
        utc(2026, 10, 25, 1, 30),
    ]


@pytest.mark.parametrize("kind", ["date", "datetime"])
def test_years_that_python_cannot_hold_in_the_time_zone_are_refused(check_values, kind):
    column = Column("a", kind, format="%d.%m.%Y")
    assert check_values(column, "31.12.0000", time_zone="America/Los_Angeles") == [BAD]


def test_the_zone_moves_what_is_out_of_range(check_values):
    assert datetimes(check_values, "9999-12-31T23:59:59", zone="America/Los_Angeles") == [BAD]


# --- Formats: what Python's strptime reads, and nothing else ---------------------------------------------------------

FORMATS = [
    ("%d.%m.%Y %H:%M:%S", "20.11.2026 13:05:09"),
    ("%d.%m.%Y %H:%M", "1.2.2026 3:04"),
    ("%Y%m%d%H%M%S", "20261120130509"),
    ("%m/%d/%y %I:%M %p", "11/20/69 01:05 pm"),
    ("%m/%d/%y %I:%M %p", "11/20/68 12:05 AM"),
    ("%d %b %Y %H:%M", "20 Nov 2026 13:05"),
    ("%A, %B %d, %Y", "Friday, november 20, 2026"),
    ("%Y-%j", "2024-366"),
    ("%Y-%m-%d %H:%M:%S.%f", "2026-11-20 13:05:09.5"),
    ("%Y-%m-%d %H:%M:%S,%f", "2026-11-20 13:05:09,123"),
    ("%Y-%m-%d %H:%M:%S.%f", "2026-11-20 13:05:09.000007"),
    ("%c", "Fri Nov 20 13:05:09 2026"),
    ("%x %X", "11/20/26 13:05:09"),
    ("%Y-%m-%dT%H:%M:%S%z", "2026-11-20T13:05:09+02:00"),
    ("%Y-%m-%dT%H:%M:%S%z", "2026-11-20T13:05:09-0330"),
    ("%Y-%m-%dT%H:%M:%S%z", "2026-11-20T13:05:09Z"),
    ("%d%%%m%%%Y", "20%11%2026"),
    ("[%Y](%m)^%d$", "[2026](11)^20$"),
]


@pytest.mark.parametrize(("layout", "text"), FORMATS)
def test_a_format_reads_what_strptime_reads(check_values, layout, text):
    expected = dt.datetime.strptime(text, layout)  # noqa: DTZ007 - some formats have no offset
    expected = expected if expected.tzinfo else expected.replace(tzinfo=dt.UTC)
    assert datetimes(check_values, text, layout=layout) == [expected]


@pytest.mark.parametrize(
    ("layout", "text"),
    [
        ("%d.%m.%Y", "20.11.26"),  # polars: the year 26
        ("%d.%m.%Y", "31.02.2026"),
        ("%d.%m.%Y", "20.11.2026 "),
        ("%d.%m.%Y", " 20.11.2026"),
        ("%d.%m.%Y %H:%M", "20.11.202613:00"),  # polars: blanks may be missing
        ("%d.%m.%Y %H:%M", "20.11.2026 13:00:30"),
        ("%d.%m.%Y %H:%M:%S", "20.11.2026 13:00:60"),
        ("%d.%m.%Y %H:%M:%S", "20.11.2026 13:00"),
        ("%Y-%m-%d %H:%M:%S.%f", "2026-11-20 13:00:00.1234567"),
        ("%Y-%m-%d %H:%M:%S.%f", "2026-11-20 13:00:00."),
        ("%m/%d/%Y %I:%M %p", "11/20/2026 13:00 PM"),
        ("%Y-%m-%d %H:%M:%S %Z", "2026-11-20 13:00:00 EST"),  # polars: ignores the zone
        ("%Y-%m-%dT%H:%M:%S%z", "2026-11-20T13:00:00"),
    ],
)
def test_a_text_in_another_format_is_refused(check_values, layout, text):
    assert datetimes(check_values, text, layout=layout) == [BAD]


@pytest.mark.parametrize(("layout", "text"), [("%d.%m.%Y", "20.11.2026"), ("%d.%m.%y", "20.11.26")])
def test_dates_have_formats_too(check_values, layout, text):
    assert check_values(Column("a", "date", format=layout), text, "32.11.2026") == [dt.date(2026, 11, 20), BAD]


def test_a_format_without_offset_is_local_time(check_values):
    [moment] = datetimes(check_values, "20.07.2026 13:00", layout="%d.%m.%Y %H:%M", zone="Europe/Berlin")
    assert moment == utc(2026, 7, 20, 11)


# --- Back to text ----------------------------------------------------------------------------------------------------


def as_json(column, text, zone="UTC"):
    frame = pl.DataFrame({"text": [text]}).select(convert(column, pl.col("text"), zone).alias("value"))
    shown = frame.select(written(column, pl.col("value"), zone))
    return json.loads(shown.write_ndjson())["value"]


@pytest.mark.parametrize(
    ("column", "text", "shown"),
    [
        (Column("a", "string"), ' "ä"\n', ' "ä"\n'),
        (Column("a", "integer"), "9223372036854775807", 9223372036854775807),
        (Column("a", "float"), "0.1", 0.1),
        (Column("a", "decimal", scale=2), "0.1", "0.10"),
        (Column("a", "decimal", scale=0), "12345678901234567890", "12345678901234567890"),
        (Column("a", "boolean"), "yes", True),
        (Column("a", "date"), "0001-01-01", "0001-01-01"),
        (Column("a", "datetime"), "2026-11-20 13:00", "2026-11-20T13:00:00Z"),
    ],
)
def test_values_in_json(column, text, shown):
    assert as_json(column, text) == shown


@pytest.mark.parametrize(
    ("text", "zone", "shown"),
    [
        ("2026-07-01T00:00:00Z", "America/Los_Angeles", "2026-06-30T17:00:00-07:00"),
        ("2026-10-25T02:30:00+01:00", "Europe/Berlin", "2026-10-25T02:30:00+01:00"),
        ("2026-07-01T00:00:00.25+02:00", "Europe/Berlin", "2026-07-01T00:00:00.250+02:00"),
        ("1850-01-01T00:00:00Z", "Europe/Berlin", "1850-01-01T00:00:00Z"),  # local mean time was seconds off
    ],
)
def test_moments_are_written_in_the_zone_of_the_dataset(text, zone, shown):
    written_text = as_json(Column("a", "datetime"), text, zone)
    assert written_text == shown
    assert dt.datetime.fromisoformat(written_text) == dt.datetime.fromisoformat(text)


@settings(max_examples=100, deadline=None)
@given(
    st.datetimes(utc(2, 1, 1).replace(tzinfo=None), utc(9998, 12, 31).replace(tzinfo=None)),
    st.integers(-14 * 60, 14 * 60),
    st.sampled_from(["UTC", "Europe/Berlin", "America/Los_Angeles", "Asia/Kolkata", "Africa/Monrovia"]),
)
def test_any_moment_comes_out_as_the_moment_it_was(local, minutes, zone):
    moment = local.replace(tzinfo=dt.timezone(dt.timedelta(minutes=minutes)))
    assert dt.datetime.fromisoformat(as_json(Column("a", "datetime"), moment.isoformat(), zone)) == moment


@settings(max_examples=100, deadline=None)
@given(st.decimals(-(10**15), 10**15, places=4), st.integers(0, 6))
def test_any_decimal_comes_out_exactly_or_not_at_all(number, scale):
    text = f"{number:f}"
    shown = as_json(Column("a", "decimal", scale=scale), text)
    assert (shown is not None) == (number == number.quantize(Decimal(1).scaleb(-scale)))
    assert shown is None or Decimal(shown) == Decimal(text)
