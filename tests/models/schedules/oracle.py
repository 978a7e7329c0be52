"""The dates of schedules, found the slow way: by walking through real time and looking at the clock.

Nothing here is shared with the product but the standard library's time zones.
"""

from bisect import bisect_left, bisect_right
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from functools import cache
from zoneinfo import ZoneInfo

MINUTE = timedelta(minutes=1)
AROUND_DAYS = 14


@cache
def clock_minutes(zone: ZoneInfo, middle: date) -> list[tuple[datetime, datetime]]:
    """Return each minute the clock should show around a day and the moment it means, by the moment.

    Minutes that the clock shows again are left out; minutes that it skips are put in, at the
    moment at which they would have come.
    """
    found: list[tuple[datetime, datetime]] = []
    seen: set[datetime] = set()
    first = datetime(middle.year, middle.month, middle.day, tzinfo=UTC) - timedelta(days=AROUND_DAYS)
    shown_before: datetime | None = None
    offset_before = timedelta(0)
    for number in range(2 * AROUND_DAYS * 24 * 60):
        moment = first + number * MINUTE
        local = moment.astimezone(zone)
        shown, offset = local.replace(tzinfo=None, fold=0), local.utcoffset()
        assert offset is not None
        if shown_before is not None:
            skipped = shown_before + MINUTE
            while skipped < shown:
                found.append((skipped, (skipped - offset_before).replace(tzinfo=UTC)))
                skipped += MINUTE
        if shown not in seen:
            seen.add(shown)
            found.append((shown, moment))
        shown_before, offset_before = shown, offset
    return sorted(found, key=lambda one: one[1])


def matching(
    zone: ZoneInfo, middle: date, start: datetime, end: datetime, matches: Callable[[datetime], bool]
) -> list[datetime]:
    """Return the moments from start to end, near the day, of the minutes that match, each once."""
    minutes = clock_minutes(zone, middle)
    first = bisect_left(minutes, start, key=lambda one: one[1])
    last = bisect_right(minutes, end, key=lambda one: one[1])
    return sorted({moment for shown, moment in minutes[first:last] if matches(shown)})
