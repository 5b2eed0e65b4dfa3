"""Shares of several files add up to the metrics over all their rows, worked out here with the standard library."""

import datetime as dt
import math
import statistics
from collections import Counter
from collections.abc import Callable
from decimal import Decimal
from fractions import Fraction
from typing import Any
from zoneinfo import ZoneInfo

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from shared.definitions.model import Metric, MetricFunction, Period, Report
from shared.ingest.outcome import Field
from shared.reports.build import report_document
from shared.reports.partials import inferred_metrics, merge, states_of

FUNCTIONS: tuple[MetricFunction, ...] = ("count", "sum", "min", "max", "mean", "std")
ALL_OF_X = Report("r", "d", metrics=(Metric("rows", "count"), *(Metric(name, name, "x") for name in FUNCTIONS)))


def expected(files: list[list[Any]]) -> dict[str, Any]:
    values = [value for file in files for value in file if value is not None]
    exact = [Fraction(value) for value in values]
    return {
        "rows": sum(map(len, files)),
        "count": len(values),
        "sum": sum(values) if values else None,
        "min": min(values, default=None),
        "max": max(values, default=None),
        "mean": float(statistics.mean(exact)) if values else None,
        "std": float(statistics.stdev(exact)) if len(values) > 1 else None,
    }


integers = st.one_of(st.none(), st.integers(-(2**40), 2**40))


@settings(deadline=None)
@given(st.lists(st.lists(integers, min_size=1, max_size=6), min_size=1, max_size=5))
def test_metrics_over_shares_equal_those_over_all_rows(share_of: Callable[..., pl.DataFrame], files: list[Any]) -> None:
    shares = [share_of({"x": ("integer", file)}, ALL_OF_X).drop("period") for file in files]
    shown = report_document(ALL_OF_X, "all", merge(shares, ()), len(shares), "").totals
    right = expected(files)
    assert {k: v for k, v in shown.items() if k not in ("mean", "std")} == {
        k: v for k, v in right.items() if k not in ("mean", "std")
    }
    assert shown["mean"] == (right["mean"] if right["mean"] is None else pytest.approx(right["mean"], abs=1e-3))
    assert shown["std"] == (right["std"] if right["std"] is None else pytest.approx(right["std"], rel=1e-6, abs=1e-3))


def test_floats_merge_like_all_rows(document_of: Callable[..., Any]) -> None:
    files = [[0.5, 1.25, None], [-3.0], [2.0, 2.0, 1e6]]
    shown = document_of([{"x": ("float", file)} for file in files], ALL_OF_X).totals
    assert shown == pytest.approx(expected(files))


def test_a_sum_of_integers_is_exact_past_64_bits(document_of: Callable[..., Any]) -> None:
    largest = 2**63 - 1
    shown = document_of([{"x": ("integer", [largest, largest])}, {"x": ("integer", [largest])}], ALL_OF_X)
    assert shown.totals["sum"] == str(3 * largest)


def test_a_sum_of_decimals_is_exact_past_64_bits(document_of: Callable[..., Any]) -> None:
    values = [Decimal("99999999999999999999999999.99"), Decimal("0.02")]
    shown = document_of([{"x": ("decimal", [value])} for value in values], ALL_OF_X)
    assert shown.totals["sum"] == "100000000000000000000000000.01"


def test_many_cents_add_up_without_rounding(document_of: Callable[..., Any]) -> None:
    shown = document_of([{"x": ("decimal", [Decimal("0.10")] * 1000)}] * 3, ALL_OF_X)
    assert shown.totals["sum"] == "300.00"


def test_the_spread_of_large_close_values_keeps_its_digits(document_of: Callable[..., Any]) -> None:
    """The sum of squares would lose all of them: 1e9 squared leaves no room for ones in 53 bits."""
    files = [[1e9 + 4, 1e9 + 7], [1e9 + 13, 1e9 + 16]]
    shown = document_of([{"x": ("float", file)} for file in files], ALL_OF_X)
    assert shown.totals["std"] == pytest.approx(statistics.stdev([4, 7, 13, 16]), rel=1e-9)


@pytest.mark.parametrize("values", [[], [None], [None, None]])
def test_over_no_values_only_counts_have_a_value(document_of: Callable[..., Any], values: list[None]) -> None:
    shown = document_of([{"x": ("integer", [None, *values])}], ALL_OF_X).totals
    assert shown == {"rows": 1 + len(values), "count": 0} | dict.fromkeys(("sum", "min", "max", "mean", "std"))


