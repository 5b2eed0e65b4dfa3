"""Rolling up gives what a report would show that had been kept that way from the beginning."""

import random
from typing import Any

import pytest

from shared.definitions.catalog import Definitions
from shared.definitions.model import Column, Dataset, Metric, Report
from shared.reports.query import Asked

METRICS = (
    Metric("orders", "count"),
    Metric("known", "count", "amount"),
    Metric("revenue", "sum", "price"),
    Metric("least", "min", "price"),
    Metric("last", "max", "shop"),
    Metric("mean", "mean", "amount"),
    Metric("std", "std", "amount"),
    Metric("shops", "distinct", "shop"),
    Metric("p50", "percentile", "amount", 50),
    Metric("p95", "percentile", "amount", 95),
)
COLUMNS = (
    Column("time", "datetime"),
    Column("region", "string"),
    Column("open", "boolean"),
    Column("size", "integer"),
    Column("price", "decimal", scale=2),
    Column("amount", "float"),
    Column("shop", "string"),
)
GROUPS = ("region", "open", "size")
SALES = Dataset("sales", "sales/**", columns=COLUMNS)


def report(name: str, period: Any, *group_by: str) -> Report:
    return Report(name, "sales", period, None if period == "all" else "time", group_by, METRICS)


KEPT = (
    report("hours", "hour", *GROUPS),
    report("days", "day", "region"),
    report("months", "month", *GROUPS),
    report("years", "year"),
    report("ever", "all", "size", "open"),
    report("alone", "all"),
)


@pytest.fixture(scope="module")
def kept(new_pipeline: type[Any]) -> Any:
    """Three files with rows of two months, some of them without a time or without values."""
    made = new_pipeline(definitions=Definitions((SALES,), KEPT), max_bytes=1_000_000)
    drawn = random.Random(7)
    for name in "abc":
        lines = [
            ",".join(
                [
                    drawn.choice([f"2026-1{drawn.choice("12")}-0{drawn.choice("123")}T1{drawn.choice("012")}:00Z", ""]),
                    drawn.choice(["north", "south", ""]),
                    drawn.choice(["true", "false", ""]),
                    drawn.choice(["1", "2", ""]),
                    f"{drawn.randint(0, 10_000) / 100:.2f}",
                    drawn.choice([f"{drawn.gauss(100, 30):.3f}", ""]),
                    f"shop {drawn.randint(1, 300)}",
                ]
            )
            for _ in range(400)
        ]  # fmt: skip
        made.take_in(f"sales/{name}.csv", ",".join(column.name for column in COLUMNS), *lines)
    return made


@pytest.fixture(scope="module")
def reader(kept: Any) -> Any:
    return kept.reader


def rows(reader: Any, name: str, **arguments: Any) -> list[dict[str, Any]]:
    found = reader.rows(reader.over_periods(name, Asked(top=1000, **arguments)))
    assert found.cursor is None
    return list(found.rows)


def same(found: list[dict[str, Any]], expected: list[dict[str, Any]]) -> None:
    """Equal, but that sums of floats may have been added up in another order."""
    assert len(found) == len(expected) > 0
    for one, other in zip(found, expected, strict=True):
        assert one == {
            name: pytest.approx(value, rel=1e-9) if isinstance(value, float) else value for name, value in other.items()
        }


@pytest.mark.parametrize(
    ("name", "by", "other"),
    [
        ("hours", "day,region", "days"),
        ("hours", "month,region,open,size", "months"),
        ("hours", "year", "years"),
        ("days", "year", "years"),
        ("hours", "size,open", "ever"),
        ("months", "all,size,open", "ever"),
        ("months", "all", "alone"),
        ("ever", "all", "alone"),
        ("days", "day,region", "days"),
    ],
)
def test_rows_are_rolled_up_to_those_of_a_report_kept_that_way(reader: Any, name: str, by: str, other: str) -> None:
    same(rows(reader, name, by=by), rows(reader, other))


@pytest.mark.parametrize(
    "filters",
    [
        {"open": ["true"]},
        {"open": [""], "region": ["north", ""]},
        {"size": ["1", ""]},
        {"region": ["north"], "size": ["2"], "open": ["false"]},
    ],
)
def test_filters_apply_before_rows_are_rolled_up(reader: Any, filters: dict[str, list[str]]) -> None:
    rolled = {row["period"]: row["orders"] for row in rows(reader, "hours", by="month", filters=filters)}
    months: dict[str, int] = {}
    for row in rows(reader, "months", filters=filters):
        months[row["period"]] = months.get(row["period"], 0) + row["orders"]
    assert rolled == months


def test_rows_without_a_time_are_in_no_longer_period_but_in_all(reader: Any) -> None:
    none = rows(reader, "days", by="year")[-1]
    assert none["period"] == "none"
    assert rows(reader, "days", by="all")[0]["orders"] == 1200
    assert sum(row["orders"] for row in rows(reader, "days", by="all", first="2026")) == 1200 - none["orders"]


def test_a_report_without_a_definition_is_rolled_up_by_its_one_period(kept: Any) -> None:
    kept.take_in("birds/a.csv", "name,size", "wren,15", "crane,240")
    reader = kept.reader
    assert rows(reader, "birds", by="all") == rows(reader, "birds")
