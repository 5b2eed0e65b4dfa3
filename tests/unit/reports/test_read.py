"""Reports as the API shows them: rows over periods and of one period, page by page, whatever happens meanwhile."""

from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from shared.definitions.catalog import Definitions
from shared.definitions.model import Column, Dataset, Metric, Report
from shared.errors import BadRequest, Mistake, NotFound, NotPossible, PlatformError, Problem
from shared.reports import document as documents
from shared.reports.document import ReportDocument
from shared.reports.listed import ListedPeriod
from shared.reports.query import Asked
from shared.reports.read import ATTEMPTS, DOCUMENTS, ReportReader, Table
from shared.stores.stored import Stored

HEAD = "day,region,amount"
SALES = Dataset("sales", "sales/**", columns=(Column("region", "string"), Column("day", "date")))
BY_DAY = Report("by_day", "sales", "day", "day", ("region",), (Metric("orders", "count"),))
DEFINITIONS = Definitions((SALES,), (BY_DAY,))


@dataclass
class Store:
    """Report documents, and what was asked of them."""

    documents: dict[str, ReportDocument] = field(default_factory=dict)
    pages: dict[str, Any] = field(default_factory=dict)
    asked: list[str] = field(default_factory=list)
    before: Callable[[str], None] = lambda _: None

    def put(self, period: str, rows: list[dict[str, Any]], version: int = 1) -> None:
        """A document with these rows in their order, on pages where they are large."""
        groups = tuple(sorted(rows, key=lambda row: (row["region"] is not None, row["region"])))
        whole = ReportDocument(
            "by_day", "sales", period, len(rows), groups=groups, version=version, tree="leaf",
            definition=DEFINITIONS.states_of(BY_DAY),
        ).with_digest()  # fmt: skip
        self.documents[period], pages = whole.on_pages()
        self.pages |= {page.to_document()["id"]: page.groups for page in pages}

    def get(self, report: str, period: str) -> Stored[ReportDocument] | None:
        self._note(f"get {period}")
        return Stored(self.documents[period], "") if report == "by_day" and period in self.documents else None

    def page(self, _: str, page_id: str) -> Any:
        self._note(f"page {page_id.rpartition('_')[2]}")
        return self.pages.get(page_id)

    def listed(self, report: str, first: str, beyond: str) -> list[ListedPeriod]:
        self._note("listed")
        found = [d for d in self._with_rows(report) if first <= d.period < beyond]
        return [ListedPeriod(d.period, d.digest, d.tree, d.definition) for d in found]

    def periods(self, report: str, top: int, *, since: str = "") -> list[ReportDocument]:
        self._note(f"{top} from {since}")
        return [d for d in self._with_rows(report) if d.period >= since][:top]

    def _with_rows(self, report: str) -> list[ReportDocument]:
        return [self.documents[p] for p in sorted(self.documents) if report == "by_day" and self.documents[p].rows]

    def _note(self, what: str) -> None:
        self.before(what)
        self.asked.append(what)

    @property
    def reader(self) -> ReportReader:
        return ReportReader(self, None, DEFINITIONS)  # type: ignore[arg-type]


def ask(store: Store, period: str | None = None, **arguments: Any) -> Table:
    reader, asked = store.reader, Asked(**arguments)
    return reader.rows(reader.of_period("by_day", period, asked) if period else reader.over_periods("by_day", asked))


def pages(store: Store, period: str | None = None, between: Callable[[], Any] = lambda: None, **arguments: Any) -> Any:
    """All rows of a question as (period, region), page by page."""
    found, cursor = [], None
    while True:
        table = ask(store, period, cursor=cursor, **arguments)
        found.append([(row.get("period"), row.get("region")) for row in table.rows])
        cursor = table.cursor
        if cursor is None:
            return found
        between()


def rows(*regions: str | None) -> list[dict[str, Any]]:
    return [{"region": region, "orders": number} for number, region in enumerate(regions)]


@pytest.fixture
def store() -> Store:
    """Three days: three rows, one, two."""
    made = Store()
    made.put("2026-11-16", rows("a", "b", "c"))
    made.put("2026-11-17", rows("a"))
    made.put("2026-11-18", rows(None, "d"))
    return made