def test_one_value_has_no_standard_deviation(document_of: Callable[..., Any]) -> None:
    shown = document_of([{"x": ("integer", [5])}, {"x": ("integer", [None])}], ALL_OF_X).totals
    assert (shown["count"], shown["mean"], shown["std"]) == (1, 5.0, None)


def test_two_files_of_one_value_each_have_a_standard_deviation(document_of: Callable[..., Any]) -> None:
    shown = document_of([{"x": ("integer", [1])}, {"x": ("integer", [3])}], ALL_OF_X).totals
    assert shown["std"] == pytest.approx(math.sqrt(2))


def test_a_metric_that_outgrows_floats_is_text(document_of: Callable[..., Any]) -> None:
    shown = document_of([{"x": ("float", [1.5e308, 1.5e308])}], ALL_OF_X).totals
    assert shown["sum"] == "inf"


BY_REGION = Report("r", "d", group_by=("region",), metrics=(Metric("n", "count"), Metric("most", "max", "x")))


def test_a_null_key_is_a_group_of_its_own(document_of: Callable[..., Any]) -> None:
    first = {"region": ("string", ["north", None]), "x": ("integer", [1, 2])}
    second = {"region": ("string", [None, "south"]), "x": ("integer", [5, 3])}
    assert document_of([first, second], BY_REGION).groups == (
        {"region": None, "n": 2, "most": 5},
        {"region": "north", "n": 1, "most": 1},
        {"region": "south", "n": 1, "most": 3},
    )


def test_an_empty_text_is_not_a_null_key(document_of: Callable[..., Any]) -> None:
    shown = document_of([{"region": ("string", ["", None]), "x": ("integer", [1, 2])}], BY_REGION)
    assert [group["region"] for group in shown.groups] == [None, ""]


def test_groups_by_several_columns_are_each_combination_that_occurs(document_of: Callable[..., Any]) -> None:
    report = Report("r", "d", group_by=("a", "b"), metrics=(Metric("n", "count"),))
    file = {"a": ("string", ["x", "x", "y"]), "b": ("boolean", [True, False, True])}
    assert document_of([file, file], report).groups == (
        {"a": "x", "b": False, "n": 2},
        {"a": "x", "b": True, "n": 2},
        {"a": "y", "b": True, "n": 2},
    )


@pytest.mark.parametrize("name", ["^.*$", "*", "a:b", "rows", "period", "c0", "größe"])
def test_any_column_name_can_be_grouped_by_and_summed(document_of: Callable[..., Any], name: str) -> None:
    report = Report("r", "d", group_by=(name,), metrics=(Metric("n", "count"), Metric("total", "sum", name)))
    shown = document_of([{name: ("integer", [7, 7]), "other": ("integer", [1, 2])}], report)
    assert shown.groups == ({name: 7, "n": 2, "total": 14},)


INFERRED = Report("r", "d")


def test_without_a_definition_every_numeric_column_gets_its_metrics(document_of: Callable[..., Any]) -> None:
    file = {"name": ("string", ["a", "b"]), "x": ("integer", [1, 2])}
    assert document_of([file], INFERRED).groups == ({"rows": 2, "x_sum": 3, "x_min": 1, "x_max": 2, "x_mean": 1.5},)


def test_columns_that_only_some_files_have_count_where_they_are(document_of: Callable[..., Any]) -> None:
    shown = document_of([{"x": ("integer", [1])}, {"y": ("integer", [2])}], INFERRED).totals
    assert (shown["rows"], shown["x_sum"], shown["y_sum"], shown["y_mean"]) == (2, 1, 2, 2.0)


def test_a_column_that_is_text_in_one_file_counts_in_the_others(document_of: Callable[..., Any]) -> None:
    shown = document_of([{"x": ("string", ["n/a"])}, {"x": ("integer", [4])}], INFERRED).totals
    assert (shown["rows"], shown["x_sum"], shown["x_mean"]) == (2, 4, 4.0)


def test_whole_numbers_in_one_file_and_floats_in_another_add_up(document_of: Callable[..., Any]) -> None:
    shown = document_of([{"x": ("integer", [1])}, {"x": ("float", [0.5])}], INFERRED).totals
    assert (shown["x_sum"], shown["x_min"], shown["x_max"], shown["x_mean"]) == (1.5, 0.5, 1.0, 0.75)


