"""What all pages share: the frame around them, and small parts."""

from urllib.parse import urlencode

from devstack.telemetry.pages.html import Child, Html, join, tag
from devstack.telemetry.pages.words import clock, iso
from devstack.telemetry.trace import Summary

VIEWS = {"Traces": "/traces", "Metrics": "/metrics"}
TITLE = "Telemetry of the local stack"


def page(title: str, view: str, *content: Child) -> str:
    """A whole page."""
    head = tag(
        "head",
        tag("meta", charset="utf-8"),
        tag("meta", name="viewport", content="width=device-width, initial-scale=1"),
        tag("meta", name="color-scheme", content="light dark"),
        tag("title", f"{title} · {TITLE}"),
        tag("link", rel="icon", href="/icon.svg"),
        tag("link", rel="stylesheet", href="/theme.css"),
        tag("link", rel="stylesheet", href="/telemetry.css"),
    )
    links = [tag("a", name, href=to, aria_current="page" if name == view else None) for name, to in VIEWS.items()]
    body = tag(
        "body",
        tag("a", "Skip to content", class_="skip", href="#content"),
        tag("header", tag("span", TITLE, class_="brand"), tag("nav", links, aria_label="Views"), class_="top"),
        tag("main", *content, id="content", tabindex=-1),
    )
    return join([Html("<!doctype html>"), tag("html", head, body, lang="en")])


def time(at: int) -> Html:
    """A time in UTC."""
    return tag("time", clock(at), datetime=iso(at))


def trace_link(summary: Summary) -> Html:
    """A link to a trace: the function, and when."""
    return tag("a", summary.function or "(no name)", href=f"/traces/{summary.trace_id}")


def file_link(name: str) -> Html:
    """A link to all traces of a file."""
    return tag("a", tag("bdi", name), href=f"/traces?{urlencode({'file': name})}", class_="file")


def files(summary: Summary, at_most: int = 2) -> list[Html]:
    """The files of a trace, the first of them by name."""
    shown = [file_link(name) for name in summary.files[:at_most]]
    parts = [part for link in shown for part in (link, Html(" "))]
    rest = len(summary.files) - at_most
    return [*parts, tag("span", f"and {rest:,} more", class_="muted")] if rest > 0 else parts


def pill(text: str) -> Html:
    """A word for how it went, in its colour."""
    return tag("span", text, class_=f"status {text}") if text else Html()


def outcome(summary: Summary) -> list[Html]:
    """How a trace went: the error first, then what became of the file."""
    words = ["error"] if summary.errors else []
    return [pill(word) for word in [*words, summary.outcome or ("" if words else "ok")] if word]
