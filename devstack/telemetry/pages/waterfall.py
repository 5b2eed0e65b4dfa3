"""The spans of a trace under one another, each with a bar on a common time scale. A click opens what a span knows.

Calls of services are those of another scope than the invocation's (the SDKs'), and the app's own of kind client.
"""

from dataclasses import dataclass
from urllib.parse import urlsplit

from devstack.telemetry.model import Event, Link, Span
from devstack.telemetry.otlp import text
from devstack.telemetry.pages.attributes import attribute_list
from devstack.telemetry.pages.html import Html, tag
from devstack.telemetry.pages.words import clock, count, duration
from devstack.telemetry.trace import Row, Trace

ROWS_AT_MOST = 2_000
_DEEPEST = 12  # levels that are set in; what lies deeper says so in words only
_STEP = 14  # pixels for each
_ABOUT = ("pipeline.report", "pipeline.period")
_TICKS = ((0, "start"), (25, "middle"), (50, "middle"), (75, "middle"), (100, "end"))


@dataclass(frozen=True)
class _Scale:
    """Where a time lies between the beginning and the end of the trace, in percent."""

    start: int
    length: int

    def place(self, at: int) -> float:
        return round(100 * (at - self.start) / self.length, 3)


def waterfall(trace: Trace) -> Html:
    """The section with the spans."""
    rows, summary, own = trace.rows(), trace.summary, trace.own_scope()
    scale = _Scale(summary.start, max(1, summary.end - summary.start))
    return tag(
        "section",
        tag("h2", "Spans"),
        [tag("p", note, class_="muted small") for note in _notes(trace, rows)],
        tag(
            "label", tag("input", type="checkbox", class_="only-own"), "Without calls to services", class_="check small"
        ),
        _axis(scale),
        tag("ol", [_row(row, own, scale) for row in rows[:ROWS_AT_MOST]], class_="spans"),
        tag(
            "p",
            _swatch("internal"),
            "the app's own ",
            _swatch("client"),
            "calls to a service ",
            _swatch("error"),
            "error",
            class_="key small",
        ),
        class_="card",
    )


def _notes(trace: Trace, rows: list[Row]) -> list[str]:
    notes = []
    missing = {row.span.parent_id for row in rows if row.is_orphan}
    if missing:
        notes.append(
            f"The parent of {count(sum(row.is_orphan for row in rows), 'span')} was not sent here: the functions host's"
            " own span, that of a caller who sent a traceparent, or one that has not ended yet."
        )
    if len(rows) > ROWS_AT_MOST:
        notes.append(f"The first {ROWS_AT_MOST:,} of {count(len(rows), 'span')} are shown.")
    if trace.left_out:
        notes.append(
            f"{count(trace.left_out, 'span or line', 'spans and lines')} beyond what is kept of one trace are not here."
        )
    return notes


def _axis(scale: _Scale) -> Html:
    ticks = [
        tag(
            "text",
            duration(scale.length * percent // 100) if percent else "0",
            x=f"{percent}%",
            y=12,
            text_anchor=anchor,
        )
        for percent, anchor in _TICKS
    ]
    return tag(
        "div",
        tag("span", "Span", class_="name"),
        tag("svg", ticks, class_="ticks", width="100%", height=16),
        tag("span", "Duration", class_="length"),
        class_="line axis",
        aria_hidden="true",
    )


def _row(row: Row, own: str, scale: _Scale) -> Html:
    span, level = row.span, row.depth + 1
    is_call = span.kind == "client" or span.scope != own
    indent = tag("svg", width=min(row.depth, _DEEPEST) * _STEP, height=8, aria_hidden="true", class_="indent")
    name = tag(
        "span",
        indent,
        tag("span", f"level {level}: ", class_="for-ears"),
        tag("bdi", span.name or "(no name)"),
        tag("bdi", _hint(span), class_="hint"),
        tag("span", " error", class_="error") if span.is_error else None,
        class_="name",
    )
    line = tag(
        "summary",
        name,
        _bar(span, scale, is_call=is_call),
        tag("span", duration(span.end - span.start), class_="length"),
        class_="line",
    )
    return tag("li", tag("details", line, _details(row, scale)), class_="call" if is_call else None)


def _bar(span: Span, scale: _Scale, *, is_call: bool) -> Html:
    place = scale.place(span.start)
    bar = tag(
        "rect",
        x=f"{place}%",
        y=5,
        width=f"{scale.place(span.end) - place:.3f}%",
        height=12,
        rx=2,
        class_=_colour(span, is_call=is_call),
    )
    marks = [
        tag("line", x1=f"{scale.place(event.at)}%", x2=f"{scale.place(event.at)}%", y1=1, y2=21, class_="event")
        for event in span.events
    ]
    return tag("svg", bar, marks, class_="bar", width="100%", height=22, aria_hidden="true")


def _hint(span: Span) -> str:
    """What a span is about, where its name does not say it."""
    told = span.attributes
    address = text(told.get("url.full") or told.get("http.url"))
    about = urlsplit(address).path if address else " ".join(text(told.get(key)) for key in _ABOUT)
    status = text(told.get("http.response.status_code") or told.get("db.response.status_code"))
    return f" {about} {status}".rstrip()


def _colour(span: Span, *, is_call: bool) -> str:
    return "error" if span.is_error else "client" if is_call else "internal"


def _swatch(colour: str) -> Html:
    square = tag("rect", width=10, height=10, rx=2, class_=colour)
    return tag("svg", square, width=10, height=10, aria_hidden="true", class_="swatch")


def _details(row: Row, scale: _Scale) -> Html:
    span = row.span
    facts: dict[str, str] = {
        "began": f"{duration(span.start - scale.start)} after the first",
        "at (UTC)": clock(span.start),
        "kind": span.kind,
        "status": f"{span.status}: {span.message}" if span.message else span.status,
        "made by": f"{span.scope} in {span.service}",
        "span id": span.span_id,
        "parent": f"{span.parent_id} (not here)" if row.is_orphan else "",
    }
    return tag(
        "div",
        attribute_list({name: value for name, value in facts.items() if value}),
        _part("Attributes", attribute_list(span.attributes)),
        [_event(event, scale) for event in span.events],
        [_link(link) for link in span.links[:20]],
        class_="details",
    )


def _part(title: str, content: Html | None) -> Html | None:
    return tag("div", tag("h3", title), content) if content else None


def _event(event: Event, scale: _Scale) -> Html:
    title = f"Event: {event.name}, {duration(max(0, event.at - scale.start))} after the first span began"
    return tag("div", tag("h3", title), attribute_list(event.attributes))


def _link(link: Link) -> Html:
    to = tag("a", link.trace_id, href=f"/traces/{link.trace_id}", class_="code")
    return tag("div", tag("h3", "Link"), tag("p", to), attribute_list(link.attributes))
