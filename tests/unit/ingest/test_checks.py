"""The checks of a definition: what fails, which failure is told, and that every row is one or the other."""

import csv
import datetime as dt
import io
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest

from shared.definitions.model import Column

OK = "ok"
DAY = dt.date(2026, 1, 2)


def verdicts(check_values, column, *texts, **settings):
    """`ok` or the code, for each text."""
    codes = {"type", "required", "min", "max", "one_of", "pattern", "max_length", "unique"}
    return [value if value in codes else OK for value in check_values(column, *texts, **settings)]


@pytest.mark.parametrize(
    ("column", "inside", "below", "above"),
    [
        (Column("a", "integer", min=-1, max=3), ["-1", "3"], "-2", "4"),
        (Column("a", "integer", min=-(2**63), max=2**63 - 2), ["-9223372036854775808"], None, "9223372036854775807"),
        (Column("a", "float", min=0, max=1), ["0", "1.0", "0.5"], "-0.0001", "1.0001"),
        (Column("a", "float", min=0.1), ["0.1"], "0.0999", None),
        (Column("a", "decimal", scale=2, min=Decimal("0.10"), max=Decimal("9.99")), ["0.1", "9.99"], "0.09", "10"),
        (Column("a", "decimal", scale=0, max=Decimal(10**27)), [str(10**27)], None, str(10**27 + 1)),
        (Column("a", "date", min=DAY, max=DAY), ["2026-01-02"], "2026-01-01", "2026-01-03"),
    ],
    ids=lambda value: value.type if isinstance(value, Column) else "",
)  # fmt: skip
def test_bounds_belong_to_the_allowed_values(check_values, column, inside, below, above):
    assert verdicts(check_values, column, *inside) == [OK] * len(inside)
    assert verdicts(check_values, column, *filter(None, [below, above])) == [
        code for code, text in (("min", below), ("max", above)) if text
    ]


@pytest.mark.parametrize("zone", ["UTC", "Europe/Berlin", "America/Los_Angeles"])
@pytest.mark.parametrize("bound_zone", [dt.UTC, ZoneInfo("Europe/Berlin"), dt.timezone(dt.timedelta(hours=-5))])
def test_a_moment_is_compared_with_bounds_of_any_time_zone(check_values, zone, bound_zone):
    bound = dt.datetime(2026, 7, 1, 12, tzinfo=dt.UTC).astimezone(bound_zone)
    column = Column("a", "datetime", min=bound, max=bound)
    texts = ["2026-07-01T11:59:59.999999Z", "2026-07-01T14:00:00+02:00", "2026-07-01T12:00:00.000001Z"]
    assert verdicts(check_values, column, *texts, time_zone=zone) == ["min", OK, "max"]


def test_the_first_and_the_last_moment_may_be_bounds(check_values):
    low = dt.datetime(1, 1, 1, tzinfo=ZoneInfo("Europe/Berlin"))
    high = dt.datetime(9999, 12, 31, 23, tzinfo=ZoneInfo("America/Los_Angeles"))
    column = Column("a", "datetime", min=low, max=high)
    assert verdicts(check_values, column, "2026-07-01T00:00:00Z") == [OK]


def test_a_missing_value_fails_required_and_nothing_else(check_values):
    for column in (
        Column("a", "string", one_of=("x",), pattern="x", max_length=1, unique=True),
        Column("a", "integer", min=1, max=2, unique=True),
    ):
        assert verdicts(check_values, column, "", "NA", "", null_values=("", "NA")) == [OK] * 3
    assert verdicts(check_values, Column("a", "integer", min=1, required=True), "", "1") == ["required", OK]


def test_null_values_are_what_the_dataset_says(check_values):
    assert check_values(Column("a", "string"), "", "NA", "na", null_values=("NA",)) == ["", None, "na"]
    assert check_values(Column("a", "integer"), "", "1", null_values=()) == ["type", 1]


def test_one_of_is_exact(check_values):
    column = Column("a", "string", one_of=("north", "'x'"))
    assert verdicts(check_values, column, "north", "North", "north ", "'x'") == [OK, "one_of", "one_of", OK]


@pytest.mark.parametrize(
    ("pattern", "good", "bad"),
    [
        ("[a-z]{2}", "ab", ["abc", "xab", "ab\n", "ab\nab"]),
        ("a|bc", "bc", ["ac", "bca", "abc"]),
        ("^a$", "a", ["ab", "\na"]),
        ("(?i)ab", "AB", ["ABC"]),
    ],
)
def test_a_pattern_must_match_the_whole_value(check_values, pattern, good, bad):
    column = Column("a", "string", pattern=pattern)
    assert verdicts(check_values, column, good, *bad) == [OK, *["pattern"] * len(bad)]


