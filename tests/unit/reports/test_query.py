"""Questions about reports: what is understood of the arguments, and every mistake in them."""

from typing import Any

import pytest

from shared.definitions.model import Column, Dataset, Metric, Report
from shared.errors import BadRequest, Mistake
from shared.reports.columns import of_definition
from shared.reports.order import By
from shared.reports.periods import EVERY, Range, coarse
from shared.reports.query import Asked, Query, RollUp, read_query

SALES = Dataset(
    "sales",
    files="sales/**",
    columns=(
        Column("day", "date"),
        Column("region", "string"),
        Column("top", "integer"),
        Column("price", "decimal", scale=2),
        Column("open", "boolean"),
        Column("month", "string"),
        Column("a,b", "string"),
    ),
)
REPORT = Report(
    "sales_by_day",
    "sales",
    period="day",
    time="day",
    group_by=("region", "top", "price", "open", "month", "a,b"),
    metrics=(Metric("orders", "count"), Metric("dearest", "max", "price"), Metric("last", "max", "region")),
)
ORDERS = ("region", "top", "price", "open", "month", "a,b")


def asked(period: str | None = None, report: Report = REPORT, **arguments: Any) -> Query:
    return read_query(report, of_definition(report, SALES), Asked(**arguments), period)


def mistakes(period: str | None = None, report: Report = REPORT, **arguments: Any) -> list[str]:
    with pytest.raises(BadRequest) as refused:
        asked(period, report, **arguments)
    return [f"{mistake.parameter} {mistake.message}" for mistake in refused.value.mistakes]


def test_without_arguments_all_rows_are_wanted_as_they_are_kept() -> None:
    query = asked()
    assert (query.in_order, query.select, query.by, query.within, query.filters) == (True, None, None, EVERY, ())
    assert [by.column for by in query.order] == ["period", *ORDERS]


def test_columns_are_of_the_types_that_the_definition_gives_them() -> None:
    kinds = of_definition(REPORT, SALES).kinds
    assert [kinds[name] for name in ("region", "top", "open", "orders", "dearest", "last")] == [
        "text",
        "number",
        "boolean",
        "number",
        "number",
        "text",
    ]


def test_an_order_of_several_columns_is_made_complete() -> None:
    order = asked(orderby="-orders,region,orders").order
    assert order[:3] == (By("orders", "number", descending=True), By("region", "text"), By("period", "text"))
    assert [by.column for by in order[3:]] == ["top", "price", "open", "month", "a,b"]


def test_a_name_with_a_comma_stands_in_quotes() -> None:
    assert asked(select='"a,b",region').select == ("a,b", "region")
    assert asked(orderby='"-a,b"').order[0] == By("a,b", "text", descending=True)


ROWS = [
    {"region": "north", "top": 1, "price": "1.50", "open": True},
    {"region": "south", "top": 2, "price": "2.00", "open": False},
    {"region": None, "top": None, "price": None, "open": None},
    {"region": "true", "top": str(2**60), "price": "-1.00", "open": True},
]


@pytest.mark.parametrize(
    ("filters", "found"),
    [
        ({"region": ["north"]}, [0]),
        ({"region": ["north", "south"]}, [0, 1]),
        ({"region": [""]}, [2]),
        ({"region": ["", "true"]}, [2, 3]),
        ({"region": ["nor"]}, []),
        ({"price": ["1.5"]}, [0]),
        ({"price": ["2", "-1"]}, [1, 3]),
        ({"open": ["true"]}, [0, 3]),
        ({"open": ["false", ""]}, [1, 2]),
        ({"group.top": ["1"]}, [0]),
        ({"top": [str(2**60)]}, [3]),
        ({"region": ["north", "south"], "open": ["false"]}, [1]),
    ],
)
def test_filters_take_rows_by_the_worth_of_their_values(filters: dict[str, list[str]], found: list[int]) -> None:
    assert asked(filters=filters).chosen(ROWS) == [ROWS[at] for at in found]


@pytest.mark.parametrize(
    ("first", "last", "inside", "outside"),
    [
        ("2026-11", "2026-11", ["2026-11-01", "2026-11-30"], ["2026-10-31", "2026-12-01", "none"]),
        ("2026", None, ["2026-01-01", "2027-01-01"], ["2025-12-31", "none"]),
        (None, "2026-11-05", ["2025-01-01", "2026-11-05"], ["2026-11-06", "none"]),
        (None, None, ["2026-11-05", "none"], []),
    ],
)
def test_ranges_are_inclusive_and_short_periods_stand_for_all_within(
    first: str | None, last: str | None, inside: list[str], outside: list[str]
) -> None:
    within = asked(first=first, last=last).within
    assert all(within.holds(period) for period in inside)
    assert not any(within.holds(period) for period in outside)


def test_a_range_of_a_report_is_one_of_its_periods() -> None:
    assert asked(first="2026-11", last="2026-11").within == Range("2026-11", "2026-11~")


@pytest.mark.parametrize(
    ("text", "period", "by"),
    [
        ("month", None, RollUp("month", ())),
        ("region", None, RollUp("all", ("region",))),
        ("region", "2026-11-20", RollUp("day", ("region",))),
        ("region,month,region", None, RollUp("month", ("region",))),
        ("group.month", None, RollUp("all", ("month",))),
        ("all", None, RollUp("all", ())),
        ("day", None, RollUp("day", ())),
    ],
)
def test_rows_are_rolled_up_by_what_is_named(text: str, period: str | None, by: RollUp) -> None:
    assert asked(period, by=text).by == by


def test_what_is_rolled_up_is_ordered_by_the_columns_that_are_left() -> None:
    query = asked(by="region", orderby="-orders")
    assert [by.column for by in query.order] == ["orders", "period", "region"]


