"""NCRONTAB: six fields, seconds first, in UTC."""

from datetime import UTC, datetime, timedelta

import pytest
from croniter import croniter

from devstack.host.ncrontab import parse_schedule

START = datetime(2026, 11, 20, 12, 34, 56, 789, tzinfo=UTC)  # a Friday


@pytest.mark.parametrize(
    ("expression", "expected"),
    [
        ("*/5 * * * * *", "2026-11-20 12:35:00"),
        ("* * * * * *", "2026-11-20 12:34:57"),
        ("0 * * * * *", "2026-11-20 12:35:00"),
        ("0 0 * * * *", "2026-11-20 13:00:00"),
        ("30 15 9 * * *", "2026-11-21 09:15:30"),
        ("0 0 0 * * Mon-Fri", "2026-11-23 00:00:00"),
        ("0 0 0 * * 0", "2026-11-22 00:00:00"),
        ("0 0 0 1 jan *", "2027-01-01 00:00:00"),
        ("0 0 0 29 2 *", "2028-02-29 00:00:00"),
        ("0 50/5 * * * *", "2026-11-20 12:50:00"),
        ("0 10-20/5,40 * * * *", "2026-11-20 12:40:00"),
    ],
)
def test_next_occurrence(expression: str, expected: str) -> None:
    assert parse_schedule(expression).next_after(START) == datetime.fromisoformat(expected).replace(tzinfo=UTC)


def test_day_of_month_and_day_of_week_must_both_match() -> None:
    friday_13th = parse_schedule("0 0 0 13 * Fri")
    assert friday_13th.next_after(START) == datetime(2027, 8, 13, tzinfo=UTC)


@pytest.mark.parametrize(
    "expression",
    [
        "*/5 * * * *",
        "* * * * * * *",
        "60 * * * * *",
        "0 0 0 30 2 *",
        "0 0 24 * * *",
        "0 0 0 * * 7",
        "5-1 * * * * *",
        "*/0 * * * * *",
        "x * * * * *",
        "",
    ],
)
def test_expression_that_is_not_ncrontab_is_refused(expression: str) -> None:
    with pytest.raises(ValueError, match=r".+"):
        parse_schedule(expression)


@pytest.mark.parametrize(
    "expression", ["*/7 * * * * *", "13 */11 * * * *", "5 10-50/20 6,18 * * *", "0 0 3 15 */2 *", "0 30 4 * * 1-5"]
)
def test_occurrences_agree_with_croniter(expression: str) -> None:
    schedule, moment = parse_schedule(expression), START
    peer = croniter(expression, START, second_at_beginning=True)
    for _ in range(50):
        moment = schedule.next_after(moment)
        assert abs(moment - peer.get_next(datetime)) < timedelta(seconds=1)
