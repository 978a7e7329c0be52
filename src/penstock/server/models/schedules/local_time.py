"""Between the wall clock of a time zone and moments, over changes of the clock.

A time that the clock skips means the moment it would have been without the change: 02:30 in a
gap of an hour is 03:30. A time that the clock shows twice means the first of the two.
"""

from collections.abc import Iterable, Iterator
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

LONGEST_CHANGE = timedelta(days=1)
"""Samoa left out a whole day in 2011; no zone has changed by more."""


def to_moment(local: datetime, zone: ZoneInfo) -> datetime:
    """Return the moment at which the clock of the zone shows the time."""
    return local.replace(tzinfo=zone, fold=0).astimezone(UTC)


def to_local(moment: datetime, zone: ZoneInfo) -> datetime:
    """Return what the clock of the zone shows at a moment, without a zone."""
    return moment.astimezone(zone).replace(tzinfo=None, fold=0)


def first_local(start: datetime, zone: ZoneInfo) -> datetime:
    """Return the earliest time of the wall clock that can mean a moment from ``start`` on.

    Just after the clock went forward, that is a time which it skipped.
    """
    before = (start - LONGEST_CHANGE).astimezone(zone).utcoffset() or timedelta(0)
    now = start.astimezone(zone).utcoffset() or timedelta(0)
    return start.astimezone(UTC).replace(tzinfo=None) + min(before, now)


def to_moments(times: Iterable[datetime], zone: ZoneInfo, start: datetime) -> Iterator[datetime]:
    """Yield the moments of rising local times, from ``start`` on, rising and each once."""
    last = start - timedelta.resolution
    skipped: list[datetime] = []
    for local in times:
        moment = to_moment(local, zone)
        if to_local(moment, zone) != local:
            skipped.append(moment)
            continue
        for one in [*(one for one in skipped if one < moment), moment]:
            if one > last:
                last = one
                yield one
        skipped = [one for one in skipped if one > moment]
    yield from (one for one in skipped if one > last)
