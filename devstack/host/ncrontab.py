"""NCRONTAB schedules: six fields, seconds first, in UTC; day of month and day of week must both match."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_DAYS = ("sun", "mon", "tue", "wed", "thu", "fri", "sat")
_FIELDS = (
    ("second", 0, 59),
    ("minute", 0, 59),
    ("hour", 0, 23),
    ("day", 1, 31),
    ("month", 1, 12),
    ("day of week", 0, 6),
)
_LONGEST_GAP = 366 * 8 + 1  # days; 29 February skips a century year


@dataclass(frozen=True)
class Schedule:
    """The allowed values of each field."""

    expression: str
    seconds: tuple[int, ...]
    minutes: tuple[int, ...]
    hours: tuple[int, ...]
    days: tuple[int, ...]
    months: tuple[int, ...]
    weekdays: tuple[int, ...]

    def next_after(self, moment: datetime) -> datetime:
        """The first occurrence later than the moment (in UTC, whole seconds)."""
        start = moment.astimezone(UTC).replace(microsecond=0) + timedelta(seconds=1)
        for offset in range(_LONGEST_GAP):
            midnight = start.replace(hour=0, minute=0, second=0) + timedelta(days=offset)
            if self._has_day(midnight):
                found = self._first_time(midnight, start)
                if found:
                    return found
        raise ValueError(f"{self.expression!r} never occurs")

    def _has_day(self, day: datetime) -> bool:
        return day.day in self.days and day.month in self.months and day.isoweekday() % 7 in self.weekdays

    def _first_time(self, midnight: datetime, start: datetime) -> datetime | None:
        for hour in self.hours:
            for minute in self.minutes:
                last = midnight.replace(hour=hour, minute=minute, second=self.seconds[-1])
                if last >= start:
                    times = (last.replace(second=second) for second in self.seconds)
                    return next(time for time in times if time >= start)
        return None


def parse_schedule(expression: str) -> Schedule:
    """Parse an NCRONTAB expression; ValueError says what is wrong with it."""
    fields = expression.split()
    if len(fields) != len(_FIELDS):
        raise ValueError(f"{expression!r} has {len(fields)} fields; NCRONTAB has six, seconds first")
    values = [_parse_field(text, *limits) for text, limits in zip(fields, _FIELDS, strict=True)]
    schedule = Schedule(expression, *values)
    schedule.next_after(datetime.now(UTC))  # refuses 30 February
    return schedule


def _parse_field(text: str, name: str, low: int, high: int) -> tuple[int, ...]:
    values: set[int] = set()
    for part in text.split(","):
        span, slash, step = part.partition("/")
        first, dash, last = span.partition("-")
        if span == "*":
            start, end = low, high
        else:
            start = _number(first, name, low, high)
            end = _number(last, name, low, high) if dash else high if slash else start
        stride = _number(step, f"{name} step", 1, high) if slash else 1
        if start > end:
            raise ValueError(f"the {name} range {span!r} runs backwards")
        values.update(range(start, end + 1, stride))
    return tuple(sorted(values))


def _number(text: str, name: str, low: int, high: int) -> int:
    names = {"month": _MONTHS, "day of week": _DAYS}.get(name, ())
    if text.lower() in names:
        return names.index(text.lower()) + low
    if not text.isascii() or not text.isdigit() or not low <= int(text) <= high:
        raise ValueError(f"the {name} {text!r} is not a number from {low} to {high}")
    return int(text)
