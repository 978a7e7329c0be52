"""When a call is tried again, and after how long."""

import random
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC
from email.utils import parsedate_to_datetime

import httpx

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
        """Return the seconds of the ``Retry-After`` header, 0 without one.

        A date counts from the answer's own ``Date``: this machine's clock may be wrong.
        """
        value = response.headers.get("Retry-After", "").strip()
        try:
            seconds = float(value)
        except ValueError:
            seconds = _seconds_between(response.headers.get("Date", ""), value)
        return max(0.0, min(seconds, self.longest_pause_seconds))


def _seconds_between(start: str, end: str) -> float:
    """Return the seconds between two dates of HTTP, 0 when one of them is none."""
    try:
        first, last = (parsedate_to_datetime(date) for date in (start, end))
    except ValueError:
        return 0.0
    return (
        last.replace(tzinfo=last.tzinfo or UTC) - first.replace(tzinfo=first.tzinfo or UTC)
    ).total_seconds()
