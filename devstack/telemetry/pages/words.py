"""Times and lengths of time as the pages write them."""

from datetime import UTC, datetime

MS = 1_000_000  # nanoseconds


def moment(at: int) -> datetime:
    """A time in UTC, to the microsecond."""
    return datetime.fromtimestamp(at // 1_000_000_000, UTC).replace(microsecond=at % 1_000_000_000 // 1_000)


def iso(at: int) -> str:
    """A time as machines read it."""
    return moment(at).isoformat(timespec="microseconds").replace("+00:00", "Z")


def clock(at: int) -> str:
    """A time as people read it, in UTC."""
    return moment(at).strftime("%Y-%m-%d %H:%M:%S.") + f"{at % 1_000_000_000 // MS:03d}"


def duration(nanoseconds: int) -> str:
    """A length of time in the unit that fits it."""
    if nanoseconds < MS:
        return f"{nanoseconds / 1_000:.0f} µs"
    if nanoseconds < 1_000 * MS:
        return f"{nanoseconds / MS:.3g} ms" if nanoseconds < 99 * MS else f"{nanoseconds / MS:.0f} ms"
    if nanoseconds < 60_000 * MS:
        return f"{nanoseconds / (1_000 * MS):.2f} s"
    minutes, seconds = divmod(nanoseconds // (1_000 * MS), 60)
    return f"{minutes} min {seconds} s"


def number(value: float) -> str:
    """A number with its thousands apart, and no more digits than it needs."""
    return f"{value:,.0f}" if float(value).is_integer() else f"{value:,.4g}"


def count(how_many: int, one: str, more: str = "") -> str:
    """`1 span`, `2 spans`."""
    return f"{how_many:,} {one if how_many == 1 else more or one + 's'}"
