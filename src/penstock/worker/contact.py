"""Patience with a server that does not answer."""

import asyncio
import random
from collections.abc import Callable, Coroutine, Iterator
from typing import Any, TypeVar

import structlog

from penstock.client import ApiError, ServerUnavailable
from penstock.worker.waiting import first_of, unless

Answer = TypeVar("Answer")

NOTICE_SECONDS = 60.0
_FIRST_PAUSE_SECONDS = 0.25
_LONGEST_PAUSE_SECONDS = 5.0
_INTERNAL_ERRORS_BORNE = 6

log = structlog.get_logger()


class ServerContact:
    """Knows since when the server has been silent, and says so once per minute."""

    def __init__(self, *, notice_seconds: float = NOTICE_SECONDS) -> None:
        self._notice_seconds = notice_seconds
        self._silent_since: float | None = None
        self._next_notice = 0.0
        self._has_said_so = False
        self._next_complaint: dict[str, float] = {}

    @property
    def silent_seconds(self) -> float:
        """How long every call has failed; 0 while the server answers."""
        return 0.0 if self._silent_since is None else self._now() - self._silent_since

    def lost(self, error: ApiError) -> None:
        """Take note of a call that got no answer."""
        now = self._now()
        if self._silent_since is None:
            self._silent_since = now
        if now >= self._next_notice:
            self._next_notice = now + self._notice_seconds
            self._has_said_so = True
            log.warning("%s; trying again", error.message.rstrip("."))

    def made(self) -> None:
        """Take note of a call that was answered."""
        if self._has_said_so:
            log.info("the server answers again, after %.0f s", self.silent_seconds)
            self._has_said_so = False
        self._silent_since = None

    def refused(self, what: str, error: ApiError) -> None:
        """Say, at most once per minute for each ``what``, that the server answered with a refusal."""
        if self._now() >= self._next_complaint.get(what, 0.0):
            self._next_complaint[what] = self._now() + self._notice_seconds
            log.warning("%s: %s", what, error.message)

    async def until_answered(
        self, call: Callable[[], Coroutine[Any, Any, Answer]], *, give_up: asyncio.Event
    ) -> Answer:
        """Return the answer of ``call``, made again with growing pauses while nothing answers.

        Raises ``ApiError`` when the server refuses, or fails inside several times in a row, and
        ``ServerUnavailable`` once ``give_up`` is set.
        """
        failure = ServerUnavailable(503, "The worker stopped before the server answered.")
        internal_errors = 0
        for pause in pauses():
            answered = await unless(give_up, _caught(call))
            if answered is None:
                break
            outcome = answered[0]
            if not isinstance(outcome, ApiError):
                self.made()
                return outcome
            if not isinstance(outcome, ServerUnavailable):
                internal_errors += 1
                if outcome.status_code < 500 or internal_errors >= _INTERNAL_ERRORS_BORNE:
                    self.made()
                    raise outcome
            self.lost(outcome)
            failure = ServerUnavailable(outcome.status_code, outcome.message, outcome.detail)
            if await first_of(give_up, timeout_seconds=pause):
                break
        raise failure

    def _now(self) -> float:
        return asyncio.get_running_loop().time()


def pauses() -> Iterator[float]:
    """Yield pauses without end: doubling up to five seconds, with up to a half taken off at random."""
    pause = _FIRST_PAUSE_SECONDS
    while True:
        yield pause * random.uniform(0.5, 1.0)
        pause = min(pause * 2, _LONGEST_PAUSE_SECONDS)


async def _caught(call: Callable[[], Coroutine[Any, Any, Answer]]) -> tuple[Answer | ApiError]:
    try:
        return (await call(),)
    except ApiError as error:
        return (error,)
