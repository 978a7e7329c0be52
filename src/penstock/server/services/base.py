"""A job that is done again and again in the background."""

import asyncio
import logging
import random
from abc import ABC, abstractmethod
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from time import monotonic

from penstock.core.clock import utc_now

logger = logging.getLogger(__name__)

JITTER = 0.1
"""Part of the interval by which a pause may differ, so that several servers do not march in step."""


@dataclass(frozen=True, slots=True)
class Pass:
    """One pass of a loop that is over; ``error`` says what made it fail."""

    started_at: datetime
    seconds: float
    error: str | None = None


class Service(ABC):
    """Calls ``run_once`` every ``interval_seconds`` until stopped; a failed pass is logged and repeated."""

    def __init__(self, interval_seconds: float) -> None:
        self.interval_seconds = interval_seconds
        self.last_pass: Pass | None = None
        self._stopping = asyncio.Event()
        self._task: asyncio.Task[None] | None = None

    @abstractmethod
    async def run_once(self) -> None:
        """Do one pass. Everything it finds must be in the database: two servers may run it at once."""

    @property
    def is_stopping(self) -> bool:
        """True once the loop is asked to end; a long pass looks at it between its steps."""
        return self._stopping.is_set()

    def start(self) -> None:
        """Begin the loop on the running event loop; the first pass comes at once."""
        if self._task is None:
            self._stopping.clear()
            self._task = asyncio.create_task(self._run(), name=type(self).__name__)

    async def stop(self) -> None:
        """End the loop once the pass under way, which is short, is done."""
        task, self._task = self._task, None
        if task is not None:
            self._stopping.set()
            await task

    async def _run(self) -> None:
        while not self._stopping.is_set():
            started_at, began, error = utc_now(), monotonic(), None
            try:
                await self.run_once()
            except Exception as raised:
                error = str(raised).partition("\n")[0] or type(raised).__name__
                logger.exception(
                    "%s failed; next try in about %g s", type(self).__name__, self.interval_seconds
                )
            self.last_pass = Pass(started_at, monotonic() - began, error)
            await pause(self._stopping, self.interval_seconds * random.uniform(1 - JITTER, 1 + JITTER))


async def pause(stopping: asyncio.Event, seconds: float) -> None:
    """Return after ``seconds``, or at once when ``stopping`` is set."""
    with suppress(TimeoutError):
        async with asyncio.timeout(seconds):
            await stopping.wait()
