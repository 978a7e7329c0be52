"""The dates of any schedule, bounded (orchestration.md 3.1)."""

from collections.abc import Iterator
from datetime import datetime
from itertools import islice

from penstock.schemas.core import CronSchedule, IntervalSchedule, RRuleSchedule
from penstock.server.models.schedules.crons import cron_dates
from penstock.server.models.schedules.intervals import interval_dates
from penstock.server.models.schedules.rrules import rrule_dates

MOST_CANDIDATES = 1000


def occurrences(
    schedule: IntervalSchedule | CronSchedule | RRuleSchedule, start: datetime
) -> Iterator[datetime]:
    """Yield the UTC moments at which the schedule is due, from ``start`` on, rising.

    At most 1,000; fewer where the schedule ends, or leaves the years 1 to 9999.
    """
    try:
        yield from islice(_dates(schedule, start), MOST_CANDIDATES)
    except OverflowError:
        return


def _dates(schedule: IntervalSchedule | CronSchedule | RRuleSchedule, start: datetime) -> Iterator[datetime]:
    if isinstance(schedule, IntervalSchedule):
        return interval_dates(schedule, start)
    if isinstance(schedule, CronSchedule):
        return cron_dates(schedule, start)
    return rrule_dates(schedule, start)