@pytest.fixture
def small_pages(monkeypatch: pytest.MonkeyPatch) -> None:
    """Documents with more than two rows are on pages."""
    monkeypatch.setattr(documents, "PAGE_BYTES", 60)


WHOLE = [
    *(("2026-11-16", region) for region in "abc"),
    ("2026-11-17", "a"),
    ("2026-11-18", None),
    ("2026-11-18", "d"),
]


def test_rows_are_flat_with_the_period_first(store: Store) -> None:
    first = ask(store).rows[0]
    assert first == {"period": "2026-11-16", "region": "a", "orders": 0}
    assert next(iter(first)) == "period"


@pytest.mark.parametrize("top", [1, 2, 3, 4, 5, 6, 7, 100])
def test_pages_have_every_row_once_and_in_order(store: Store, top: int) -> None:
    found = pages(store, top=top)
    assert [row for page in found for row in page] == WHOLE
    assert all(len(page) == top for page in found[:-1])
    assert found[-1], "the last page is not an empty one"


def test_one_period_is_paged_as_well(store: Store) -> None:
    assert pages(store, "2026-11-16", top=2) == [WHOLE[:2], WHOLE[2:3]]


def test_columns_that_are_not_wanted_are_left_out(store: Store) -> None:
    table = ask(store, select="orders,region", orderby="-orders", top=1)
    assert (table.columns, table.rows) == (("orders", "region"), [{"orders": 2, "region": "c"}])


def test_without_rows_there_are_columns_all_the_same() -> None:
    table = ask(Store())
    assert (table.columns, table.rows, table.cursor) == (("period", "region", "orders"), [], None)


def test_empty_reports_are_passed_over(store: Store) -> None:
    store.put("2026-11-17", [])
    assert pages(store) == [[*WHOLE[:3], *WHOLE[4:]]]


# As plainly as it can be said

STORES = st.dictionaries(
    st.sampled_from([f"2026-11-0{day}" for day in range(1, 6)] + ["2026-12-01", "none"]),
    st.lists(st.none() | st.sampled_from("abcdefg"), unique=True, max_size=6),
)
VALUES = st.randoms(use_true_random=False)


QUESTIONS = st.fixed_dictionaries(
    {
        "orderby": st.sampled_from([None, "orders", "-orders", "-region,orders", "-period", "region"]),
        "filters": st.sampled_from([{}, {"region": ["a", "b"]}, {"region": ["c", ""]}, {"region": ["x"]}]),
        "first": st.sampled_from([None, "2026-11", "2026-11-03"]),
        "last": st.sampled_from([None, "2026-11", "2026-11-03"]),
        "top": st.integers(1, 8),
    }
)


def naive(rows: list[dict[str, Any]], asked: Asked) -> list[tuple[str, str | None]]:
    """The answer to a question, as (period, region), as plainly as it can be said."""
    if regions := asked.filters.get("region"):
        rows = [row for row in rows if (row["region"] or "") in regions]
    if asked.first or asked.last:
        last = asked.last or "9"
        rows = [row for row in rows if (asked.first or "") <= row["period"]]
        rows = [row for row in rows if row["period"] < last or row["period"].startswith(last)]
    for name in ["region", "period", *(asked.orderby.split(",")[::-1] if asked.orderby else [])]:
        column = name.lstrip("-")
        rows = sorted(rows, key=lambda row: (row[column] is not None, row[column]), reverse=name.startswith("-"))
    return [(row["period"], row["region"]) for row in rows]


@settings(deadline=None)
@given(STORES, VALUES, QUESTIONS, st.sampled_from([60, 1_000_000]))
def test_any_question_is_answered_as_if_all_rows_lay_side_by_side(
    days: dict[str, list[str | None]], random: Any, question: dict[str, Any], page_bytes: int
) -> None:
    store, every = Store(), []
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(documents, "PAGE_BYTES", page_bytes)
        for day, names in days.items():
            groups = [{"region": name, "orders": random.randint(0, 3)} for name in names]
            store.put(day, groups)
            every += [{"period": day, **group} for group in groups]
    found = pages(store, **question)
    assert [row for page in found for row in page] == naive(every, Asked(**question))
    assert all(len(page) == question["top"] for page in found[:-1])


# While data changes


