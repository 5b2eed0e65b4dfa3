"""The time, in the two forms in which documents hold it."""

from __future__ import annotations

import datetime as dt
import time


def now() -> str:
    """RFC 3339 in UTC, to the millisecond: `2026-11-20T13:00:00.123Z`."""
    return before(dt.timedelta())


def before(span: dt.timedelta) -> str:
    """The time so long ago, in the form of `now`; texts of this form sort by time."""
    return text(moment() - span)


def moment() -> dt.datetime:
    """The time to reckon with."""
    return dt.datetime.now(dt.UTC)


def text(moment: dt.datetime) -> str:
    """A time in UTC in the form of `now`."""
    return moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")


def now_ms() -> int:
    """Milliseconds since 1970."""
    return time.time_ns() // 1_000_000
