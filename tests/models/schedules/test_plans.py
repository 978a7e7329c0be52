"""Which dates runs are made for, and when to look again."""

from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest

from penstock.server.models.schedules import Horizon, make_plans, plan_runs
from penstock.server.models.schedules.plans import LOOK_AT_ENDED_AFTER

NOW = datetime(2026, 5, 1, 12, tzinfo=UTC)
HOUR = timedelta(hours=1)


def horizon(**changed: object) -> Horizon:
    values: dict[str, object] = {
        "start": NOW, "end": NOW + timedelta(days=100), "min_time": HOUR, "min_runs": 3, "max_runs": 100,
    }  # fmt: skip
    return Horizon(**(values | changed))  # type: ignore[arg-type]


def every(step: timedelta, first: timedelta = timedelta(0), number: int = 1000) -> list[datetime]:
    return [NOW + first + index * step for index in range(number)]


@pytest.mark.parametrize(
    ("step", "number", "next_needed"),
    [
        (timedelta(hours=1), 3, timedelta(0)),
        (timedelta(minutes=1), 61, timedelta(0)),
        (timedelta(minutes=20), 4, timedelta(0)),
        (timedelta(days=1), 3, timedelta(0)),
    ],
)
def test_enough_runs_reach_far_enough(step: timedelta, number: int, next_needed: timedelta):
    plan = plan_runs(every(step), horizon())
    assert plan.dates == every(step, number=number)
    assert plan.next_needed_at == NOW + next_needed


def test_nothing_is_needed_before_the_first_run_has_passed():
    plan = plan_runs(every(HOUR, first=timedelta(minutes=30)), horizon())
    assert plan.next_needed_at == NOW + timedelta(minutes=30)


def test_more_than_enough_last_longer():
    plan = plan_runs(every(HOUR), horizon(min_runs=1, min_time=10 * HOUR))
    assert len(plan.dates) == 11
    assert plan.next_needed_at == NOW
    plan = plan_runs(every(10 * HOUR), horizon(min_runs=2, min_time=HOUR))
    assert [plan.dates[-1], plan.next_needed_at] == [NOW + 10 * HOUR, NOW]


def test_one_pass_makes_a_bounded_number():
    plan = plan_runs(every(timedelta(seconds=1)), horizon(max_runs=100))
    assert len(plan.dates) == 100
    assert plan.next_needed_at == NOW


def test_what_lies_beyond_the_horizon_is_looked_at_when_it_comes_near():
    far = NOW + timedelta(days=150)
    plan = plan_runs([NOW + HOUR, far], horizon())
    assert plan.dates == [NOW + HOUR]
    assert plan.next_needed_at == NOW + timedelta(days=50)


def test_a_schedule_that_has_ended_is_looked_at_once_a_day():
    assert plan_runs([], horizon()).next_needed_at == NOW + LOOK_AT_ENDED_AFTER
    plan = plan_runs([NOW + HOUR], horizon())
    assert plan.dates == [NOW + HOUR]
    assert plan.next_needed_at == NOW + LOOK_AT_ENDED_AFTER


def test_no_runs_at_all():
    assert plan_runs(every(HOUR), horizon(max_runs=0)).dates == []


async def test_a_schedule_that_has_changed_is_planned_anew():
    daily, hourly = {"cron": "0 0 * * *"}, {"cron": "0 * * * *"}
    known = uuid4()
    plans = await make_plans({known: daily}, horizon())
    assert (await plans.of(known, daily)).dates == every(timedelta(days=1), first=12 * HOUR, number=3)
    assert (await plans.of(known, hourly)).dates == every(HOUR, number=3)
    assert (await plans.of(uuid4(), hourly)).dates == every(HOUR, number=3)