def test_length_is_counted_in_characters(check_values):
    assert verdicts(check_values, Column("a", "string", max_length=2), "é😀", "é😀x") == [OK, "max_length"]


def test_unique_compares_values_and_accepts_the_first(check_values):
    column = Column("a", "decimal", scale=2, unique=True)
    assert verdicts(check_values, column, "1.5", "1.50", "2", "1.500") == [OK, "unique", OK, "unique"]


@pytest.mark.parametrize("chunk", [5, 10_000])
def test_unique_holds_across_blocks(process_file, chunk):
    text = "id,x\n" + "".join(f"{number % 7},{number}\n" for number in range(20))
    result = process_file(text, Column("id", "string", unique=True), Column("x", "integer"), chunk=chunk)
    assert [record["x"] for record in result.records] == [0, 1, 2, 3, 4, 5, 6]
    assert result.outcome.codes == {"unique": 13}


def test_a_rejected_row_does_not_use_up_a_unique_value(process_file):
    result = process_file("id,x\n1,bad\n1,5\n", Column("id", "string", unique=True), Column("x", "integer"))
    assert (result.records, result.outcome.codes) == ([{"id": "1", "x": 5}], {"type": 1})


def test_the_first_failing_check_of_the_first_failing_column_in_file_order_is_told(process_file):
    columns = (Column("b", "integer", min=5), Column("a", "string", one_of=("x",), max_length=1))
    result = process_file("a,b\nyy,1\nx,1\nx,z\n", *columns)
    assert [row[1:3] for row in result.rejects] == [["a", "one_of"], ["b", "min"], ["b", "type"]]


def test_a_message_quotes_the_value_but_not_all_of_a_long_one(process_file):
    result = process_file(f"a\n{'9' * 60}\n", Column("a", "integer"))
    assert result.error.message == f"'{'9' * 50}…' is not a whole number of at most 64 bits."
    assert (result.error.line, result.error.column) == (2, "a")


def test_missing_columns_reject_the_file_and_are_named(process_file):
    result = process_file('\n"x\n",a\n1,2\n', *(Column(name, "string") for name in "abc"))
    assert (result.error.code, result.error.line, result.error.column) == ("missing_column", 2, "b")
    assert "lacks 'b', 'c'" in result.error.message
    assert result.outcome.refused


def test_the_order_of_columns_in_the_file_is_free_and_kept(process_file):
    result = process_file("b,a\n1,2\n", Column("a", "integer"), Column("b", "integer"))
    assert list(result.records[0]) == ["b", "a"]


def test_extra_columns_are_rejected_ignored_or_kept(process_file):
    text, column = "a,x\n1,NA\n", Column("a", "integer")
    refused = process_file(text, column)
    assert (refused.error.code, refused.error.column) == ("extra_column", "x")
    assert process_file(text, column, extra_columns="ignore").records == [{"a": 1}]
    kept = process_file(text, column, extra_columns="keep", null_values=("NA",))
    assert kept.records == [{"a": 1, "x": None}]
    assert kept.document["columns"] == {"a": "integer", "x": "string"}


def test_ignored_columns_are_in_the_rejected_file_all_the_same(process_file):
    result = process_file("x,a\nkeep me,bad\n", Column("a", "integer"), extra_columns="ignore")
    assert result.rejects[0][4:] == ["keep me", "bad"]


def test_a_message_does_not_list_all_columns_of_a_wide_file(process_file):
    result = process_file(",".join(f"c{number}" for number in range(5_000)) + "\n", Column("a", "string"))
    assert len(result.error.message) < 400
    assert "and 4,980 more" in result.error.message


NASTY = ["^a$", "^.*$", "*", "line", "c0", "c0.value", "c1", "größe", 'say "x"', "a,b", "{}", "count", "$0"]


def test_no_column_name_means_anything_to_the_engine(process_file):
    buffer = io.StringIO()
    csv.writer(buffer).writerows([NASTY, [str(number) for number in range(len(NASTY))], ["bad"] * len(NASTY)])
    columns = [Column(name, "integer", unique=True, min=0) for name in NASTY]
    result = process_file(buffer.getvalue(), *columns)
    assert result.records == [dict(zip(NASTY, range(len(NASTY)), strict=True))]
    assert result.rejects[0][1:3] == ["^a$", "type"]
