"""The dates of a cron schedule (orchestration.md 3.1)."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from cronsim import CronSim

from penstock.schemas.core import CronSchedule
from penstock.schemas.core.recurrence import cron_fields
from penstock.server.models.schedules.local_time import first_local, to_moments

SECOND = timedelta(seconds=1)


def cron_dates(schedule: CronSchedule, start: datetime) -> Iterator[datetime]:
    """Yield the moments at which the wall clock matches, from ``start`` on.

    An hour that the clock shows twice counts once. A date that does not come within about fifty
    years ends the search.
    """
    zone = ZoneInfo(schedule.timezone or "UTC")
    fields = cron_fields(schedule.cron)
    begin = first_local(start, zone)
    # the search finds what comes after a whole second; one that is given counts itself
    before = begin.replace(microsecond=0) - (timedelta(0) if begin.microsecond else SECOND)
    matches = CronSim(" ".join(fields), before)
    restricts_both = fields[3] != "*" and fields[5] != "*"
    matches.day_and = not (restricts_both and schedule.day_or)
    yield from to_moments(_until_the_end_of_time(matches), zone, start)


def _until_the_end_of_time(matches: CronSim) -> Iterator[datetime]:
    try:
        yield from matches
    except OverflowError:
        return
