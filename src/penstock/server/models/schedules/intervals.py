"""The dates of an interval schedule (orchestration.md 3.1)."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from itertools import count
from zoneinfo import ZoneInfo

from penstock.schemas.core import IntervalSchedule
from penstock.server.models.schedules.local_time import LONGEST_CHANGE, to_local, to_moment


def interval_dates(schedule: IntervalSchedule, start: datetime) -> Iterator[datetime]:
    """Yield the anchor plus each multiple of the interval, from ``start`` on.

    Whole days are counted on the wall clock of the zone, what is left of the interval in real
    time: a day stays at its hour when the clock changes, an hour stays an hour.
    """
    zone = ZoneInfo(schedule.timezone or "UTC")
    days = timedelta(days=schedule.interval.days)
    rest = schedule.interval - days
    anchor = to_local(schedule.anchor_date, zone)
    first = (
        (start - schedule.anchor_date - 2 * LONGEST_CHANGE) // schedule.interval
        if days
        else ((start - schedule.anchor_date) // schedule.interval)
    )
    last = start - timedelta.resolution
    for number in count(first):
        moment = (to_moment(anchor + number * days, zone) if days else schedule.anchor_date) + number * rest
        if moment > last:
            last = moment
            yield moment
