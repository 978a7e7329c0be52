"""When a call is tried again, and after how long."""

import random
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC
from email.utils import parsedate_to_datetime

import httpx

from penstock.core.clock import utc_now

_NOT_PROCESSED_STATUSES = frozenset({408, 429, 503})
"""Answers that say that nothing was done."""

_UNKNOWN_STATUSES = frozenset({502, 504})
"""Answers of a machine in between: the server may have done the work."""

_NOT_SENT_ERRORS = (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout)
"""Failures before the request left this machine."""


@dataclass(frozen=True, slots=True)
class RetryPolicy:
    """How often one call is tried, and how the pauses between grow.

    A call that is not ``repeatable`` is tried again only when the server cannot have processed it.
    """

    attempts: int = 5
    first_pause_seconds: float = 0.2
    longest_pause_seconds: float = 30.0

    def pauses(self) -> Iterator[float]:
        """Yield the pause after each failed attempt but the last: doubling, up to a half off at random."""
        for attempt in range(self.attempts - 1):
            pause = min(self.first_pause_seconds * 2**attempt, self.longest_pause_seconds)
            yield pause * random.uniform(0.5, 1.0)

    def allows_after_answer(self, response: httpx.Response, *, repeatable: bool) -> bool:
        """Return whether a call may be tried again after this answer."""
        status = response.status_code
        return status in _NOT_PROCESSED_STATUSES or (repeatable and status in _UNKNOWN_STATUSES)

    def allows_after_silence(self, error: httpx.RequestError, *, repeatable: bool) -> bool:
        """Return whether a call may be tried again after this failure to get an answer."""
        if isinstance(error, httpx.UnsupportedProtocol):
            return False
        return repeatable or isinstance(error, _NOT_SENT_ERRORS)

    def pause_asked_for(self, response: httpx.Response) -> float:
        """Return the seconds of the ``Retry-After`` header (a number or a date), 0 without one."""
        value = response.headers.get("Retry-After", "").strip()
        try:
            seconds = float(value)
        except ValueError:
            seconds = _seconds_until(value)
        return max(0.0, min(seconds, self.longest_pause_seconds))


def _seconds_until(date: str) -> float:
    try:
        when = parsedate_to_datetime(date)
    except ValueError:
        return 0.0
    return (when.replace(tzinfo=when.tzinfo or UTC) - utc_now()).total_seconds()