SKETCHED = Report(
    "r",
    "d",
    group_by=("g",),
    metrics=(
        Metric("buyers", "distinct", "buyer"),
        Metric("median", "percentile", "x", 50),
        Metric("high", "percentile", "x", 95),
    ),
)
SALES = [
    {"g": ("string", ["a", "a", None]), "buyer": ("string", ["ann", "bob", "ann"]), "x": ("float", [1.0, 2.0, 7.0])},
    {"g": ("string", ["a", None, "a"]), "buyer": ("string", ["ann", None, "cid"]), "x": ("float", [4.0, None, -3.0])},
    {"g": ("string", ["b"]), "buyer": ("string", [None]), "x": ("float", [None])},
]


def test_distinct_values_and_percentiles_are_those_of_all_files(document_of: Callable[..., Any]) -> None:
    shown = document_of(SALES, SKETCHED)
    within = 0.01
    assert shown.groups == (
        {"g": None, "buyers": 1, "median": 7.0, "high": 7.0},
        {"g": "a", "buyers": 3, "median": pytest.approx(1.0, rel=within), "high": pytest.approx(4.0, rel=within)},
        {"g": "b", "buyers": 0, "median": None, "high": None},
    )
    assert shown.totals == {"buyers": 3, "median": pytest.approx(2.0, rel=within), "high": 7.0}


def test_a_percentile_is_never_outside_of_what_there_is(document_of: Callable[..., Any]) -> None:
    report = Report("r", "d", metrics=(Metric("low", "percentile", "x", 1), Metric("high", "percentile", "x", 99)))
    for value in (1.79e308, -1.79e308, 5e-324, 0.0, -0.0, 123.4):
        assert document_of([{"x": ("float", [value])}], report).totals == {"low": value, "high": value}


def test_percentiles_of_small_whole_numbers_are_exact(document_of: Callable[..., Any]) -> None:
    report = Report("r", "d", metrics=(Metric("median", "percentile", "x", 50),))
    assert document_of([{"x": ("integer", [3, 40])}, {"x": ("integer", [17])}], report).totals == {"median": 17.0}


def test_merged_shares_merge_again_to_the_same_states(share_of: Callable[..., pl.DataFrame]) -> None:
    by = ("by:g",)
    shares = [share_of(file, SKETCHED).drop("period") for file in SALES]
    at_once = merge(shares, by).sort(by)
    assert merge([merge(shares[1:], by), shares[0]], by).sort(by).equals(at_once, null_equal=True)
    assert merge([at_once.drop(by)], ()).equals(merge([share.drop(by) for share in shares], ()), null_equal=True)


def test_a_sketch_that_some_files_lack_is_that_of_the_others(share_of: Callable[..., pl.DataFrame]) -> None:
    share = share_of(SALES[0], SKETCHED).drop("period")
    merged = merge([share.drop("distinct:buyer", "buckets:x"), share], ("by:g",)).sort("by:g")
    of_one = share.sort("by:g")
    for state in ("distinct:buyer", "buckets:x"):
        assert merged[state].equals(of_one[state])


def test_metrics_are_inferred_for_numbers_only() -> None:
    fields = [Field("name", "string", "c0"), Field("x", "float", "c1"), Field("seen", "date", "c2")]
    assert [metric.name for metric in inferred_metrics(fields)] == ["rows", "x_sum", "x_min", "x_max", "x_mean"]


def test_metrics_of_one_column_share_their_states() -> None:
    states = states_of([Metric("a", "sum", "x"), Metric("b", "mean", "x"), Metric("c", "std", "x")])
    assert [state.name for state in states] == ["rows:", "count:x", "sum:x", "m2:x"]


def test_percentiles_of_one_column_share_their_sketch() -> None:
    states = states_of([Metric("a", "percentile", "x", 50), Metric("b", "percentile", "x", 95)])
    assert [state.name for state in states] == ["rows:", "buckets:x", "min:x", "max:x"]


# 2026-11-20T23:30Z is the next day in Berlin, and the last day of 2026 in New York still lasts at 2027-01-01T03:00Z.
LATE_EVENING = dt.datetime(2026, 11, 20, 23, 30, tzinfo=dt.UTC)
NEW_YEAR = dt.datetime(2027, 1, 1, 3, 0, tzinfo=dt.UTC)