@pytest.mark.parametrize("orderby", [None, "region", "-region", "-orders"])
@pytest.mark.parametrize("top", [1, 2, 3])
@pytest.mark.usefixtures("small_pages")
def test_rows_that_stay_are_shown_once_while_others_come_and_go(store: Store, orderby: str | None, top: int) -> None:
    store.put("2026-11-16", [{"region": name, "orders": ord(name)} for name in "bdfhjl"])
    version = iter(range(2, 100))

    def change() -> None:
        number = next(version)
        gone, new = ("abcx"[number % 4], "acegikm"[number % 7])
        kept = [*"dfhjl", new, *(["b"] if gone != "b" else [])]
        store.put("2026-11-16", [{"region": name, "orders": ord(name)} for name in dict.fromkeys(kept)], number)
        store.put(f"2026-11-{number:02}", rows("z"), number) if number < 10 else None

    found = [row for page in pages(store, between=change, top=top, orderby=orderby) for row in page]
    for name in "dfhjl":
        assert found.count(("2026-11-16", name)) == 1
    assert len(found) == len(set(found))


@pytest.mark.usefixtures("small_pages")
def test_a_row_that_the_list_ended_with_may_be_gone(store: Store) -> None:
    store.put("2026-11-16", rows(*"abcdef"))
    cursor = ask(store, top=4).cursor
    store.put("2026-11-16", rows(*"ef"), 2)
    assert [row["region"] for row in ask(store, top=2, cursor=cursor).rows] == ["e", "f"]


def test_a_period_that_appears_while_documents_are_read_leaves_none_out(store: Store) -> None:
    for day in range(20, 25):
        store.put(f"2026-11-{day}", rows("a"))

    def appear(what: str) -> None:
        if "from" in what:
            store.put("2026-11-19", rows("new"))

    store.before = appear
    found = pages(store, orderby="-period", top=100)[0]
    assert {period for period, _ in found} >= {f"2026-11-{day}" for day in (16, 17, 18, 20, 21, 22, 23, 24)}


@pytest.mark.usefixtures("small_pages")
@pytest.mark.parametrize("period", [None, "2026-11-16"])
@pytest.mark.parametrize("orderby", [None, "-orders"])
def test_pages_that_a_refresh_replaces_are_read_again_in_the_new_edition(
    store: Store, period: str | None, orderby: str | None
) -> None:
    store.documents = {}
    store.put("2026-11-16", rows(*"abcdef"))

    def replace(what: str) -> None:
        if what == "page 1" and store.documents["2026-11-16"].version == 1:
            store.pages.clear()
            store.put("2026-11-16", rows(*"uvwxyz"), 2)

    store.before = replace
    assert sorted(row["region"] for row in ask(store, period, orderby=orderby).rows) == list("uvwxyz")


@pytest.mark.usefixtures("small_pages")
def test_a_report_that_changes_faster_than_it_is_read_is_a_fault_in_the_end(store: Store) -> None:
    store.put("2026-11-16", rows(*"abcdef"))
    store.pages.clear()
    with pytest.raises(PlatformError, match="changes faster"):
        ask(store)
    assert store.asked.count("page 0") == ATTEMPTS


ABSURD = ["nan", "NaN", "sNaN", "inf", "1e999999", "x", "", 10**4000, -(10**4000), 1e308, True, None, "\0", "\ud800"]


@pytest.mark.parametrize("value", ABSURD)
@pytest.mark.parametrize("column", ["orders", "period", "region"])
@pytest.mark.parametrize("orderby", ["orders", "-orders", "orders,period"])
def test_a_position_that_no_row_was_ever_at_is_a_position(store: Store, orderby: str, column: str, value: Any) -> None:
    cursor = ask(store, orderby=orderby, top=1).cursor
    assert cursor is not None
    cursor[["orders", "period", "region"].index(column) + 2] = value
    assert len(ask(store, orderby=orderby, cursor=cursor).rows) <= len(WHOLE)


@pytest.mark.parametrize("value", ABSURD)
@pytest.mark.parametrize("at", [1, 2, 3])
def test_no_cursor_leads_astray_where_rows_come_as_they_are_kept(store: Store, at: int, value: Any) -> None:
    cursor = ask(store, top=1).cursor
    assert cursor is not None
    cursor[at] = value
    with suppress(BadRequest):
        assert len(ask(store, cursor=cursor).rows) <= len(WHOLE)


