"""ISO 8601 dates and moments, read exactly and fast.

polars (chrono) is more generous than ISO 8601: it takes second 60 for the next minute, blanks and signs for digits,
single digits for months. So a text counts only where it matches the pattern of its layout. Layouts without a fraction
or an offset are read by a fast path of polars' own, ten times as fast as the others; so each has its turn.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

import polars as pl

DATE = "^[0-9]{4}-[0-9]{2}-[0-9]{2}$"
SECONDS, FRACTION = ":[0-5][0-9]", r"(?:\.[0-9]{1,6}0{0,3})?"  # moments are kept to the microsecond
OFFSET = "[+-](?:[01][0-9]|2[0-3]):?[0-5][0-9]"
FIRST, LAST = dt.datetime(1, 1, 1), dt.datetime(9999, 12, 31, 23, 59, 59, 999_999)  # noqa: DTZ001 - in any time zone


@dataclass(frozen=True, slots=True, eq=False)
class Reading:
    """One way to read a text: its value where it is in one certain form, null elsewhere.

    `shown`: how the processed document has that value, where that takes less than writing it out of the value.
    `pattern`: that form as a regular expression, where there are others.
    """

    value: pl.Expr
    shown: pl.Expr | None = None
    pattern: str | None = None


@dataclass(frozen=True, slots=True)
class _Layout:
    """One way to write a moment: `T` or a blank (or either), down to seconds or not, and `Z`, an offset or neither."""

    separator: str
    seconds: str
    zone: str = ""

    @property
    def pattern(self) -> str:
        return f"^[0-9]{{4}}-[0-9]{{2}}-[0-9]{{2}}{self.separator}[0-9]{{2}}:[0-9]{{2}}{self.seconds}{self.zone}$"

    @property
    def format(self) -> str:
        separator = "T" if self.separator == "[T ]" else self.separator
        seconds = {"": "", SECONDS: ":%S"}.get(self.seconds, ":%S%.f")
        return f"%Y-%m-%d{separator}%H:%M{seconds}{'%z' if self.zone == OFFSET else self.zone}"


# Every form that is read, the commonest first; the later ones have a part of the earlier in them.
_LAYOUTS = (
    _Layout("T", SECONDS),
    _Layout("T", SECONDS, "Z"),
    _Layout(" ", SECONDS),
    *(_Layout("[T ]", seconds, zone) for seconds in (SECONDS + FRACTION, "") for zone in ("", "Z", OFFSET)),
)


def date_readings(text: pl.Expr) -> tuple[Reading, ...]:
    """The ways to read a date: one."""
    matching = text.str.contains(DATE)
    return (Reading(in_years(pl.when(matching).then(text.str.to_date("%Y-%m-%d", strict=False))), shown=text),)


def datetime_readings(text: pl.Expr, time_zone: str) -> tuple[Reading, ...]:
    """The ways to read a moment, shown in `time_zone`. A text without an offset is local time there."""
    return tuple(_reading(text, layout, time_zone) for layout in _LAYOUTS)


def localised(local: pl.Expr, time_zone: str) -> pl.Expr:
    """The moments of local times: of a time that a clock shows twice the earlier, of one that it skips none."""
    if time_zone == "UTC":
        return local.dt.replace_time_zone("UTC")
    return local.dt.replace_time_zone(time_zone, ambiguous="earliest", non_existent="null")


def in_years(time: pl.Expr, time_zone: str | None = None) -> pl.Expr:
    """Only what ISO 8601 and Python can write: the years 1 to 9999, in UTC as well as in the time zone."""
    if time_zone is None:
        return pl.when(time.is_between(FIRST.date(), LAST.date())).then(time)
    possible = time.dt.replace_time_zone(None).is_between(FIRST, LAST)
    if time_zone != "UTC":
        possible &= time.dt.convert_time_zone("UTC").dt.replace_time_zone(None).is_between(FIRST, LAST)
    return pl.when(possible).then(time)


def written(moment: pl.Expr, time_zone: str) -> pl.Expr:
    """A moment in ISO 8601, in the time zone that it is shown in, with its offset."""
    in_utc = moment.dt.convert_time_zone("UTC").dt.to_string("%Y-%m-%dT%H:%M:%S%.fZ")
    if time_zone == "UTC":
        return in_utc
    # Local mean times of long ago are seconds off; ISO 8601 has no way to write that, so those are shown in UTC.
    offset = moment.dt.base_utc_offset() + moment.dt.dst_offset()
    in_minutes = offset.dt.total_seconds() % 60 == 0
    return pl.when(in_minutes).then(moment.dt.to_string("%Y-%m-%dT%H:%M:%S%.f%:z")).otherwise(in_utc)


def _reading(text: pl.Expr, layout: _Layout, time_zone: str) -> Reading:
    plain = text.str.replace(" ", "T", literal=True) if layout.separator != "T" else text
    matching = text.str.contains(layout.pattern)
    # A cache of texts costs more than it saves, moments being mostly different ones.
    moment = (plain if layout.separator == "[T ]" else text).str.to_datetime(
        layout.format, strict=False, time_unit="us", time_zone="UTC" if layout.zone == OFFSET else None, cache=False
    )
    if layout.zone == "":
        moment = localised(moment, time_zone)
    elif layout.zone == "Z":
        moment = moment.dt.replace_time_zone("UTC").dt.convert_time_zone(time_zone)
    else:
        moment = moment.dt.convert_time_zone(time_zone)
    as_it_is = time_zone == "UTC" and layout.seconds == SECONDS
    shown = (plain if layout.zone else plain + "Z") if as_it_is else None
    return Reading(in_years(pl.when(matching).then(moment), time_zone), shown, layout.pattern)
