"""Report documents: counts, order of groups, and values as JSON has them."""

import datetime as dt
import json
from collections.abc import Callable
from decimal import Decimal
from typing import Any

import polars as pl
import pytest

from shared.definitions.model import Metric, Report
from shared.reports.build import report_document

DOCUMENT = Report("r", "d", metrics=(Metric("low", "min", "x"), Metric("high", "max", "x")))


def test_no_states_make_an_empty_document() -> None:
    empty = report_document(DOCUMENT, "2026-11", None, 0, "now")
    assert (empty.rows, empty.files, empty.totals, empty.groups) == (0, 0, {}, ())


def test_rows_are_counted_over_all_files_and_groups(document_of: Callable[..., Any]) -> None:
    report = Report("r", "d", group_by=("g",), metrics=(Metric("x", "count", "x"),))
    file = {"g": ("string", ["a", "b", "b"]), "x": ("integer", [None, 1, 2])}
    shown = document_of([file, file], report)
    assert (shown.rows, shown.files, shown.totals) == (6, 2, {"x": 4})


def test_a_report_shows_only_its_metrics(document_of: Callable[..., Any]) -> None:
    report = Report("r", "d", metrics=(Metric("mean of x", "mean", "x"),))
    assert document_of([{"x": ("integer", [1, 2])}], report).groups == ({"mean of x": 1.5},)


def test_groups_come_in_the_order_of_their_keys(document_of: Callable[..., Any]) -> None:
    report = Report("r", "d", group_by=("g",), metrics=(Metric("n", "count"),))
    shown = document_of([{"g": ("integer", [10, 9])}, {"g": ("integer", [2, None])}], report)
    assert [group["g"] for group in shown.groups] == [None, 2, 9, 10]


BERLIN_NOON = dt.datetime(2026, 11, 20, 11, 0, tzinfo=dt.UTC)


@pytest.mark.parametrize(
    ("kind", "value", "shown"),
    [
        ("integer", 2**53, 2**53),
        ("integer", 2**53 + 1, "9007199254740993"),
        ("integer", -(2**53) - 1, "-9007199254740993"),
        ("float", 0.1, 0.1),
        ("decimal", Decimal("1.50"), "1.50"),
        ("decimal", Decimal("0.00"), "0.00"),
        ("string", "é", "é"),
        ("date", dt.date(2026, 11, 20), "2026-11-20"),
        ("datetime", BERLIN_NOON, "2026-11-20T11:00:00Z"),
        ("datetime", BERLIN_NOON.replace(microsecond=120000), "2026-11-20T11:00:00.120000Z"),
    ],
)
def test_values_are_kept_exactly_in_json(document_of: Callable[..., Any], kind: str, value: Any, shown: Any) -> None:
    totals = document_of([{"x": (kind, [value])}], DOCUMENT).totals
    assert json.loads(json.dumps(totals)) == {"low": shown, "high": shown}


def test_times_are_shown_in_utc_whatever_the_zone_of_the_dataset(share_of: Callable[..., pl.DataFrame]) -> None:
    share = share_of({"x": ("datetime", [BERLIN_NOON])}, DOCUMENT, "Europe/Berlin").drop("period")
    assert report_document(DOCUMENT, "all", share, 1, "now").totals["high"] == "2026-11-20T11:00:00Z"
