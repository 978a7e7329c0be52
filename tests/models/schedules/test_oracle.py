"""Dates of schedules against an oracle, in many zones, near and far from changes of the clock."""

from datetime import UTC, date, datetime, timedelta
from itertools import islice, pairwise, takewhile
from typing import Any
from zoneinfo import ZoneInfo

from dateutil.rrule import rrulestr
from hypothesis import example, given
from hypothesis import strategies as st

from penstock.schemas.core import CronSchedule, IntervalSchedule, RRuleSchedule
from penstock.server.models.schedules import occurrences
from tests.models.schedules.oracle import matching

# Each with the day of a change: forward or back by an hour or half an hour, in both halves of the
# world, at midnight, in the evening, and the day that Samoa left out.
CHANGES = [
    ("America/New_York", "2026-03-08"), ("America/New_York", "2026-11-01"),
    ("Europe/Berlin", "2026-03-29"), ("Europe/Berlin", "2026-10-25"),
    ("Australia/Lord_Howe", "2026-04-05"), ("Australia/Lord_Howe", "2026-10-04"),
    ("Australia/Sydney", "2026-04-05"), ("Africa/Cairo", "2026-04-24"),
    ("Asia/Beirut", "2026-03-29"), ("Asia/Beirut", "2026-10-25"),
    ("America/Havana", "2026-11-01"), ("Atlantic/Azores", "2026-03-29"),
    ("Pacific/Apia", "2011-12-30"), ("Asia/Tokyo", "2026-06-01"), ("UTC", "2026-01-01"),
]  # fmt: skip

Place = tuple[ZoneInfo, date, datetime]


def a_start(change: tuple[str, str], minutes: int, seconds: int) -> Place:
    day = date.fromisoformat(change[1])
    midnight = datetime(day.year, day.month, day.day, tzinfo=UTC)
    return ZoneInfo(change[0]), day, midnight + timedelta(minutes=minutes, seconds=seconds)


around_a_change = st.builds(
    a_start,
    st.sampled_from(CHANGES),
    st.integers(-36 * 60, 36 * 60),
    st.sampled_from([0, 0, 1, 30]),
)


def until(schedule: CronSchedule | IntervalSchedule | RRuleSchedule, start: datetime, end: datetime):
    return list(takewhile(lambda date: date <= end, occurrences(schedule, start)))


minutes = st.one_of(
    st.just(set(range(60))),
    st.sets(st.integers(0, 59), min_size=1, max_size=4),
    st.just(set(range(0, 60, 15))),
)
hours = st.one_of(
    st.just(set(range(24))), st.sets(st.integers(0, 23), min_size=1, max_size=4), st.just({0, 1, 2, 3})
)


def text(values: set[int], number: int) -> str:
    return "*" if len(values) == number else ",".join(str(value) for value in sorted(values))


@given(around_a_change, minutes, hours)
def test_cron_on_the_wall_clock(place: Place, minutes: set[int], hours: set[int]):
    zone, day, start = place
    end = start + timedelta(hours=11)
    schedule = CronSchedule(cron=f"{text(minutes, 60)} {text(hours, 24)} * * *", timezone=zone.key)
    expected = matching(zone, day, start, end, lambda shown: shown.minute in minutes and shown.hour in hours)
    assert until(schedule, start, end) == expected


days = st.sets(st.integers(1, 31), max_size=4)
weekdays = st.sets(st.integers(0, 6), max_size=3)


@given(around_a_change, days, weekdays, st.booleans())
def test_cron_days(place: Place, days: set[int], weekdays: set[int], day_or: bool):
    zone, day, start = place
    end = start + timedelta(days=9)

    def matches(shown: datetime) -> bool:
        if (shown.hour, shown.minute) != (2, 30):
            return False
        by_day, by_weekday = shown.day in days, (shown.weekday() + 1) % 7 in weekdays
        if days and weekdays:
            return by_day or by_weekday if day_or else by_day and by_weekday
        return by_day if days else by_weekday if weekdays else True

    def field(values: set[int]) -> str:
        return ",".join(map(str, sorted(values))) or "*"

    schedule = CronSchedule(cron=f"30 2 {field(days)} * {field(weekdays)}", timezone=zone.key, day_or=day_or)
    assert until(schedule, start, end) == matching(zone, day, start, end, matches)


@given(around_a_change, st.integers(0, 1439), st.integers(1, 9), st.integers(-40, 40))
def test_days_stay_at_their_hour(place: Place, minute: int, days: int, back: int):
    zone, day, start = place
    first_day = start.astimezone(zone).date() - timedelta(days=back)
    at = datetime(first_day.year, first_day.month, first_day.day) + timedelta(minutes=minute)
    anchor = at.replace(tzinfo=zone)
    if anchor.astimezone(UTC).astimezone(zone).replace(tzinfo=None) != at:
        return  # the clock never showed this time, so nobody can have meant it
    schedule = IntervalSchedule(interval=timedelta(days=days), anchor_date=anchor, timezone=zone.key)
    end = start + timedelta(days=12)

    def matches(shown: datetime) -> bool:
        return (shown - at) % timedelta(days=days) == timedelta(0)

    assert until(schedule, start, end) == matching(zone, day, start, end, matches)


