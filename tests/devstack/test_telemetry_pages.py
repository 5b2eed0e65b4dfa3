"""The pages over the traces: what they show, and that nothing in a trace can become more than text."""

import json
import re
from html.parser import HTMLParser

import pytest

from devstack.telemetry.message import Answer, Request
from devstack.telemetry.metrics import Metrics
from devstack.telemetry.model import Event, Link
from devstack.telemetry.pages.words import duration, number
from devstack.telemetry.site import Site
from devstack.telemetry.store import TraceStore
from tests.devstack.telemetry_data import MS, START, a_line, a_point, a_span, trace_id

HOSTILE = "\"'><script>alert(1)</script><img src=x onerror=alert(1)>&amp;"
INGEST = {"faas.trigger": "datasource", "file.path": "orders/a.csv", "pipeline.dataset": "orders"}


class Shown(HTMLParser):
    """The elements of a page, its text, and that of the cells of its tables."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.words = ""
        self.rows: list[list[str]] = []
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))
        if tag == "tr":
            self.rows.append([])
        elif tag in ("td", "th"):
            self.rows[-1].append("")

    def handle_data(self, data: str) -> None:
        self.words += data
        if self.rows and self.rows[-1]:
            self.rows[-1][-1] = f"{self.rows[-1][-1]} {data}".strip()

    @property
    def text(self) -> str:
        return re.sub(r"\s+", " ", self.words)

    def all(self, tag: str, **attributes: str) -> list[dict[str, str | None]]:
        return [given for name, given in self.elements if name == tag and attributes.items() <= given.items()]


class Pages:
    """A site over stores of its own."""

    def __init__(self) -> None:
        self.traces, self.metrics = TraceStore(), Metrics()
        self._site = Site(self.traces, self.metrics)

    def get(self, path: str, method: str = "GET", **parameters: str) -> Answer:
        return self._site.answer(Request(method, path, parameters))

    def shown(self, path: str, **parameters: str) -> Shown:
        return Shown(self.get(path, **parameters).body.decode())


@pytest.fixture
def pages() -> Pages:
    return Pages()


def hostile_everywhere(pages: Pages) -> None:
    attributes = {
        "faas.trigger": HOSTILE,
        "file.path": HOSTILE,
        "pipeline.dataset": HOSTILE,
        "pipeline.status": HOSTILE,
    }
    exception = {"exception.type": HOSTILE, "exception.message": HOSTILE, "exception.stacktrace": HOSTILE}
    ingest = a_span(
        1,
        name=HOSTILE,
        kind=HOSTILE,
        status="error",
        message=HOSTILE,
        service=HOSTILE,
        attributes=attributes | {HOSTILE: [HOSTILE]},
        events=(Event(START, "exception", exception), Event(START, HOSTILE, {HOSTILE: HOSTILE})),
        links=(Link(HOSTILE, HOSTILE, {HOSTILE: HOSTILE}),),
    )
    pages.traces.add_spans([ingest, a_span(2, name=HOSTILE, links=(Link(trace_id(1), "1", {}),))])
    pages.traces.add_logs([a_line(1, text=HOSTILE, **{HOSTILE: HOSTILE})])
    pages.metrics.add([a_point(HOSTILE, unit=HOSTILE, attributes=((HOSTILE, HOSTILE),))])


@pytest.mark.parametrize(
    ("path", "parameters"),
    [
        ("/traces", {}),
        ("/traces", {"file": HOSTILE, "trace": HOSTILE, "function": HOSTILE, "status": HOSTILE}),
        (f"/traces/{trace_id(1)}", {}),
        (f"/traces/{trace_id(2)}", {}),
        (f"/traces/{HOSTILE.replace('/', '')}", {}),
        ("/metrics", {}),
    ],
    ids=["list", "search", "trace", "linking trace", "missing trace", "metrics"],
)
def test_whatever_is_in_a_trace_is_text(pages: Pages, path: str, parameters: dict[str, str]):
    hostile_everywhere(pages)
    shown = pages.shown(path, **parameters)
    names = {name for name, _ in shown.elements}
    attributes = {name for _, given in shown.elements for name in given}
    assert names.isdisjoint({"script", "img"})
    assert not [name for name in attributes if name.startswith("on")]


def test_a_hostile_name_is_shown_as_it_is(pages: Pages):
    hostile_everywhere(pages)
    assert HOSTILE in pages.shown("/traces").words


@pytest.mark.parametrize("path", ["/traces", f"/traces/{trace_id(1)}", f"/traces/{trace_id(9)}", "/metrics"])
def test_a_page_may_run_nothing_and_load_styles_only_from_here(pages: Pages, path: str):
    pages.traces.add_spans([a_span(1)])
    policy = pages.get(path).headers["Content-Security-Policy"]
    assert policy.startswith("default-src 'none'; style-src 'self'; ")
    assert "script-src" not in policy
    assert "unsafe" not in policy


def test_no_element_has_a_style_of_its_own_which_the_policy_forbids(pages: Pages):
    pages.traces.add_spans([a_span(1)])
    assert not [given for _, given in pages.shown(f"/traces/{trace_id(1)}").elements if "style" in given]


def test_the_first_address_leads_to_the_traces(pages: Pages):
    answer = pages.get("/")
    assert (answer.status, answer.headers["Location"]) == (302, "/traces")


@pytest.mark.parametrize("path", ["/theme.css", "/telemetry.css", "/icon.svg"])
def test_what_a_page_loads_is_there(pages: Pages, path: str):
    assert pages.get(path).status == 200


def test_a_list_shows_what_a_trace_comes_to(pages: Pages):
    top = a_span(span=1, name="ingest", attributes=INGEST | {"pipeline.status": "failed"}, lasts=1234)
    pages.traces.add_spans([top, a_span(span=2, parent=1, status="error")])
    cells = ["2027-01-15 08:00:00.000", "ingest", "orders/a.csv", "orders", "error failed", "1.23 s", "2", "1"]
    assert pages.shown("/traces").rows[1] == cells


def test_a_list_leads_to_the_trace_and_to_the_files_others(pages: Pages):
    pages.traces.add_spans([a_span(1, attributes={"file.path": "a b/ü&.csv"})])
    shown = pages.shown("/traces")
    assert shown.all("a", href=f"/traces/{trace_id(1)}")
    assert shown.all("a", href="/traces?file=a+b%2F%C3%BC%26.csv")


def test_the_form_keeps_what_was_searched(pages: Pages):
    pages.traces.add_spans([a_span(1, name="ingest")])
    shown = pages.shown("/traces", file="orders", trace="ab", function="ingest", status="error", follow="1")
    assert shown.all("input", name="file", value="orders")
    assert shown.all("input", name="trace", value="ab")
    assert [given["value"] for given in shown.all("option") if "selected" in given] == ["ingest", "error"]
    assert "checked" in shown.all("input", name="follow")[0]


def test_a_list_that_is_cut_says_of_how_many(pages: Pages):
    pages.traces.add_spans([a_span(number) for number in range(1, 104)])
    assert "100 traces of 103, the newest" in pages.shown("/traces").text


def test_idle_runs_of_timers_are_left_out_and_counted(pages: Pages):
    pages.traces.add_spans([a_span(1, name="refresh", attributes={"faas.trigger": "timer"}), a_span(2, name="ingest")])
    shown = pages.shown("/traces")
    assert [row[1] for row in shown.rows[1:]] == ["ingest"]
    assert "1 trace; without 1 run of timers that found nothing to do" in shown.text


@pytest.mark.parametrize("parameters", [{"idle": "1"}, {"function": "refresh"}])
def test_idle_runs_of_timers_are_there_where_they_are_asked_for(pages: Pages, parameters: dict[str, str]):
    pages.traces.add_spans([a_span(1, name="refresh", attributes={"faas.trigger": "timer"})])
    assert [row[1] for row in pages.shown("/traces", **parameters).rows[1:]] == ["refresh"]


def test_json_lists_idle_runs_of_timers_too(pages: Pages):
    pages.traces.add_spans([a_span(1, name="refresh", attributes={"faas.trigger": "timer"})])
    assert len(json.loads(pages.get("/api/traces").body)["value"]) == 1


def test_a_list_is_as_long_as_asked(pages: Pages):
    pages.traces.add_spans([a_span(number) for number in range(1, 6)])
    assert len(pages.shown("/traces", limit="2").all("tr")) == 3


@pytest.mark.parametrize(("parameters", "words"), [({}, "No traces yet"), ({"file": "orders"}, "No such trace")])
def test_an_empty_list_says_why(pages: Pages, parameters: dict[str, str], words: str):
    assert words in pages.shown("/traces", **parameters).text


def test_a_list_reloads_where_that_was_asked_for(pages: Pages):
    assert (pages.get("/traces").headers.get("Refresh"), pages.get("/traces", follow="1").headers["Refresh"]) == (
        None,
        "3",
    )


def test_a_bar_lies_where_its_span_does(pages: Pages):
    pages.traces.add_spans([a_span(span=1, lasts=200), a_span(span=2, parent=1, after=50, lasts=100)])
    bars = [given for given in pages.shown(f"/traces/{trace_id(1)}").all("rect") if "x" in given]
    assert [(bar["x"], bar["width"]) for bar in bars] == [("0.0%", "100.000%"), ("25.0%", "50.000%")]


@pytest.mark.parametrize(
    ("changes", "colour"),
    [
        ({}, "internal"),
        ({"kind": "client"}, "client"),
        ({"scope": "azure.core"}, "client"),
        ({"kind": "client", "status": "error"}, "error"),
    ],
)
def test_a_bar_tells_the_apps_own_work_from_calls_and_errors(pages: Pages, changes: dict[str, str], colour: str):
    pages.traces.add_spans([a_span(span=1), a_span(span=2, parent=1, **changes)])
    bars = [given for given in pages.shown(f"/traces/{trace_id(1)}").all("rect") if "x" in given]
    assert [bar["class"] for bar in bars] == ["internal", colour]


@pytest.mark.parametrize(
    ("attributes", "hint"),
    [
        ({"pipeline.report": "sales_by_region", "pipeline.period": "2026-11"}, "sales_by_region 2026-11"),
        ({"url.full": "http://127.0.0.1/uploads/a.csv?sig=x", "http.response.status_code": 404}, "/uploads/a.csv 404"),
        ({"db.response.status_code": 201}, "201"),
    ],
)
def test_a_span_tells_what_it_is_about(pages: Pages, attributes: dict[str, str], hint: str):
    pages.traces.add_spans([a_span(name="work", attributes=attributes)])
    line = pages.shown(f"/traces/{trace_id(1)}").text.partition("level 1: ")[2].partition("100 ms")[0]
    assert line == f"work {hint}"


def test_a_span_is_set_in_below_its_parent_and_says_its_level_to_ears(pages: Pages):
    pages.traces.add_spans([a_span(span=1, name="ingest"), a_span(span=2, parent=1, name="claim")])
    shown = pages.shown(f"/traces/{trace_id(1)}")
    assert [given["width"] for _, given in shown.elements if given.get("class") == "indent"] == ["0", "14"]
    assert "level 2: claim" in shown.text


def test_a_trace_whose_parent_was_not_sent_says_so(pages: Pages):
    pages.traces.add_spans([a_span(parent=9)])
    assert "The parent of 1 span was not sent here" in pages.shown(f"/traces/{trace_id(1)}").text


def test_what_went_wrong_stands_at_the_top(pages: Pages):
    exception = {"exception.type": "ValueError", "exception.message": "broken", "exception.stacktrace": "line 7"}
    failed = a_span(status="error", name="commit", events=(Event(START, "exception", exception),))
    pages.traces.add_spans([failed])
    assert (
        "What went wrongcommit: ValueError: brokenStack traceline 7Spans" in pages.shown(f"/traces/{trace_id(1)}").text
    )


def test_an_exception_is_told_once_though_it_failed_the_spans_above(pages: Pages):
    raised = Event(START, "exception", {"exception.type": "ValueError", "exception.message": "broken"})
    above = a_span(span=1, name="ingest", status="error", message="ValueError: broken")
    pages.traces.add_spans([above, a_span(span=2, parent=1, status="error", message="x", events=(raised,))])
    before_spans = pages.shown(f"/traces/{trace_id(1)}").text.partition("Spans")[2].partition("began")[0]
    assert before_spans.count("broken") == 1


def test_an_error_without_an_exception_is_told_by_its_message(pages: Pages):
    pages.traces.add_spans([a_span(name="claim", status="error", message="gone")])
    assert "What went wrongclaim: goneSpans" in pages.shown(f"/traces/{trace_id(1)}").text


def test_links_lead_to_the_traces_here_and_name_those_that_are_not(pages: Pages):
    pages.traces.add_spans([a_span(1, name="ingest", attributes=INGEST)])
    pages.traces.add_spans([a_span(2, name="refresh", links=(Link(trace_id(1), "", {}), Link(trace_id(7), "", {})))])
    shown = pages.shown(f"/traces/{trace_id(2)}")
    assert "Links toingest orders/a.csv 2027-01-15 08:00:00.000" in shown.text
    assert f"{trace_id(7)} (not here: not arrived yet, or no longer kept)" in shown.text


def test_an_ingest_names_the_refreshes_that_link_to_it(pages: Pages):
    link = Link(trace_id(1), "", {})
    pages.traces.add_spans([a_span(1, name="ingest"), a_span(2, name="refresh", after=60_000, links=(link,))])
    shown = pages.shown(f"/traces/{trace_id(1)}")
    assert "Linked fromrefresh 2027-01-15 08:01:00.000" in shown.text


def test_log_lines_stand_in_the_order_of_time(pages: Pages):
    pages.traces.add_spans([a_span()])
    pages.traces.add_logs([a_line(after=20, text="second"), a_line(after=10, text="first")])
    assert "10 msINFOfirst20 msINFOsecond" in pages.shown(f"/traces/{trace_id(1)}").text


def test_a_trace_that_is_not_here_is_a_page_that_says_so(pages: Pages):
    assert pages.get("/traces/ab").status == 404
    assert "There is no trace ab here." in pages.shown("/traces/ab").text


def test_a_trace_that_is_not_here_is_a_404_in_json_too(pages: Pages):
    assert pages.get("/api/traces/ab").status == 404


def test_metrics_show_totals_and_for_histograms_what_they_are_made_of(pages: Pages):
    pages.metrics.add([a_point(total=1_234_567, attributes=(("pipeline.dataset", "sales"),))])
    pages.metrics.add([a_point("duration", 6, unit="s", kind="histogram", count=4, least=0.5, most=3)])
    text = pages.shown("/metrics").text
    assert "pipeline.ingest.rowspipeline.dataset=sales1,234,567" in text
    assert "duration6 s4 values, mean 1.5 s, 0.5 to 3 s" in text


def test_pages_are_read_only(pages: Pages):
    answer = pages.get("/traces", method="DELETE")
    assert (answer.status, answer.headers["Allow"]) == (405, "GET, HEAD")


@pytest.mark.parametrize(
    ("nanoseconds", "text"),
    [
        (0, "0 µs"),
        (431_000, "431 µs"),
        (1_234_567, "1.23 ms"),
        (98 * MS, "98 ms"),
        (123_456_789, "123 ms"),
        (999 * MS, "999 ms"),
        (1_500 * MS, "1.50 s"),
        (61_000 * MS, "1 min 1 s"),
    ],
)
def test_a_length_of_time_has_the_unit_that_fits(nanoseconds: int, text: str):
    assert duration(nanoseconds) == text


@pytest.mark.parametrize(("value", "text"), [(7, "7"), (7.0, "7"), (1234567, "1,234,567"), (0.12345, "0.1235")])
def test_a_number_has_no_more_digits_than_it_needs(value: float, text: str):
    assert number(value) == text