# What is read


def test_no_document_is_read_that_a_page_does_not_need(store: Store) -> None:
    ask(store, top=2)
    assert store.asked == ["listed", "get 2026-11-16"]


def test_a_list_goes_on_in_the_period_where_it_ended(store: Store) -> None:
    cursor = ask(store, top=4).cursor
    store.asked.clear()
    ask(store, top=1, cursor=cursor)
    assert store.asked == ["listed", "get 2026-11-17", "get 2026-11-18"]


def test_many_small_documents_are_read_many_at_a_time() -> None:
    store = Store()
    for number in range(2 * DOCUMENTS + 1):
        store.put(f"2026-{number:03}", rows("a"))
    assert len(ask(store, top=1000).rows) == 2 * DOCUMENTS + 1
    assert store.asked == ["listed", "get 2026-000", f"{DOCUMENTS} from 2026-001", f"{DOCUMENTS} from 2026-021"]


@pytest.mark.usefixtures("small_pages")
def test_a_list_goes_on_with_the_page_where_it_ended(store: Store) -> None:
    store.put("2026-11-16", rows(*"abcdefgh"))
    cursor = ask(store, "2026-11-16", top=5).cursor
    store.asked.clear()
    assert [row["region"] for row in ask(store, "2026-11-16", top=2, cursor=cursor).rows] == ["f", "g"]
    assert store.asked == ["get 2026-11-16", "page 2", "page 3"]


def test_one_period_is_one_read(store: Store) -> None:
    ask(store, "2026-11-16", orderby="-orders", filters={"region": ["a"]})
    assert store.asked == ["get 2026-11-16"]


# The state that ETags are made of


def state(store: Store, period: str | None = None, **arguments: Any) -> str:
    reader, asked = store.reader, Asked(**arguments)
    return (reader.of_period("by_day", period, asked) if period else reader.over_periods("by_day", asked)).state


@pytest.mark.parametrize("period", [None, "2026-11-16"])
@pytest.mark.parametrize("by", [None, "all"])
def test_the_state_is_told_before_the_rows_are_read(store: Store, period: str | None, by: str | None) -> None:
    before = state(store, period, by=by)
    assert store.asked == ["get 2026-11-16" if period else "listed"]
    assert state(store, period, by=by) == before


@pytest.mark.parametrize("period", [None, "2026-11-16"])
def test_another_content_is_another_state(store: Store, period: str | None) -> None:
    before = state(store, period)
    store.put("2026-11-16", rows("a", "b", "x"))
    assert state(store, period) != before


def test_what_lies_outside_of_a_range_does_not_matter(store: Store) -> None:
    before = state(store, last="2026-11-17")
    store.put("2026-11-18", rows("x"))
    assert state(store, last="2026-11-17") == before


def test_the_state_is_that_of_the_documents_which_were_read(store: Store) -> None:
    question = store.reader.over_periods("by_day", Asked())
    listed = question.state
    store.put("2026-11-16", rows("x"))
    store.reader.rows(question)
    assert question.state != listed
    assert question.state == state(store)


# What is not there


def test_an_unknown_report_is_not_found(pipeline: Any) -> None:
    with pytest.raises(NotFound, match="There is no report 'sails'"):
        pipeline.reader.over_periods("sails", Asked())


@pytest.mark.parametrize("period", ["2026-11-16", "2026-11-19", "all"])
def test_a_period_without_rows_is_not_found(store: Store, period: str) -> None:
    store.put("2026-11-16", [])
    with pytest.raises(NotFound, match=f"no period '{period}'"):
        store.reader.of_period("by_day", period, Asked())


@pytest.mark.parametrize("period", ["../x", "a/b", "2026-11-16_1-x_0", "\0", "?", "x" * 5000, "２０２６"])
def test_what_can_be_no_period_is_not_looked_for(store: Store, period: str) -> None:
    with pytest.raises(NotFound):
        store.reader.of_period("by_day", period, Asked())
    assert store.asked == []


def test_a_period_of_an_unknown_report_says_that_there_is_no_such_report(pipeline: Any) -> None:
    with pytest.raises(NotFound, match="There is no report 'sails'"):
        pipeline.reader.of_period("sails", "all", Asked())


