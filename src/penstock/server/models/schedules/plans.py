"""Which runs to make ahead, and when to look again (orchestration.md 3.2, 3.3).

Some rules take seconds to follow, of which most find nothing. So plans are made by another thread, and
before the transaction that makes the runs: nobody else's request or row waits for them.
"""

import asyncio
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from pydantic import TypeAdapter

from penstock.core.moments import moved
from penstock.schemas.core import Schedule
from penstock.server.models.schedules.occurrences import occurrences

SCHEDULE = TypeAdapter[Schedule](Schedule)

StoredSchedule = Mapping[str, Any]

LOOK_AT_ENDED_AFTER = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Horizon:
    """How far ahead runs are made: from ``start`` to ``end`` (both included).

    Enough are made when there are ``min_runs`` and the last is ``min_time`` ahead; ``max_runs``
    bounds what one pass makes.
    """

    start: datetime
    end: datetime
    min_time: timedelta
    min_runs: int
    max_runs: int


@dataclass(frozen=True, slots=True)
class Plan:
    """The dates to make runs for, rising, and when these will no longer be enough."""

    dates: list[datetime]
    next_needed_at: datetime


@dataclass(frozen=True, slots=True)
class Plans:
    """The plans of some schedules, as they were stored when these were made."""

    horizon: Horizon
    _made: Mapping[UUID, tuple[StoredSchedule, Plan]]

    async def of(self, schedule_id: UUID, schedule: StoredSchedule) -> Plan:
        """Return the plan of a schedule; it is made now if there is none, or the schedule has changed."""
        known, plan = self._made.get(schedule_id, (None, None))
        if plan is None or known != schedule:
            plan = await asyncio.to_thread(_plan, schedule, self.horizon)
        return plan


async def make_plans(schedules: Mapping[UUID, StoredSchedule], horizon: Horizon) -> Plans:
    """Choose the dates of schedules, given by their ids, that lie within the horizon."""
    made = await asyncio.to_thread(
        lambda: {key: (schedule, _plan(schedule, horizon)) for key, schedule in schedules.items()}
    )
    return Plans(horizon, made)


def _plan(schedule: StoredSchedule, horizon: Horizon) -> Plan:
    return plan_runs(occurrences(SCHEDULE.validate_python(schedule), horizon.start), horizon)


def plan_runs(dates: Iterable[datetime], horizon: Horizon) -> Plan:
    """Choose from the rising dates of a schedule what the horizon asks for."""
    chosen: list[datetime] = []
    enough = moved(horizon.start, horizon.min_time)
    for date in dates:
        if date > horizon.end:
            return Plan(chosen, moved(date, horizon.start - horizon.end))
        if len(chosen) >= horizon.max_runs:
            break
        chosen.append(date)
        if len(chosen) >= horizon.min_runs and date >= enough:
            break
    else:
        return Plan(chosen, moved(horizon.start, LOOK_AT_ENDED_AFTER))
    return Plan(chosen, _too_few_from(chosen, horizon))


def _too_few_from(dates: list[datetime], horizon: Horizon) -> datetime:
    """Return when fewer than ``min_runs`` are left, or the last is closer than ``min_time``."""
    if not dates:
        return moved(horizon.start, LOOK_AT_ENDED_AFTER)
    kept = max(horizon.min_runs, 1)
    by_number = dates[-kept] if len(dates) >= kept else dates[0]
    # nothing can be missing before the first of them has passed
    return max(dates[0], min(by_number, moved(dates[-1], -horizon.min_time)))