@pytest.mark.parametrize(
    ("period", "time_zone", "moment", "name"),
    [
        ("hour", "UTC", LATE_EVENING, "2026-11-20T23"),
        ("hour", "Europe/Berlin", LATE_EVENING, "2026-11-21T00"),
        ("hour", "Asia/Kolkata", LATE_EVENING, "2026-11-21T05"),
        ("day", "Europe/Berlin", LATE_EVENING, "2026-11-21"),
        ("month", "America/New_York", NEW_YEAR, "2026-12"),
        ("year", "America/New_York", NEW_YEAR, "2026"),
        ("year", "UTC", NEW_YEAR, "2027"),
        ("all", "UTC", NEW_YEAR, "all"),
    ],
)
def test_a_period_is_told_by_the_clocks_of_the_time_zone(
    share_of: Callable[..., pl.DataFrame], period: Period, time_zone: str, moment: dt.datetime, name: str
) -> None:
    report = Report("r", "d", period=period, time="at", metrics=(Metric("n", "count"),))
    assert share_of({"at": ("datetime", [moment])}, report, time_zone)["period"].to_list() == [name]


# polars knows no summer time after 2099.
moments = st.datetimes(dt.datetime(2, 1, 1), dt.datetime(2099, 12, 31), timezones=st.just(dt.UTC))  # noqa: DTZ001
FORMATS: dict[Period, str] = {"hour": "%m-%dT%H", "day": "%m-%d", "month": "%m", "year": ""}  # behind the year


@settings(deadline=None)
@given(st.sampled_from(list(FORMATS)), st.sampled_from(["UTC", "Europe/Berlin", "Asia/Kolkata"]), st.lists(moments))
def test_every_moment_is_in_the_period_that_python_names(
    share_of: Callable[..., pl.DataFrame], period: Period, time_zone: str, at: list[dt.datetime]
) -> None:
    report = Report("r", "d", period=period, time="at", metrics=(Metric("n", "count"),))
    shown = share_of({"at": ("datetime", at)}, report, time_zone)
    local = [moment.astimezone(ZoneInfo(time_zone)) for moment in at]
    names = Counter(f"{m.year:04}-{m.strftime(FORMATS[period])}".removesuffix("-") for m in local)
    assert dict(shown.select("period", "rows:").rows()) == names


@pytest.mark.parametrize(("period", "name"), [("day", "0987-01-05"), ("month", "0987-01"), ("year", "0987")])
def test_a_date_needs_no_time_zone(share_of: Callable[..., pl.DataFrame], period: Period, name: str) -> None:
    report = Report("r", "d", period=period, time="on", metrics=(Metric("n", "count"),))
    assert share_of({"on": ("date", [dt.date(987, 1, 5)])}, report)["period"].to_list() == [name]


def test_rows_without_a_time_have_a_period_of_their_own(share_of: Callable[..., pl.DataFrame]) -> None:
    report = Report("r", "d", period="day", time="on", metrics=(Metric("n", "count"),))
    shown = share_of({"on": ("date", [None, dt.date(2026, 11, 20), None])}, report).sort("period")
    assert shown.select("period", "rows:").rows() == [("2026-11-20", 1), ("none", 2)]


def test_rows_of_one_file_are_parted_by_period(share_of: Callable[..., pl.DataFrame]) -> None:
    report = Report("r", "d", period="day", time="on", metrics=(Metric("n", "count"),))
    days = [dt.date(2026, 11, 20), dt.date(2026, 11, 21), dt.date(2026, 11, 20)]
    shown = share_of({"on": ("date", days)}, report).sort("period")
    assert shown.select("period", "rows:").rows() == [("2026-11-20", 2), ("2026-11-21", 1)]


def test_shares_of_blocks_merge_by_period_and_group(share_of: Callable[..., pl.DataFrame]) -> None:
    report = Report("r", "d", period="day", time="on", group_by=("g",), metrics=(Metric("total", "sum", "x"),))
    day = dt.date(2026, 11, 20)
    block = share_of({"on": ("date", [day]), "g": ("string", ["a"]), "x": ("integer", [2])}, report)
    merged = merge([block, block], ("period", "by:g"))
    assert merged.select("period", "by:g", "sum:x").rows() == [("2026-11-20", "a", 4)]


def test_a_sum_of_the_largest_decimals_does_not_wrap(document_of: Callable[..., Any]) -> None:
    largest = Decimal(10**28 - 1).scaleb(-2)
    report = Report("r", "d", group_by=("g",), metrics=(Metric("total", "sum", "x"),))
    shown = document_of([{"g": ("string", ["a"] * 1000), "x": ("decimal", [largest] * 1000)}] * 2, report)
    expected = "199999999999999999999999999980.00"
    assert (shown.totals["total"], shown.groups[0]["total"]) == (expected, expected)
