"""`/traces`: the last traces, newest first, and the form to search them."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from devstack.telemetry.pages.html import Html, tag
from devstack.telemetry.pages.layout import files, outcome, page, time, trace_link
from devstack.telemetry.pages.words import count, duration
from devstack.telemetry.store import Search
from devstack.telemetry.trace import Summary

STATUSES = ("error", "ok", "processed", "rejected", "failed", "deleted")
HEADINGS = ("Started (UTC)", "Function", "File", "Dataset", "Status", "Duration", "Spans", "Errors")
NUMBERS = frozenset({"Duration", "Spans", "Errors"})


@dataclass(frozen=True)
class Listing:
    """What a list shows: the newest traces found, of how many, without how many idle ones, and what was asked."""

    found: Sequence[Summary]
    of: int
    idle: int
    search: Search
    functions: Sequence[str]
    follow: bool


def render(listing: Listing) -> str:
    """The page."""
    table = _table(listing) if listing.found else _nothing(listing.search)
    count_of = tag("p", _count(listing), class_="muted small", role="status")
    return page("Traces", "Traces", tag("h1", "Traces"), _form(listing), tag("section", count_of, table, class_="card"))


def _form(listing: Listing) -> Html:
    search = listing.search
    return tag(
        "form",
        _text("file", "File, or a part of its name", search.file),
        _text("trace", "Trace id", search.trace_id),
        _choice("function", "Function", listing.functions, search.function),
        _choice("status", "Status", STATUSES, search.status),
        _check("idle", "Idle timers, too", chosen=search.idle),
        _check("follow", "Reload every 3 s", chosen=listing.follow),
        tag("button", "Search", class_="primary"),
        tag("a", "Show all", href="/traces"),
        class_="card controls",
        role="search",
        action="/traces",
    )


def _text(name: str, label: str, value: str) -> Html:
    box = tag("input", type="search", name=name, value=value, autocomplete="off", spellcheck="false")
    return tag("label", tag("span", label), box, class_=f"wide-{name}")


def _choice(name: str, label: str, values: Sequence[str], chosen: str) -> Html:
    options = [tag("option", "any", value="")]
    options += [tag("option", value, value=value, selected=value == chosen) for value in values if value]
    return tag("label", tag("span", label), tag("select", options, name=name))


def _check(name: str, label: str, *, chosen: bool) -> Html:
    return tag("label", tag("input", type="checkbox", name=name, value="1", checked=chosen), label, class_="check")


def _count(listing: Listing) -> str:
    shown = count(len(listing.found), "trace")
    if len(listing.found) < listing.of:
        shown += f" of {listing.of:,}, the newest"
    if listing.idle:
        shown += f"; without {count(listing.idle, 'run')} of timers that found nothing to do"
    return shown


def _table(listing: Listing) -> Html:
    headings = [tag("th", name, scope="col", class_="number" if name in NUMBERS else None) for name in HEADINGS]
    table = tag("table", tag("thead", tag("tr", headings)), tag("tbody", map(_row, listing.found)))
    return tag("div", table, class_="scroll", tabindex=0, role="region", aria_label="Traces found")


def _row(found: Summary) -> Html:
    return tag(
        "tr",
        tag("td", time(found.start), class_="time"),
        tag("th", trace_link(found), scope="row"),
        tag("td", files(found), class_="wide"),
        tag("td", ", ".join(found.datasets[:3])),
        tag("td", outcome(found)),
        tag("td", duration(found.end - found.start), class_="number"),
        tag("td", f"{found.spans:,}", class_="number"),
        tag("td", f"{found.errors:,}" if found.errors else "", class_="number bad"),
    )


def _nothing(search: Search) -> Html:
    if replace(search, idle=True) == Search():
        hint = "They appear here a second or two after a function has run. Upload a file, or wait for a timer."
        return tag("div", tag("h2", "No traces yet"), tag("p", hint), class_="empty")
    hint = "Only the last ones are kept. A part of a file's name is enough; a trace id is found by how it begins."
    return tag("div", tag("h2", "No such trace"), tag("p", hint), class_="empty")
