from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from dateutil.rrule import rrulestr

from penstock.core.clock import utc_now
from penstock.schemas.actions import DeploymentScheduleCreate, DeploymentScheduleUpdate
from penstock.schemas.core import CronSchedule, DeploymentSchedule, IntervalSchedule, RRuleSchedule
from tests.schemas.errors import reason, refusals


def schedule(**keys: Any) -> Any:
    return DeploymentScheduleCreate.model_validate({"schedule": keys}).schedule


@pytest.mark.parametrize(
    ("keys", "kind"),
    [
        ({"interval": 60}, IntervalSchedule),
        ({"interval": "PT1H"}, IntervalSchedule),
        ({"cron": "* * * * *"}, CronSchedule),
        ({"rrule": "FREQ=DAILY"}, RRuleSchedule),
    ],
)
def test_the_kind_is_told_by_its_key(keys: dict[str, Any], kind: type) -> None:
    assert type(schedule(**keys)) is kind


@pytest.mark.parametrize(
    ("keys", "expected"),
    [
        ({}, {"schedule": "schedule_kind"}),
        ({"every": 5}, {"schedule": "schedule_kind"}),
        ({"interval": 60, "cron": "* * * * *"}, {"schedule.interval.cron": "extra_forbidden"}),
        ({"cron": "* * * * *", "day_and": True}, {"schedule.cron.day_and": "extra_forbidden"}),
        ({"interval": 0}, {"schedule.interval.interval": "greater_than"}),
        ({"interval": -1}, {"schedule.interval.interval": "greater_than"}),
        ({"interval": 1e10}, {"schedule.interval.interval": "less_than_equal"}),
        ({"interval": 60, "timezone": "Mars/Olympus"}, {"schedule.interval.timezone": "value_error"}),
        ({"interval": 60, "timezone": "../etc/passwd"}, {"schedule.interval.timezone": "value_error"}),
        ({"interval": 60, "timezone": "Europe"}, {"schedule.interval.timezone": "value_error"}),
        ({"cron": "* * * * *", "timezone": ""}, {"schedule.cron.timezone": "value_error"}),
        ({"rrule": "FREQ=DAILY", "timezone": "x"}, {"schedule.rrule.timezone": "value_error"}),
        ({"rrule": "FREQ=SOMETIMES"}, {"schedule.rrule": "value_error"}),
        ({"rrule": ""}, {"schedule.rrule": "value_error"}),
        ({"rrule": "FREQ=DAILY;INTERVAL=0"}, {"schedule.rrule": "value_error"}),
        ({"rrule": "FREQ=SECONDLY;INTERVAL=99999999999999999999"}, {"schedule.rrule": "value_error"}),
        ({"rrule": "FREQ=DAILY;BYDAY=" + "MO," * 3000}, {"schedule.rrule.rrule": "too_long"}),
        ({"cron": "0," * 4000 + "0 * * * *"}, {"schedule.cron.cron": "too_long"}),
    ],
)
def test_bad_schedules(keys: dict[str, Any], expected: dict[str, str]) -> None:
    assert refusals(DeploymentScheduleCreate, schedule=keys) == expected


@pytest.mark.parametrize(
    "expression",
    ["0 9 * * *", "*/15 0-6 1,15 * MON-FRI", "0 0 L * *", "0 12 * * 5#2", "@daily", "@hourly", "@yearly",
     "0 9 * * * 30", "* * * * 7"],
)  # fmt: skip
def test_good_cron_expressions_are_kept_as_written(expression: str) -> None:
    assert schedule(cron=expression).cron == expression


@pytest.mark.parametrize(
    "expression",
    ["", "* * * *", "* * * * * * *", "61 * * * *", "* * * * * 60", "R * * * *", "H H * * *", "H(0-5) * * * *",
     "@reboot", "every day", "*/0 * * * *", "5-1 * * * *"],
)  # fmt: skip
def test_bad_cron_expressions(expression: str) -> None:
    assert "is not a cron expression" in reason(DeploymentScheduleCreate, schedule={"cron": expression})


def test_an_interval_counts_in_the_zone_of_its_anchor() -> None:
    berlin = datetime(2026, 1, 1, 12, tzinfo=ZoneInfo("Europe/Berlin"))
    assert schedule(interval=60, anchor_date=berlin).timezone == "Europe/Berlin"
    assert schedule(interval=60, anchor_date=berlin.isoformat()).timezone == "UTC"
    assert schedule(interval=60, anchor_date=berlin, timezone="Asia/Tokyo").timezone == "Asia/Tokyo"
    assert schedule(interval=60, timezone=None).timezone == "UTC"


def test_an_interval_travels_as_seconds() -> None:
    anchor = datetime(2026, 11, 24, 8, 8, 0, 823347, tzinfo=UTC)
    stored = schedule(interval=3600, anchor_date=anchor).model_dump(mode="json")
    assert stored == {
        "interval": 3600.0,
        "anchor_date": "2026-11-24T08:08:00.823347Z",
        "timezone": "UTC",
    }
    assert schedule(**stored) == schedule(interval=timedelta(hours=1), anchor_date=anchor)


def test_an_anchor_is_now_when_none_is_given() -> None:
    before = utc_now()
    assert before <= schedule(interval=60).anchor_date <= utc_now()


def test_a_rule_without_a_start_begins_in_2020() -> None:
    assert schedule(rrule="FREQ=HOURLY").model_dump() == {
        "rrule": "DTSTART:20200101T000000\nFREQ=HOURLY",
        "timezone": "UTC",
    }
    assert schedule(rrule="FREQ=MINUTELY;COUNT=3").rrule.startswith("DTSTART:20200101T000000\n")


def test_a_rule_with_a_start_is_kept_as_written() -> None:
    rule = "DTSTART:20250101T000000\nRRULE:FREQ=DAILY\nEXDATE:20250102T000000"
    assert schedule(rrule=rule).rrule == rule


@pytest.mark.parametrize(("rule", "step"), [("FREQ=MINUTELY;INTERVAL=7", 420), ("FREQ=SECONDLY", 1)])
@pytest.mark.parametrize("zone", ["UTC", "Asia/Tokyo"])
def test_short_rules_begin_lately_and_in_phase(rule: str, step: int, zone: str) -> None:
    completed = schedule(rrule=rule, timezone=zone).rrule
    start = rrulestr(completed)[0]
    local = utc_now().astimezone(ZoneInfo(zone)).replace(tzinfo=None)
    assert timedelta(0) <= local - start < timedelta(seconds=step + 60)
    assert (start - rrulestr(schedule(rrule="FREQ=DAILY").rrule)[0]) % timedelta(seconds=step) == timedelta(0)


def test_reading_a_schedule_again_changes_nothing() -> None:
    first = schedule(rrule="FREQ=MINUTELY")
    assert DeploymentSchedule(schedule=first.model_dump()).schedule == first


@pytest.mark.parametrize("maximum", [0, 51])
def test_at_most_fifty_runs_ahead(maximum: int) -> None:
    assert "max_scheduled_runs" in refusals(
        DeploymentScheduleCreate, schedule={"interval": 60}, max_scheduled_runs=maximum
    )


def test_an_update_of_a_schedule_knows_what_was_left_out() -> None:
    assert DeploymentScheduleUpdate(active=False).set_fields() == {"active": False}
    assert refusals(DeploymentScheduleUpdate, active=None, schedule=None) == {
        "active": "value_error",
        "schedule": "value_error",
    }
