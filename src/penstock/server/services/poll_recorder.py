"""Writes down which work queues were polled, after the answers have gone out (workers.md 4.3)."""

import asyncio
import logging
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Self
from uuid import UUID

from penstock.server.database import DBInterface
from penstock.server.models import deployments, workers
from penstock.server.services.base import pause

logger = logging.getLogger(__name__)

MAX_RETRY_SECONDS = 5.0


@dataclass(slots=True)
class Polls:
    """What was polled: queues, whole pools, and deployments that are served without a pool."""

    work_queue_ids: set[UUID] = field(default_factory=set)
    work_pool_ids: set[UUID] = field(default_factory=set)
    deployment_ids: set[UUID] = field(default_factory=set)

    def __bool__(self) -> bool:
        return bool(self.work_queue_ids or self.work_pool_ids or self.deployment_ids)

    def __ior__(self, other: "Polls") -> Self:
        self.work_queue_ids |= other.work_queue_ids
        self.work_pool_ids |= other.work_pool_ids
        self.deployment_ids |= other.deployment_ids
        return self


class PollRecorder:
    """Collects what this process was polled for, and records it together.

    A queue polled many times is one entry, so memory is bounded by the number of queues,
    and a poll is never lost: what could not be written is tried again.
    """

    def __init__(self, db: DBInterface, *, record_seconds: float, refresh_seconds: float) -> None:
        self._db = db
        self._record_seconds = record_seconds
        self._refresh_seconds = refresh_seconds
        self._noted = Polls()
        self._writing = asyncio.Lock()
        self._stopping = asyncio.Event()
        self._task: asyncio.Task[None] | None = None

    def note(
        self,
        work_queue_ids: Iterable[UUID] = (),
        work_pool_ids: Iterable[UUID] = (),
        deployment_ids: Iterable[UUID] = (),
    ) -> None:
        """Remember a poll of these; it is recorded within ``record_seconds``."""
        self._noted |= Polls(set(work_queue_ids), set(work_pool_ids), set(deployment_ids))
        if self._noted and not self._is_running():
            self._task = asyncio.create_task(self._record_until_empty(), name="PollRecorder")

    async def flush(self) -> None:
        """Record everything noted so far and return when it is committed.

        In one transaction: the queues' polls with the events of those that became ready, and
        their deployments. On an error the queues stay noted and the error is raised.
        """
        async with self._writing:
            polls, self._noted = self._noted, Polls()
            if not polls:
                return
            try:
                await self._record(polls)
            except BaseException:
                self._noted |= polls
                raise

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
            logger.exception("The last polls could not be recorded")

    def _is_running(self) -> bool:
        task = self._task
        return task is not None and not task.done() and task.get_loop() is asyncio.get_running_loop()

    async def _record_until_empty(self) -> None:
        seconds = self._record_seconds
        while self._noted and not self._stopping.is_set():
            await pause(self._stopping, seconds)
            try:
                await self.flush()
                seconds = self._record_seconds
            except Exception:
                seconds = min(seconds * 2, MAX_RETRY_SECONDS)
                logger.exception("Recording polls failed; next try in %g s", seconds)

    async def _record(self, polls: Polls) -> None:
        async with self._db.session_context(begin_transaction=True) as session:
            recorded = await workers.record_work_queue_polls(
                session=session,
                work_queue_ids=sorted(polls.work_queue_ids),
                work_pool_ids=sorted(polls.work_pool_ids),
                refresh_seconds=self._refresh_seconds,
            )
            if recorded or polls.deployment_ids:
                await deployments.mark_deployments_ready(
                    session=session,
                    work_queue_ids=recorded,
                    deployment_ids=sorted(polls.deployment_ids),
                )
