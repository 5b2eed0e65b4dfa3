"""The metrics so far: one value for each metric and set of attributes, over all processes that sent it."""

from collections.abc import Iterable
from dataclasses import replace

from devstack.telemetry.model import Point

SERIES_AT_MOST = 5_000

type _Labels = tuple[tuple[str, str], ...]


class Metrics:
    """The newest point of each series. A host that starts again counts from 0 again: that is a series of its own."""

    def __init__(self, series_at_most: int = SERIES_AT_MOST) -> None:
        self._last: dict[tuple[str, _Labels, int], Point] = {}
        self._series_at_most = series_at_most

    def add(self, points: Iterable[Point]) -> None:
        """Keep what has arrived."""
        for point in points:
            series = (point.metric, point.attributes, 0 if point.is_delta or point.kind == "gauge" else point.start)
            before = self._last.get(series)
            self._last[series] = _together(before, point) if before and point.is_delta else point
        while len(self._last) > self._series_at_most:
            del self._last[next(iter(self._last))]

    def readings(self) -> list[Point]:
        """All metrics by name, the series of each put together."""
        found: dict[tuple[str, _Labels], Point] = {}
        for point in self._last.values():
            place = (point.metric, point.attributes)
            found[place] = _together(found[place], point) if place in found else point
        return [found[place] for place in sorted(found)]


def _together(one: Point, other: Point) -> Point:
    return replace(
        other,
        at=max(one.at, other.at),
        total=one.total + other.total,
        count=one.count + other.count,
        least=min((value for value in (one.least, other.least) if value is not None), default=None),
        most=max((value for value in (one.most, other.most) if value is not None), default=None),
    )
