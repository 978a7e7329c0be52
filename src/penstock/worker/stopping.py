"""How far a worker's stop has come."""

import asyncio
from collections.abc import Callable

import structlog

LAST_WORDS_SECONDS = 15.0
"""How long results may still be reported after jobs were stopped at once."""

log = structlog.get_logger()


class Stopping:
    """Three events, each set once and in this order.

    ``draining``: no new runs, running ones go on. ``at_once``: running jobs are ended.
    ``over``: nothing is waited for any more, not even the server.
    """

    def __init__(self, *, drain_timeout_seconds: float, kill_grace_seconds: float) -> None:
        self.draining = asyncio.Event()
        self.at_once = asyncio.Event()
        self.over = asyncio.Event()
        self._drain_timeout_seconds = drain_timeout_seconds
        self._kill_grace_seconds = kill_grace_seconds
        self._timers: list[asyncio.TimerHandle] = []

    def request(self) -> None:
        """The first request drains, the second stops at once; further ones change nothing."""
        if self.draining.is_set():
            self.stop_at_once("second stop signal")
        else:
            self.drain()

    def drain(self) -> None:
        """Take no more runs; what still runs after the drain deadline is stopped."""
        if self.draining.is_set():
            return
        self.draining.set()
        log.info(
            "draining: no new runs; running ones may go on for %g s (stop again to end them now)",
            self._drain_timeout_seconds,
        )
        self._later(self._drain_timeout_seconds, lambda: self.stop_at_once("drain deadline reached"))

    def stop_at_once(self, why: str) -> None:
        """End the running jobs, then the worker, whether or not the server answers."""
        if self.at_once.is_set():
            return
        self.draining.set()
        self.at_once.set()
        log.warning("stopping at once: %s", why)
        self._later(self._kill_grace_seconds + LAST_WORDS_SECONDS, self.over.set)

    def forget_deadlines(self) -> None:
        """Call off the deadlines that are still to come."""
        for timer in self._timers:
            timer.cancel()

    def _later(self, seconds: float, action: Callable[[], None]) -> None:
        self._timers.append(asyncio.get_running_loop().call_later(seconds, action))