def test_mistakes_are_told_before_anything_is_read(store: Store) -> None:
    with pytest.raises(BadRequest):
        store.reader.over_periods("by_day", Asked(filters={"colour": ["red"]}))
    assert store.asked == []


# Without a definition


@pytest.fixture
def birds(pipeline: Any) -> Any:
    pipeline.take_in("birds/a.csv", "name,wing_span", "wren,15", "crane,240")
    return pipeline.reader


def test_a_report_without_a_definition_has_the_columns_that_its_data_has(birds: Any) -> None:
    table = birds.rows(birds.over_periods("birds", Asked(select="wing_span_max,period")))
    assert table.rows == [{"wing_span_max": 240, "period": "all"}]


def test_mistakes_are_told_of_a_report_without_a_definition_too(birds: Any) -> None:
    with pytest.raises(BadRequest) as refused:
        birds.over_periods("birds", Asked(orderby="wing_spam_max", mistakes=(Mistake("top", "is 'ten'"),)))
    assert [mistake.parameter for mistake in refused.value.mistakes] == ["top", "orderby"]


def test_an_unknown_column_of_a_report_without_a_definition_is_refused(birds: Any) -> None:
    with pytest.raises(BadRequest, match="wing_spam"):
        birds.rows(birds.over_periods("birds", Asked(orderby="wing_spam")))


# The list of reports


def test_the_list_has_defined_reports_also_without_rows(pipeline: Any) -> None:
    assert pipeline.reader.all() == [
        {
            "name": "sales_by_day",
            "dataset": "sales",
            "time": "day",
            "period": "day",
            "groupBy": ["region"],
            "metrics": {"orders": "count", "revenue": "sum(amount)"},
            "newestPeriod": None,
            "rows": 0,
            "updatedAt": None,
        }
    ]


def test_the_list_says_how_fresh_a_report_is(pipeline: Any) -> None:
    pipeline.take_in("sales/a.csv", HEAD, "2026-11-16,north,5", "2026-11-17,north,5")
    summary = pipeline.reader.all()[0]
    updated = pipeline.reports.get("sales_by_day", "2026-11-17").value.updated_at
    assert (summary["newestPeriod"], summary["rows"], summary["updatedAt"]) == ("2026-11-17", 2, updated)


def test_the_newest_period_is_one_with_a_time_and_with_rows(pipeline: Any) -> None:
    for period, rows_in_it in (("2026-11-16", 1), ("2026-11-17", 0), ("none", 1)):
        pipeline.reports.save(ReportDocument("sales_by_day", "sales", period, rows=rows_in_it), None)
    assert pipeline.reader.all()[0]["newestPeriod"] == "2026-11-16"


def test_the_list_shows_the_problem_of_the_newest_period_that_has_one(pipeline: Any) -> None:
    for period, problem in (("2026-11-16", "a"), ("2026-11-17", "b"), ("2026-11-18", None), ("none", "c")):
        failed = Problem("refresh_failed", problem) if problem else None
        pipeline.reports.save(ReportDocument("sales_by_day", "sales", period, rows=1, problem=failed), None)
    problem = pipeline.reader.all()[0]["problem"]
    assert (problem["period"], problem["message"], problem["code"]) == ("2026-11-17", "b", "refresh_failed")


def test_the_list_has_reports_of_datasets_without_a_definition(pipeline: Any) -> None:
    pipeline.take_in("birds/a.csv", "name,wing_span", "wren,15")
    assert [(report["name"], report["metrics"]) for report in pipeline.reader.all()[1:]] == [
        (
            "birds",
            {
                "rows": "count",
                "wing_span_sum": "sum(wing_span)",
                "wing_span_min": "min(wing_span)",
                "wing_span_max": "max(wing_span)",
                "wing_span_mean": "mean(wing_span)",
            },
        )
    ]


def test_rolling_up_waits_for_documents_of_another_definition(pipeline: Any) -> None:
    pipeline.reports.save(ReportDocument("sales_by_day", "sales", "2026-11-16", rows=1, definition="old"), None)
    with pytest.raises(NotPossible, match="new definition"):
        pipeline.reader.rows(pipeline.reader.over_periods("sales_by_day", Asked(by="all")))
