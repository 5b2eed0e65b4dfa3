"""`/metrics`: what each metric has come to since the stack was started."""

from collections.abc import Sequence
from itertools import groupby

from devstack.telemetry.model import Point
from devstack.telemetry.pages.html import Html, tag
from devstack.telemetry.pages.layout import page, time
from devstack.telemetry.pages.words import count, number


def render(readings: Sequence[Point]) -> str:
    """The page."""
    content = _table(readings) if readings else [_nothing()]
    return page("Metrics", "Metrics", tag("h1", "Metrics"), tag("section", content, class_="card"))


def _table(readings: Sequence[Point]) -> list[Html]:
    newest = max(reading.at for reading in readings)
    headings = [
        tag("th", name, scope="col", class_="number" if name == "Value" else None)
        for name in ("Metric", "Attributes", "Value")
    ]
    groups = [_group(name, list(of_name)) for name, of_name in groupby(readings, lambda reading: reading.metric)]
    table = tag("table", tag("thead", tag("tr", headings)), groups)
    return [
        tag("p", "Up to ", time(newest), " UTC", class_="muted small"),
        tag("div", table, class_="scroll", tabindex=0, role="region", aria_label="Metrics"),
    ]


def _group(name: str, readings: Sequence[Point]) -> Html:
    """A metric, its name once for all sets of attributes."""
    heading = tag("th", name, scope="rowgroup", rowspan=len(readings), class_="code")
    rows = [tag("tr", heading if index == 0 else None, _cells(reading)) for index, reading in enumerate(readings)]
    return tag("tbody", rows)


def _cells(reading: Point) -> list[Html]:
    labels = [tag("span", f"{key}={value}", class_="label") for key, value in reading.attributes]
    return [tag("td", labels, class_="wide"), tag("td", _value(reading), class_="number")]


def _value(reading: Point) -> list[Html]:
    unit = "" if reading.unit.startswith("{") or reading.unit == "1" else f" {reading.unit}"
    total = tag("span", f"{number(reading.total)}{unit}")
    if reading.kind != "histogram":
        return [total]
    parts = [count(reading.count, "value")]
    if reading.count:
        parts.append(f"mean {number(reading.total / reading.count)}{unit}")
    if reading.least is not None and reading.most is not None:
        parts.append(f"{number(reading.least)} to {number(reading.most)}{unit}")
    return [total, tag("span", ", ".join(parts), class_="muted small below")]


def _nothing() -> Html:
    hint = "The app sends them every few seconds once it has something to count. Upload a file."
    return tag("div", tag("h2", "No metrics yet"), tag("p", hint), class_="empty")
