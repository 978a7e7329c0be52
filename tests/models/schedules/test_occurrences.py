"""Dates of schedules: what is special about each kind, and that none is searched without end."""

from datetime import UTC, datetime, timedelta
from itertools import islice
from zoneinfo import ZoneInfo

import pytest

from penstock.schemas.core import CronSchedule, IntervalSchedule, RRuleSchedule
from penstock.server.models.schedules import occurrences
from penstock.server.models.schedules.occurrences import MOST_CANDIDATES

START = datetime(2026, 3, 8, 5, tzinfo=UTC)


def first(
    schedule: CronSchedule | IntervalSchedule | RRuleSchedule, number: int = 3, start: datetime = START
):
    return [date.isoformat() for date in islice(occurrences(schedule, start), number)]


@pytest.mark.parametrize(
    ("cron", "expected"),
    [
        ("@hourly", "2026-03-08T05:00:00+00:00"),
        ("@daily", "2026-03-09T00:00:00+00:00"),
        ("@weekly", "2026-03-15T00:00:00+00:00"),
        ("@yearly", "2027-01-01T00:00:00+00:00"),
        ("* * * * * 30", "2026-03-08T05:00:30+00:00"),
        ("0 12 * * 0", "2026-03-08T12:00:00+00:00"),
        ("0 12 * * 7", "2026-03-08T12:00:00+00:00"),
        ("0 0 L * *", "2026-03-31T00:00:00+00:00"),
        ("0 0 29 2 *", "2028-02-29T00:00:00+00:00"),
    ],
)
def test_forms_of_cron(cron: str, expected: str):
    assert first(CronSchedule(cron=cron), 1) == [expected]


def test_a_start_between_two_seconds_is_rounded_up():
    start = START + timedelta(microseconds=1)
    assert first(CronSchedule(cron="* * * * * *"), 1, start) == ["2026-03-08T05:00:01+00:00"]
    assert first(CronSchedule(cron="0 5 * * *"), 1, START) == ["2026-03-08T05:00:00+00:00"]


def test_a_star_step_among_the_days_is_a_restriction():
    both = CronSchedule(cron="0 0 */10 * 1", day_or=False)
    either = CronSchedule(cron="0 0 */10 * 1")
    assert first(either, 3) == [
        "2026-03-09T00:00:00+00:00", "2026-03-11T00:00:00+00:00", "2026-03-16T00:00:00+00:00",
    ]  # fmt: skip
    assert first(both, 1) == ["2026-05-11T00:00:00+00:00"]


def test_whole_days_on_the_clock_and_the_rest_in_real_time():
    anchor = datetime(2026, 3, 7, 12, tzinfo=ZoneInfo("America/New_York"))
    schedule = IntervalSchedule(
        interval=timedelta(days=1, hours=1), anchor_date=anchor, timezone="America/New_York"
    )
    assert first(schedule) == [
        "2026-03-08T17:00:00+00:00", "2026-03-09T18:00:00+00:00", "2026-03-10T19:00:00+00:00",
    ]  # fmt: skip


def test_an_anchor_in_the_future_gives_dates_before_it():
    schedule = IntervalSchedule(interval=timedelta(hours=7), anchor_date=START + timedelta(days=7))
    assert first(schedule, 1) == ["2026-03-08T05:00:00+00:00"]


def test_a_set_of_rules():
    schedule = RRuleSchedule(
        rrule="DTSTART:20260301T090000\nRRULE:FREQ=DAILY\nRDATE:20260309T120000\n"
        "EXDATE:20260309T090000\nEXRULE:FREQ=WEEKLY;BYDAY=WE",
        timezone="UTC",
    )
    assert [date[5:13] for date in first(schedule, 4)] == ["03-08T09", "03-09T12", "03-10T09", "03-12T09"]


def test_times_of_a_rule_are_local_whatever_it_says():
    schedule = RRuleSchedule(
        rrule="DTSTART;TZID=Asia/Tokyo:20260309T090000\nRRULE:FREQ=DAILY;UNTIL=20260310T090000Z",
        timezone="Europe/Berlin",
    )
    assert first(schedule) == ["2026-03-09T08:00:00+00:00", "2026-03-10T08:00:00+00:00"]


@pytest.mark.parametrize(
    "rule",
    [
        "FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=30",
        "FREQ=MONTHLY;BYMONTH=2;BYMONTHDAY=30",
        "FREQ=DAILY;BYMONTH=2;BYMONTHDAY=30",
        "FREQ=SECONDLY;BYMONTH=2;BYMONTHDAY=30",
        "FREQ=MINUTELY;BYMONTH=2;BYMONTHDAY=31;COUNT=5",
        "FREQ=SECONDLY;BYSETPOS=2",
        "FREQ=HOURLY;BYMINUTE=0;BYSETPOS=3",
        "DTSTART:20210101T000000\nRRULE:FREQ=SECONDLY;INTERVAL=604800;BYDAY=MO",
        "DTSTART:20200101T000000\nRRULE:FREQ=MINUTELY\nEXRULE:FREQ=MINUTELY",
        "DTSTART:20200101T000030\nRRULE:FREQ=YEARLY\nEXRULE:FREQ=SECONDLY",
        "DTSTART:20200101T000000\nRRULE:FREQ=DAILY;COUNT=3",
    ],
)
@pytest.mark.timeout(10)
def test_rules_without_dates_end(rule: str):
    assert first(RRuleSchedule(rrule=rule), 1) == []


@pytest.mark.timeout(10)
@pytest.mark.parametrize(
    ("rule", "expected"),
    [
        ("DTSTART:19700101T000007\nRRULE:FREQ=SECONDLY;INTERVAL=7", "2026-03-08T05:00:00+00:00"),
        ("DTSTART:20000101T000000\nRRULE:FREQ=SECONDLY;BYMONTH=2;BYMONTHDAY=29", "2028-02-29T00:00:00+00:00"),
        ("DTSTART:20000101T000000\nRRULE:FREQ=MINUTELY;COUNT=9999999", ""),
    ],
)
def test_nobody_walks_through_years_of_seconds(rule: str, expected: str):
    assert "".join(first(RRuleSchedule(rrule=rule), 1)) == expected


@pytest.mark.parametrize(
    "schedule",
    [
        IntervalSchedule(interval=timedelta(seconds=1), anchor_date=START),
        CronSchedule(cron="* * * * * *"),
        RRuleSchedule(rrule="DTSTART:20260101T000000\nRRULE:FREQ=SECONDLY"),
    ],
)
def test_at_most_a_thousand(schedule: CronSchedule | IntervalSchedule | RRuleSchedule):
    found = list(occurrences(schedule, START))
    assert len(found) == MOST_CANDIDATES
    assert found == [START + timedelta(seconds=number) for number in range(MOST_CANDIDATES)]


@pytest.mark.parametrize(
    "schedule",
    [
        IntervalSchedule(interval=timedelta(days=1), anchor_date=START),
        CronSchedule(cron="0 0 * * *"),
        RRuleSchedule(rrule="FREQ=DAILY"),
    ],
)
def test_the_calendar_ends(schedule: CronSchedule | IntervalSchedule | RRuleSchedule):
    assert 0 < len(list(occurrences(schedule, datetime(9999, 12, 20, tzinfo=UTC)))) < 15
