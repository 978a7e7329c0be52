"""The dates of an RFC 5545 rule or set of rules (orchestration.md 3.1)."""

from collections.abc import Iterable, Iterator
from contextlib import suppress
from datetime import datetime, timedelta
from heapq import merge
from itertools import islice
from typing import Any
from zoneinfo import ZoneInfo

from dateutil.rrule import DAILY, HOURLY, MINUTELY, SECONDLY, WEEKLY, YEARLY, rrule, rruleset

from penstock.schemas.core import RRuleSchedule
from penstock.schemas.core.recurrence import parse_rrule
from penstock.server.models.schedules.local_time import first_local, to_moments
from penstock.server.models.schedules.looks import Looks, NothingInSightError, counting

STEPS = {
    SECONDLY: timedelta(seconds=1),
    MINUTELY: timedelta(minutes=1),
    HOURLY: timedelta(hours=1),
    DAILY: timedelta(days=1),
    WEEKLY: timedelta(weeks=1),
}
"""Frequencies of a fixed length; a rule may begin at any of its steps."""

DAY_FILTERS = ("bymonth", "bymonthday", "byyearday", "byeaster", "byweekno", "byweekday")
ALL_DAYS = tuple(range(1, 32))
MOST_COUNTED_DATES = 200_000
"""A rule with COUNT has to be followed from its first date; further than this it is not."""

MOST_EXCLUDED_DATES = 10_000
MOST_YEARS_AHEAD = 40
LOOKS_FOR_A_DATE = 10
LOOKS_FOR_A_YEAR = 366
"""What is done elsewhere costs as much as so many looks at a rule's parts."""


def rrule_dates(schedule: RRuleSchedule, start: datetime) -> Iterator[datetime]:
    """Yield the moments of a rule from ``start`` on; all its times are local ones of its zone.

    They end where the next one is too hard to find.
    """
    zone = ZoneInfo(schedule.timezone or "UTC")
    begin = first_local(start, zone)
    parsed = parse_rrule(schedule.rrule)
    dates = _dates_of_set if isinstance(parsed, rruleset) else _dates_of_rule
    with suppress(NothingInSightError):
        yield from to_moments(dates(parsed, begin, Looks()), zone, start)


def _dates_of_set(rules: Any, begin: datetime, looks: Looks) -> Iterator[datetime]:
    included = merge(
        *(_dates_of_rule(one, begin, looks) for one in rules._rrule),
        sorted(date for date in rules._rdate if date >= begin),
    )
    excluded = _Excluded(
        merge(*(_dates_of_rule(one, begin, looks) for one in rules._exrule), sorted(rules._exdate)), looks
    )
    in_a_row = 0
    for date in included:
        if date not in excluded:
            in_a_row = 0
            yield date
        elif (in_a_row := in_a_row + 1) >= MOST_EXCLUDED_DATES:
            return


class _Excluded:
    """Rising dates, asked for in rising order."""

    def __init__(self, dates: Iterable[datetime], looks: Looks) -> None:
        self._dates = iter(dates)
        self._looks = looks
        self._next = next(self._dates, None)

    def __contains__(self, date: datetime) -> bool:
        while self._next is not None and self._next < date:
            self._looks.take(LOOKS_FOR_A_DATE)
            self._next = next(self._dates, None)
        return self._next == date


def _dates_of_rule(rule: Any, begin: datetime, looks: Looks) -> Iterator[datetime]:
    """Yield the dates of one rule from ``begin`` on, without walking there where that can be left out."""
    if _first_matching_day(rule, max(begin, rule._dtstart), looks) is None:
        return
    if rule._count is None:
        dates: Iterable[datetime] = counting(_begun_lately(rule, begin, looks), looks)
    else:
        dates = islice(counting(rule, looks), MOST_COUNTED_DATES)
    try:
        for date in dates:
            if date >= begin:
                yield date
    except ValueError:
        # so the library says that interval and filters never meet
        return


def _begun_lately(rule: Any, begin: datetime, looks: Looks) -> Any:
    step = STEPS.get(rule._freq)
    if step is None:
        return rule
    begin = max(begin, rule._dtstart)
    if rule._freq >= HOURLY:
        begin = max(begin, _first_matching_day(rule, begin, looks) or begin)
    step *= rule._interval
    return rule.replace(dtstart=rule._dtstart + (begin - rule._dtstart) // step * step)


def _first_matching_day(rule: Any, begin: datetime, looks: Looks) -> datetime | None:
    """Return the midnight of the first day that the rule's filters of days let through.

    The library looks for such a day hour by hour or second by second; asked year by year it
    needs one look each. None when there is no such day for long.
    """
    filters = {name: rule._original_rule[name] for name in DAY_FILTERS if name in rule._original_rule}
    today = begin.replace(hour=0, minute=0, second=0, microsecond=0)
    filters = {name: _without_number(value) for name, value in filters.items() if value is not None}
    if not filters:
        return today
    if filters.keys() == {"bymonth"}:
        # by months alone the library means one day in each
        filters["bymonthday"] = ALL_DAYS
    for year in range(begin.year, min(begin.year + MOST_YEARS_AHEAD, 9999)):
        looks.take(LOOKS_FOR_A_YEAR)
        # the next year it looks at is after the last one there is, so it looks at this one only
        days = rrule(
            YEARLY,
            interval=9999,
            wkst=rule._wkst,
            dtstart=today.replace(year=year, month=1, day=1),
            cache=False,
            **filters,
        )
        for day in days:
            if day >= today:
                return day
    return None


def _without_number(value: Any) -> Any:
    """Return weekdays without "the second of the month", which short steps leave out: days enough."""
    if isinstance(value, tuple | list):
        return [getattr(one, "weekday", one) for one in value]
    return getattr(value, "weekday", value)
