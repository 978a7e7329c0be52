"""What requests note down in memory is recorded together, after the answers have gone out."""

import asyncio
import logging
from abc import ABC, abstractmethod

from penstock.server.services.base import pause

logger = logging.getLogger(__name__)

MAX_RETRY_SECONDS = 5.0


class Recorder(ABC):
    """Records notes within ``record_seconds``; what could not be written is tried again."""

    what = "notes"

    def __init__(self, *, record_seconds: float) -> None:
        self._record_seconds = record_seconds
        self._writing = asyncio.Lock()
        self._stopping = asyncio.Event()
        self._task: asyncio.Task[None] | None = None

    @property
    @abstractmethod
    def has_notes(self) -> bool:
        """Whether there is something to record."""

    @abstractmethod
    async def record(self) -> None:
        """Record all notes in one transaction; on an error keep what must not be lost, and raise."""

    def noted(self) -> None:
        """Record soon; called after each note."""
        if self.has_notes and not self._is_running():
            self._task = asyncio.create_task(self._record_until_empty(), name=type(self).__name__)

    async def flush(self) -> None:
        """Record everything noted so far and return when it is committed; raises what went wrong."""
        async with self._writing:
            if self.has_notes:
                await self.record()

    async def stop(self) -> None:
        """Record what is left and end the background task."""
        task, self._task = self._task, None
        if task is not None:
            self._stopping.set()
            await task
            self._stopping.clear()
        try:
            await self.flush()
        except Exception:
            logger.exception("The last %s could not be recorded", self.what)

    def _is_running(self) -> bool:
        task = self._task
        return task is not None and not task.done() and task.get_loop() is asyncio.get_running_loop()

    async def _record_until_empty(self) -> None:
        seconds = self._record_seconds
        while self.has_notes and not self._stopping.is_set():
            await pause(self._stopping, seconds)
            try:
                await self.flush()
                seconds = self._record_seconds
            except Exception:
                seconds = min(seconds * 2, MAX_RETRY_SECONDS)
                logger.exception("Recording %s failed; next try in %g s", self.what, seconds)
