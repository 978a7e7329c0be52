"""Checks of cron expressions and recurrence rules; each failure is a ValueError in plain words."""

import re
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from cronsim import CronSim, CronSimError
from dateutil.rrule import rrulestr

from penstock.core.clock import utc_now

CRON_ALIASES = {
    "@yearly": "0 0 1 1 *",
    "@annually": "0 0 1 1 *",
    "@monthly": "0 0 1 * *",
    "@weekly": "0 0 * * 0",
    "@daily": "0 0 * * *",
    "@midnight": "0 0 * * *",
    "@hourly": "0 * * * *",
}

FIRST_START = datetime(2020, 1, 1)  # noqa: DTZ001 - local time of whatever zone the schedule has
"""Where a rule without DTSTART begins to count."""

LONGEST_INTERVAL = 1_000_000

SHORT_STEPS = {"SECONDLY": timedelta(seconds=1), "MINUTELY": timedelta(minutes=1)}


def cron_fields(expression: str) -> list[str]:
    """Return the fields of an expression, the one of the seconds first; aliases are spelt out."""
    fields = CRON_ALIASES.get(expression.strip().lower(), expression).split()
    if len(fields) == 5:
        return ["0", *fields]
    return [*fields[5:], *fields[:5]]


def check_cron(expression: str) -> str:
    """Return the expression; five fields, a sixth one for seconds at the end, or an ``@`` alias."""
    try:
        CronSim(" ".join(cron_fields(expression)), utc_now())
    except (CronSimError, AssertionError, ValueError, TypeError, RecursionError) as error:
        reason = str(error) or "it can't be read"
        raise ValueError(f"'{expression[:100]}' is not a cron expression: {reason}.") from None
    return expression


def complete_rrule(rule: str, timezone: ZoneInfo) -> str:
    """Return the rule with a DTSTART line, adding one when there is none.

    Rules by the second or minute without COUNT start at a recent step of the same phase, so
    that nobody has to walk through years of seconds; all others start in 2020.
    """
    interval = _check_rrule(rule)
    text = rule.upper()
    if "DTSTART" in text:
        return rule
    start = FIRST_START
    frequency = re.search(r"FREQ=(SECONDLY|MINUTELY)", text)
    if frequency and "COUNT=" not in text:
        step = SHORT_STEPS[frequency[1]] * interval
        now = utc_now().astimezone(timezone).replace(tzinfo=None)
        start += (now - start) // step * step
    return f"DTSTART:{start:%Y%m%dT%H%M%S}\n{rule}"


def parse_rrule(rule: str) -> Any:
    """Return the rule, or set of rules, with all its times as local ones without a zone."""
    return rrulestr(re.sub(r";TZID=[^:;\n]+", "", rule, flags=re.IGNORECASE), ignoretz=True)


def _check_rrule(rule: str) -> int:
    found = re.search(r"INTERVAL=(\d{1,10})", rule.upper())
    interval = int(found[1]) if found else 1
    if not 1 <= interval <= LONGEST_INTERVAL:
        raise ValueError(f"The interval of a recurrence rule must be 1 to {LONGEST_INTERVAL}.")
    try:
        parse_rrule(rule)
    except (ValueError, TypeError, KeyError, IndexError, AttributeError, OverflowError) as error:
        raise ValueError(f"'{rule[:100]}' is not a recurrence rule: {error}.") from None
    return interval
