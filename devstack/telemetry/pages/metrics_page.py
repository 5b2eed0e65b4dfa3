"""`/metrics`: what each metric has come to since the stack was started."""

from collections.abc import Sequence

from devstack.telemetry.model import Point
from devstack.telemetry.pages.html import Html, tag
from devstack.telemetry.pages.layout import page, time
from devstack.telemetry.pages.words import count, number


def render(readings: Sequence[Point]) -> str:
    """The page."""
    return page(
        "Metrics",
        "Metrics",
        tag("h1", "Metrics"),
        tag("section", _table(readings) if readings else _nothing(), class_="card"),
    )


def _table(readings: Sequence[Point]) -> Html:
    names = ("Metric", "Attributes", "Value", "As of (UTC)")
    headings = [tag("th", name, scope="col", class_="number" if name == "Value" else None) for name in names]
    table = tag("table", tag("thead", tag("tr", headings)), tag("tbody", map(_row, readings)))
    return tag("div", table, class_="scroll", tabindex=0, role="region", aria_label="Metrics")


def _row(reading: Point) -> Html:
    labels = [tag("span", f"{key}={value}", class_="label") for key, value in reading.attributes]
    return tag(
        "tr",
        tag("th", reading.metric, scope="row", class_="code"),
        tag("td", labels, class_="wide labels"),
        tag("td", _value(reading), class_="number"),
        tag("td", time(reading.at), class_="time"),
    )


def _value(reading: Point) -> list[Html]:
    unit = "" if reading.unit.startswith("{") or reading.unit == "1" else f" {reading.unit}"
    if reading.kind != "histogram":
        return [tag("span", f"{number(reading.total)}{unit}")]
    parts = [count(reading.count, "value")]
    if reading.count:
        parts.append(f"mean {number(reading.total / reading.count)}{unit}")
    if reading.least is not None and reading.most is not None:
        parts.append(f"{number(reading.least)} to {number(reading.most)}{unit}")
    return [tag("span", f"{number(reading.total)}{unit}"), tag("span", ", ".join(parts), class_="muted small below")]


def _nothing() -> Html:
    hint = "The app sends them every few seconds once it has something to count. Upload a file."
    return tag("div", tag("h2", "No metrics yet"), tag("p", hint), class_="empty")
