"""Datasets as the API shows them."""

import datetime as dt
import json
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from shared.definitions.catalog import Definitions
from shared.definitions.describe import describe, shown
from shared.definitions.model import Column, Dataset, Metric
from shared.definitions.parse import load


def test_a_dataset_is_shown_with_its_defaults_and_reports(fixtures: Path) -> None:
    definitions = load(fixtures / "design_example.toml")
    sales = definitions.datasets[0]
    body = describe(sales, definitions)
    assert (body["name"], body["files"], body["extraColumns"], body["timeZone"]) == (
        "sales",
        "sales/**",
        "reject",
        "UTC",
    )
    assert (body["delimiter"], body["encoding"], body["nullValues"]) == ("auto", "utf-8", ["", "NA"])
    assert (body["maxRejected"], body["definition"]) == (0.1, definitions.fingerprint(sales))
    assert body["columns"]["amount"] == {"type": "decimal", "min": "0.00", "scale": 2}
    assert body["columns"]["order_id"] == {"type": "string", "required": True}
    assert body["reports"] == [
        {
            "name": "sales_by_region",
            "time": "ordered_at",
            "period": "day",
            "groupBy": ["region"],
            "metrics": {
                "orders": "count",
                "revenue": "sum(amount)",
                "average": "mean(amount)",
                "largest": "max(amount)",
            },
        }
    ]


def column(**checks: Any) -> dict[str, Any]:
    """How a column with these checks is shown, through JSON."""
    dataset = Dataset("d", files="d/**", columns=(Column("x", **checks),))
    shown_columns = json.loads(json.dumps(describe(dataset, Definitions((dataset,)))))["columns"]
    return {name: value for name, value in shown_columns["x"].items() if name != "type"}


def test_checks_that_are_not_made_are_left_out() -> None:
    assert column(type="string") == {}


@pytest.mark.parametrize(
    ("kind", "bound", "as_json"),
    [
        ("integer", 0, 0),
        ("float", -0.5, -0.5),
        ("decimal", Decimal("0.10"), "0.10"),
        ("date", dt.date(2026, 11, 20), "2026-11-20"),
        ("datetime", dt.datetime(2026, 11, 20, 13, tzinfo=dt.UTC), "2026-11-20T13:00:00+00:00"),
    ],
)
def test_bounds_are_shown_in_the_type_of_their_column(kind: str, bound: Any, as_json: Any) -> None:
    assert column(type=kind, min=bound) == {"min": as_json}


def test_checks_are_named_in_camel_case() -> None:
    assert column(type="string", one_of=("b", "a"), max_length=5, pattern="^a", unique=True) == {
        "oneOf": ["b", "a"],
        "maxLength": 5,
        "pattern": "^a",
        "unique": True,
    }


@pytest.mark.parametrize(
    ("metric", "text"),
    [
        (Metric("n", "count"), "count"),
        (Metric("n", "count", "x"), "count(x)"),
        (Metric("s", "sum", "x y"), "sum(x y)"),
        (Metric("p", "percentile", "x", 95), "p95(x)"),
        (Metric("p", "percentile", "x", 1), "p01(x)"),
    ],
)
def test_a_metric_is_shown_as_it_is_written(metric: Metric, text: str) -> None:
    assert shown(metric) == text
