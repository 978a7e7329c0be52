"""Taking in the events that clients send: in batches, with back-pressure (orchestration.md 4.3).

All sockets put their events into one bounded queue; who finds it full waits, and so does its
client. One writer takes whatever has come together and writes it in one transaction. An event
that the database will not have alone is dropped; trouble of the database only delays.
"""

import asyncio
import logging
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass

from sqlalchemy.exc import DataError, DBAPIError, IntegrityError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError

from penstock.core.attempts import DEFAULT_LEASE_TIMES, LeaseTimes
from penstock.schemas.core import Event
from penstock.server.database import DBInterface
from penstock.server.models import events as event_models
from penstock.server.models import task_run_reports, worker_reports

logger = logging.getLogger(__name__)

CAPACITY = 2000
BATCH_SIZE = 200
RETRY_SECONDS = (0.1, 5.0)
STOP_SECONDS = 10.0


@dataclass(frozen=True, slots=True)
class _Entry:
    event: Event | None
    taken: Callable[[], None]


class EventIntake:
    """The queue of events to be written, and their writer."""

    def __init__(self, db: DBInterface, lease_times: LeaseTimes = DEFAULT_LEASE_TIMES) -> None:
        self._db = db
        self._lease_times = lease_times
        self._queue: asyncio.Queue[_Entry] = asyncio.Queue(CAPACITY)
        self._task: asyncio.Task[None] | None = None
        self.dropped = 0

    async def put(self, event: Event | None, taken: Callable[[], None]) -> None:
        """Queue an event; waits while the queue is full.

        Args:
            event: None for something that was sent but is not written.
            taken: called when this and everything queued before it is safe.
        """
        if self._task is None or self._task.done():
            self._task = asyncio.create_task(self._run(), name="EventIntake")
        await self._queue.put(_Entry(event, taken))

    async def stop(self) -> None:
        """Write what is left, for a limited time, and end."""
        task, self._task = self._task, None
        if task is None or task.done():
            return
        with suppress(TimeoutError):
            async with asyncio.timeout(STOP_SECONDS):
                await self._queue.join()
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task

    async def _run(self) -> None:
        while True:
            batch = [await self._queue.get()]
            while len(batch) < BATCH_SIZE and not self._queue.empty():
                batch.append(self._queue.get_nowait())
            await self._take_in([entry.event for entry in batch if entry.event is not None])
            for entry in batch:
                entry.taken()
                self._queue.task_done()

    async def _take_in(self, events: list[Event]) -> None:
        seconds, longest = RETRY_SECONDS
        while events:
            try:
                await self._write(events)
                return
            except (DBAPIError, PoolTimeoutError, OSError) as error:
                if isinstance(error, DataError | IntegrityError):
                    await self._take_in_singly(events)
                    return
                logger.warning("Writing %d events failed (%s); next try in %g s", len(events), error, seconds)
                await asyncio.sleep(seconds)
                seconds = min(seconds * 2, longest)
            except Exception:
                logger.exception("Writing %d events failed", len(events))
                await self._take_in_singly(events)
                return

    async def _take_in_singly(self, events: list[Event]) -> None:
        if len(events) > 1:
            for event in events:
                await self._take_in([event])
            return
        try:
            async with self._db.session_context(begin_transaction=True) as session:
                await event_models.create_events(session=session, events=events)
            logger.error("Event %s (%s) is kept, but not what it reports", events[0].id, events[0].event)
        except Exception:
            self.dropped += 1
            logger.exception("Dropped event %s (%s): it cannot be written", events[0].id, events[0].event)

    async def _write(self, events: list[Event]) -> None:
        async with self._db.session_context(begin_transaction=True) as session:
            new = await event_models.create_events(session=session, events=events)
            await task_run_reports.record_task_run_reports(session=session, events=new)
            await worker_reports.record_worker_reports(session, new, self._lease_times)