@given(
    around_a_change,
    st.timedeltas(timedelta(seconds=1), timedelta(hours=23, minutes=59)),
    st.timedeltas(timedelta(days=-3), timedelta(days=3)),
)
def test_shorter_intervals_are_real_time(place: Place, interval: timedelta, shift: timedelta):
    zone, _, start = place
    anchor = start + shift
    schedule = IntervalSchedule(interval=interval, anchor_date=anchor, timezone=zone.key)
    end = start + min(timedelta(days=2), interval * 900)
    found = until(schedule, start, end)
    assert all((date - anchor) % interval == timedelta(0) for date in found)
    assert all(later - earlier == interval for earlier, later in pairwise(found))
    assert found or interval > end - start
    assert not found or found[0] - start < interval


@given(
    around_a_change,
    st.sampled_from(
        [
            "FREQ=DAILY",
            "FREQ=DAILY;INTERVAL=3;BYHOUR=2;BYMINUTE=0,30",
            "FREQ=HOURLY",
            "FREQ=HOURLY;INTERVAL=5",
            "FREQ=MINUTELY;INTERVAL=7",
            "FREQ=WEEKLY;INTERVAL=2;BYDAY=TU,SU;WKST=SU",
            "FREQ=MONTHLY;BYDAY=-1SU",
            "FREQ=MINUTELY;INTERVAL=20;BYDAY=SU;BYHOUR=1,2,3",
            "FREQ=YEARLY;BYYEARDAY=67,88,305",
            "FREQ=DAILY;COUNT=70",
            "FREQ=HOURLY;BYMONTHDAY=8,29,1,25;BYHOUR=0,2",
            "FREQ=HOURLY;BYMONTH=3,10,11",
            "FREQ=HOURLY;UNTIL=20260308T050000Z",
        ]
    ),
    st.integers(0, 60 * 24 * 60),
)
def test_rules_on_the_wall_clock(place: Place, rule: str, minutes_before: int):
    zone, day, start = place
    first = (start - timedelta(minutes=minutes_before)).astimezone(zone).replace(tzinfo=None, second=0)
    written = f"DTSTART:{first:%Y%m%dT%H%M%S}\nRRULE:{rule}"
    end = start + timedelta(days=2)
    last = end.replace(tzinfo=None) + timedelta(days=3)
    shown = set(takewhile(lambda date: date < last, rrulestr(written, ignoretz=True)))
    schedule = RRuleSchedule(rrule=written, timezone=zone.key)
    assert until(schedule, start, end) == matching(zone, day, start, end, lambda minute: minute in shown)


def part(name: str, values: st.SearchStrategy[Any]) -> st.SearchStrategy[str]:
    some = st.lists(values, min_size=1, max_size=3, unique=True)
    return st.just("") | some.map(lambda chosen: f";{name}={','.join(map(str, chosen))}")


@given(
    st.sampled_from(["YEARLY", "MONTHLY", "WEEKLY", "DAILY", "HOURLY", "MINUTELY;INTERVAL=30"]),
    part("BYMONTH", st.integers(1, 12)),
    part("BYMONTHDAY", st.integers(-28, 28).filter(bool)),
    part("BYDAY", st.sampled_from(["MO", "TU", "WE", "TH", "FR", "SA", "SU"])),
    part("BYHOUR", st.integers(0, 23)),
    part("BYWEEKNO", st.integers(1, 52)),
    st.sampled_from(["", ";WKST=SU"]),
    st.integers(0, 60 * 24 * 300),
)
@example("HOURLY", "", "", "", "", ";BYWEEKNO=1", ";WKST=SU", 60 * 24 * 349)
def test_rules_go_on_as_if_they_were_followed_from_their_beginning(
    frequency: str, month: str, day: str, weekday: str, hour: str, week: str, wkst: str, minutes: int
):
    # what may never be met together is followed for ever
    week = "" if month or day else week
    rule = f"DTSTART:20240115T103000\nRRULE:FREQ={frequency}{month}{day}{weekday}{hour}{week}{wkst}"
    start = datetime(2024, 1, 15, tzinfo=UTC) + timedelta(minutes=minutes)
    followed = rrulestr(rule).xafter(start.replace(tzinfo=None), count=3, inc=True)
    found = islice(occurrences(RRuleSchedule(rrule=rule, timezone="UTC"), start), 3)
    assert [date.replace(tzinfo=None) for date in found] == list(followed)
