"""`/traces/{id}`: one trace as a waterfall, with what went wrong, what it has to do with, and what was logged."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from devstack.telemetry.model import Event, LogLine, Span
from devstack.telemetry.otlp import text
from devstack.telemetry.pages.attributes import attribute_list
from devstack.telemetry.pages.html import Html, tag
from devstack.telemetry.pages.layout import file_link, outcome, page, time, trace_link
from devstack.telemetry.pages.waterfall import waterfall
from devstack.telemetry.pages.words import count, duration
from devstack.telemetry.trace import Summary, Trace

FILES_AT_MOST = 20
LINKS_AT_MOST = 100


@dataclass(frozen=True)
class Shown:
    """A trace with what is known of the traces around it."""

    trace: Trace
    linking: Sequence[Summary]
    find: Callable[[str], Trace | None]


def render(shown: Shown) -> str:
    """The page."""
    summary = shown.trace.summary
    return page(
        f"{summary.function} {summary.trace_id[:8]}",
        "",
        tag("p", tag("a", "All traces", href="/traces")),
        tag("h1", summary.function or "(no name)", Html(" "), outcome(summary)),
        _facts(summary),
        _faults(shown.trace),
        waterfall(shown.trace),
        _links(shown),
        _logs(shown.trace),
    )


def missing(trace_id: str) -> str:
    """The page where there is no such trace."""
    hint = (
        "It has not arrived yet, or was too old to be kept. A trace arrives a second or two after its spans have ended."
    )
    return page(
        "No such trace",
        "",
        tag("h1", "No such trace"),
        tag("p", "There is no trace ", tag("bdi", trace_id, class_="code"), " here. ", hint),
        tag("p", tag("a", "All traces", href="/traces")),
    )


def _facts(summary: Summary) -> Html:
    more = len(summary.files) - FILES_AT_MOST
    named = [part for name in summary.files[:FILES_AT_MOST] for part in (file_link(name), Html("<br>"))]
    facts: list[tuple[str, list[Html] | Html | str]] = [
        (
            "File" if len(summary.files) == 1 else "Files",
            [*named, tag("span", f"and {more:,} more")] if more > 0 else named,
        ),
        ("Dataset", ", ".join(summary.datasets)),
        ("Started (UTC)", time(summary.start)),
        ("Duration", duration(summary.end - summary.start)),
        ("Spans", f"{summary.spans:,}"),
        ("Errors", f"{summary.errors:,}"),
        ("Trace id", tag("span", summary.trace_id, class_="code")),
    ]
    pairs = [tag("div", tag("dt", name), tag("dd", value)) for name, value in facts if value]
    return tag("dl", pairs, class_="card facts-list")


def _faults(trace: Trace) -> Html | None:
    rows = [row.span for row in trace.rows()]
    raised = [(span, event) for span in rows for event in span.events if event.name == "exception"]
    silent = [span for span in rows if span.is_error and not any(event.name == "exception" for event in span.events)]
    # An exception passes through all spans above the one that recorded it: those have nothing to add
    told = {text(event.attributes.get("exception.message")) for _, event in raised}
    silent = [span for span in silent if span.message and not any(message in span.message for message in told)]
    if not raised and not silent:
        return None
    found = [_exception(span, event) for span, event in raised]
    found += [tag("p", tag("strong", span.name), ": ", span.message) for span in silent]
    return tag("section", tag("h2", "What went wrong"), found[:LINKS_AT_MOST], class_="notice bad")


def _exception(span: Span, event: Event) -> Html:
    kind, message, stack = (text(event.attributes.get(f"exception.{key}")) for key in ("type", "message", "stacktrace"))
    said = tag("p", tag("strong", span.name), ": ", tag("span", kind, class_="code"), f": {message}" if message else "")
    if not stack:
        return said
    return tag("div", said, tag("details", tag("summary", "Stack trace"), tag("pre", stack, tabindex=0)))


def _links(shown: Shown) -> Html | None:
    of_this = shown.trace.summary
    to = list(dict.fromkeys(link.trace_id for span in shown.trace.spans() for link in span.links))
    back = [summary.trace_id for summary in shown.linking if summary.trace_id != of_this.trace_id]
    parts = [
        part
        for title, ids in (("Links to", to), ("Linked from", back))
        if ids
        for part in (
            tag("h3", title),
            tag("ul", [_link(shown, trace_id) for trace_id in ids[:LINKS_AT_MOST]]),
            _rest(ids),
        )
    ]
    return tag("section", tag("h2", "Other traces"), *parts, class_="card others") if parts else None


def _rest(ids: Sequence[str]) -> Html | None:
    more = len(ids) - LINKS_AT_MOST
    return tag("p", f"and {more:,} more", class_="muted") if more > 0 else None


def _link(shown: Shown, trace_id: str) -> Html:
    trace = shown.find(trace_id)
    if trace is None or not len(trace):
        return tag("li", tag("span", trace_id, class_="code"), " (not here: not arrived yet, or no longer kept)")
    summary = trace.summary
    names = [tag("bdi", name) for name in summary.files[:1]]
    return tag("li", trace_link(summary), Html(" "), names, Html(" "), tag("span", time(summary.start), class_="muted"))


def _logs(trace: Trace) -> Html:
    title = tag("h2", "Log")
    if not trace.logs:
        return tag("section", title, tag("p", "Nothing was logged in this trace.", class_="muted"), class_="card")
    headings = [tag("th", name, scope="col") for name in ("After", "Level", "Span", "Message")]
    lines = [_log_line(trace, line) for line in sorted(trace.logs, key=lambda line: line.at)]
    table = tag("table", tag("thead", tag("tr", headings)), tag("tbody", lines))
    region = tag("div", table, class_="scroll", tabindex=0, role="region", aria_label="Log")
    return tag("section", title, tag("p", count(len(trace.logs), "line"), class_="muted small"), region, class_="card")


def _log_line(trace: Trace, line: LogLine) -> Html:
    span = trace.span(line.span_id)
    more = attribute_list(line.attributes)
    details = tag("details", tag("summary", "Attributes"), more) if more else None
    return tag(
        "tr",
        tag("td", duration(max(0, line.at - trace.summary.start)), class_="time"),
        tag("td", tag("span", line.severity, class_=f"level {line.severity.lower()}")),
        tag("td", span.name if span else ""),
        tag("td", tag("pre", line.text, class_="text"), details, class_="wide"),
    )