@pytest.mark.parametrize(
    ("period", "word", "longer"),
    [
        ("2026-11-20T13", "hour", "2026-11-20T13"),
        ("2026-11-20T13", "day", "2026-11-20"),
        ("2026-11-20", "month", "2026-11"),
        ("2026-11", "year", "2026"),
        ("2026-11", "all", "all"),
        ("none", "year", "none"),
        ("none", "all", "all"),
    ],
)
def test_periods_are_in_longer_ones(period: str, word: str, longer: str) -> None:
    assert coarse(period, word) == longer


ALONE = Report("alone", "sales", metrics=(Metric("orders", "count"),))


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        ({"filters": {"regoin": ["x"]}}, 'regoin there is no such parameter or group column, did you mean "region"?'),
        (
            {"filters": {"ordreby": ["x"]}},
            'ordreby there is no such parameter or group column, did you mean "orderby"?',
        ),
        ({"filters": {"orders>": ["5"]}}, "orders> there is no such parameter or group column"),
        ({"filters": {"region[ne]": ["x"]}}, "region[ne] there is no such parameter or group column"),
        ({"filters": {"orders": ["5"]}}, "orders is no filter: rows can be filtered by group columns only"),
        ({"filters": {"period": ["2026"]}}, "period is no filter: from and to choose periods"),
        ({"filters": {"top": ["x"]}}, "top is 'x': it must be a number, or empty for null"),
        ({"filters": {"price": ["nan"]}}, "price is 'nan': it must be a number"),
        ({"filters": {"open": ["yes"]}}, "open is 'yes': it must be true or false"),
        ({"first": "2026-13"}, "from is '2026-13': it must be a period of this report or a longer one"),
        ({"last": "2026-02-30"}, "to is '2026-02-30': it must be"),
        ({"first": "2026-11-20T13"}, "such as '2026-11-20', '2026-11' or '2026'"),
        ({"first": "2026-11", "last": "2026-10"}, "to is '2026-10', which is before '2026-11'"),
        ({"orderby": "revenue"}, "orderby names 'revenue'"),
        ({"orderby": "-oders"}, "orderby names 'oders', did you mean \"orders\"?"),
        ({"orderby": ""}, "orderby must be names of columns with commas between them"),
        ({"orderby": "region,,top"}, "orderby must be names of columns"),
        ({"select": '"region'}, "select must be names of columns"),
        ({"select": "regiom"}, "select names 'regiom', did you mean \"region\"?"),
        ({"by": "week"}, "by names 'week'"),
        ({"by": "hour"}, "by names 'hour', but this report is kept by day; use day, month, year or all"),
        ({"by": "month,year"}, "by names more than one period: month, year"),
        ({"by": "month", "select": "region"}, "select names 'region'"),
        ({"cursor": ["x", 0]}, "cursor is not one of this list"),
    ],
)
def test_a_mistake_is_told_with_what_was_meant(arguments: dict[str, Any], says: str) -> None:
    (mistake,) = mistakes(**arguments)
    assert says in mistake


def test_every_mistake_is_told_at_once() -> None:
    found = mistakes(
        filters={"regoin": ["x"], "top": ["x"]},
        first="x",
        orderby="a,b",
        select="c",
        by="d",
        cursor=1,
        mistakes=(Mistake("top", "is 'ten'"),),
    )
    assert [text.split()[0] for text in found] == [
        "top", "from", "regoin", "top", "by", "orderby", "orderby", "select", "cursor",
    ]  # fmt: skip


def test_a_report_without_periods_has_no_range() -> None:
    (mistake,) = mistakes(report=ALONE, first="2026")
    assert "this report has no periods" in mistake


def test_a_report_without_groups_has_nothing_to_filter_by() -> None:
    (mistake,) = mistakes(report=ALONE, filters={"colour": ["red"]})
    assert "none: it has no group columns" in mistake


ROW = {"period": "2026-11-20", "region": "north", "top": None, "price": "1.50", "open": True, "month": "x", "a,b": "y"}


def cursor(**arguments: Any) -> list[Any]:
    return asked(**arguments).cursor_behind(ROW | {"orders": 3}, 7)


def test_a_cursor_leads_back_to_where_it_was_made() -> None:
    position = asked(orderby="-orders", top=5, cursor=cursor(orderby="-orders")).position
    assert position is not None
    assert (position.start, position.values) == (7, (3, *ROW.values()))


@pytest.mark.parametrize(
    "other",
    [
        {"orderby": "orders"},
        {"filters": {"region": ["north"]}},
        {"first": "2026"},
        {"last": "2026"},
        {"by": "region"},
        {"period": "2026-11-20"},
        {"report": Report("other", "sales", "day", "day", REPORT.group_by, REPORT.metrics)},
    ],
)
def test_a_cursor_of_another_question_is_refused(other: dict[str, Any]) -> None:
    (mistake,) = mistakes(**other, cursor=cursor())
    assert "cursor is not one of this list" in mistake


@pytest.mark.parametrize(
    "change",
    [
        lambda c: c[:-1],
        lambda c: [*c, None],
        lambda c: [c[0], -1, *c[2:]],
        lambda c: [c[0], True, *c[2:]],
        lambda c: [c[0], 0, ["x"], *c[3:]],
        lambda c: [c[0], 0, {}, *c[3:]],
        lambda _: {},
        lambda _: "x",
        lambda _: [],
    ],
)
def test_what_is_no_position_is_refused(change: Any) -> None:
    assert len(mistakes(cursor=change(cursor()))) == 1


def test_other_columns_and_another_size_of_pages_are_the_same_question() -> None:
    assert asked(select="region", top=1, cursor=cursor()).position is not None
