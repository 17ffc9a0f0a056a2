"""When cron expressions fall due: clocks that are turned, days that do not count, long absences."""

from datetime import datetime
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from freshline.errors import UsageError
from freshline.operate.moments import Moments, moments_of, opening, utc
from freshline.refresh import Calendar, Hours

BERLIN = ZoneInfo("Europe/Berlin")


def at(text: str, zone: ZoneInfo | None = None) -> float:
    found = datetime.fromisoformat(text)
    return (found if found.tzinfo else found.replace(tzinfo=zone or ZoneInfo("UTC"))).timestamp()


DUE = {
    "at the moment itself": ("0 6 * * *", "UTC", "2026-03-02T06:00", "2026-03-02T06:00:00Z"),
    "a second before it, the day before": (
        "0 6 * * *",
        "UTC",
        "2026-03-02T05:59:59",
        "2026-03-01T06:00:00Z",
    ),
    "in summer an hour earlier than in winter": (
        "0 6 * * *",
        "Europe/Berlin",
        "2026-07-01T12:00",
        "2026-07-01T04:00:00Z",
    ),
    "a time that was skipped, just after": (
        "30 2 * * *",
        "Europe/Berlin",
        "2026-03-29T12:00",
        "2026-03-29T01:00:00Z",
    ),
    "a time that is shown twice, the first time": (
        "30 2 * * *",
        "Europe/Berlin",
        "2026-10-25T12:00",
        "2026-10-25T00:30:00Z",
    ),
    "every two hours, over a skipped hour": (
        "0 */2 * * *",
        "Europe/Berlin",
        "2026-03-29T01:30",
        "2026-03-29T01:00:00Z",
    ),
    "every hour, in the hour that is shown again": (
        "0 * * * *",
        "Europe/Berlin",
        "2026-10-25T01:10",
        "2026-10-25T01:00:00Z",
    ),
    "on a leap day, two years before": (
        "0 0 29 2 *",
        "UTC",
        "2026-03-01T00:00",
        "2024-02-29T00:00:00Z",
    ),
}


@pytest.mark.parametrize(("expression", "zone", "now", "expected"), DUE.values(), ids=DUE)
def test_the_last_moment(expression: str, zone: str, now: str, expected: str) -> None:
    last = Moments(expression, zone).last(at(now))
    assert last is not None and utc(last) == expected


@pytest.mark.parametrize(
    ("expression", "day", "expected"),
    [
        ("30 2 * * *", "2026-03-29", ["01:00:00"]),
        ("*/30 2 * * *", "2026-03-29", ["01:00:00"]),
        ("0 2,3 * * *", "2026-03-29", ["01:00:00"]),
        ("30 2 * * *", "2026-10-25", ["00:30:00"]),
        ("*/30 2 * * *", "2026-10-25", ["00:00:00", "00:30:00"]),
    ],
    ids=[
        "one time that is skipped counts once",
        "two times that are skipped count once",
        "one that is skipped and the one after it count once",
        "one that is shown twice counts once",
        "two that are shown twice count once each",
    ],
)
def test_a_day_on_which_the_clock_is_turned(expression: str, day: str, expected: list[str]) -> None:
    begin = at(day, BERLIN)
    found = Moments(expression, "Europe/Berlin").between(begin, begin + 86_400, 50)
    assert [utc(moment)[11:19] for moment in found] == expected


def test_every_hour_falls_due_25_times_on_the_long_day_and_23_times_on_the_short_one() -> None:
    hourly = Moments("0 * * * *", "Europe/Berlin")
    long = hourly.between(at("2026-10-25", BERLIN) - 1, at("2026-10-26", BERLIN) - 1, 100)
    short = hourly.between(at("2026-03-29", BERLIN) - 1, at("2026-03-30", BERLIN) - 1, 100)
    assert (len(long), len(short)) == (25, 23)


def test_after_three_days_away_only_as_many_moments_as_are_asked_for_and_the_last_ones() -> None:
    found = Moments("0 * * * *", "UTC").between(at("2026-03-01"), at("2026-03-04"), 3)
    assert [utc(moment) for moment in found] == [
        "2026-03-03T22:00:00Z",
        "2026-03-03T23:00:00Z",
        "2026-03-04T00:00:00Z",
    ]


def test_a_calendar_takes_away_holidays_days_and_weekdays() -> None:
    calendar = Calendar(holidays=("DE-BY",), days=("2026-01-05",), weekdays=(5, 6))
    daily = Moments("0 6 * * *", "Europe/Berlin", calendar)
    found = daily.between(at("2026-01-01"), at("2026-01-09"), 50)
    # 1 and 6 January are holidays in Bavaria, 3 and 4 a weekend.
    assert [utc(moment)[:10] for moment in found] == ["2026-01-02", "2026-01-07", "2026-01-08"]


@pytest.mark.parametrize(
    ("expression", "zone", "message"),
    [
        ("61 * * * *", "UTC", '"61 * * * *" is not a cron expression: Bad minute'),
        ("0 6 * * *", "Mars/Base", 'there is no time zone "Mars/Base"'),
    ],
    ids=["a minute that there is not", "a zone that there is not"],
)
def test_what_is_refused(expression: str, zone: str, message: str) -> None:
    with pytest.raises(UsageError) as refused:
        moments_of(expression, zone)
    assert refused.value.message == message


@given(
    st.sampled_from(
        ["0 * * * *", "*/15 * * * *", "30 2 * * *", "0 */3 * * *", "5,35 1-3 * * *", "0 0 * * 1"]
    ),
    st.sampled_from(["UTC", "Europe/Berlin", "America/New_York", "Australia/Lord_Howe"]),
    st.integers(1_770_000_000, 1_800_000_000),
)
def test_next_and_last_agree_wherever_one_stands(expression: str, zone: str, now: int) -> None:
    following = Moments(expression, zone).next(now)
    assert following is not None and following > now
    assert Moments(expression, zone).last(following) == following
    before = Moments(expression, zone).last(following - 1)
    assert before is not None and before <= now
    memory = Moments(expression, zone)
    assert (memory.last(now), memory.next(now)) == (before, following)


OFFICE = Hours(begin=8 * 60, end=18 * 60, weekdays=(0, 1, 2, 3, 4), timezone="Europe/Berlin")
NIGHT = Hours(begin=22 * 60, end=4 * 60)


@pytest.mark.parametrize(
    ("hours", "now", "is_open", "until"),
    [
        (OFFICE, "2026-03-02T08:00+01:00", True, "2026-03-02T17:00:00Z"),
        (OFFICE, "2026-03-06T18:00+01:00", False, "2026-03-09T07:00:00Z"),
        (NIGHT, "2026-03-02T03:00+00:00", True, "2026-03-02T04:00:00Z"),
        (NIGHT, "2026-03-02T12:00+00:00", False, "2026-03-02T22:00:00Z"),
    ],
    ids=[
        "open from the first minute",
        "closed from the last one, over the weekend",
        "open over midnight",
        "closed by day",
    ],
)
def test_hours(hours: Hours, now: str, is_open: bool, until: str) -> None:
    found = opening(hours, at(now))
    assert found.is_open is is_open
    assert found.until is not None and utc(found.until) == until
