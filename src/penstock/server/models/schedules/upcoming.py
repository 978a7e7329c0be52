"""The next dates of a schedule, with what the clock of its zone shows then."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from itertools import islice
from typing import Any
from zoneinfo import ZoneInfo

from penstock.core.clock import utc_now
from penstock.schemas.core import Schedule
from penstock.schemas.responses import UpcomingStart, UpcomingStarts
from penstock.server.models.schedules.occurrences import occurrences
from penstock.server.models.schedules.plans import SCHEDULE


def upcoming_starts(schedule: Mapping[str, Any], count: int) -> UpcomingStarts:
    """Return what ``upcoming_starts_of`` says of a schedule as it is stored."""
    return upcoming_starts_of(SCHEDULE.validate_python(schedule), count)


def upcoming_starts_of(schedule: Schedule, count: int) -> UpcomingStarts:
    """Return the next dates from now on, and how far the zone's clock is from UTC now and then."""
    timezone = schedule.timezone or "UTC"
    zone = ZoneInfo(timezone)
    now = utc_now()
    return UpcomingStarts(
        timezone=timezone,
        utc_offset_seconds=_offset(now, zone),
        starts=[
            UpcomingStart(at=date, utc_offset_seconds=_offset(date, zone))
            for date in islice(occurrences(schedule, now), count)
        ],
    )


def _offset(moment: datetime, zone: ZoneInfo) -> int:
    offset = moment.astimezone(zone).utcoffset() or timedelta(0)
    return round(offset.total_seconds())
