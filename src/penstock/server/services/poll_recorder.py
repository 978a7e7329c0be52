"""Writes down which work queues were polled, after the answers have gone out (workers.md 4.3)."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Self
from uuid import UUID

from penstock.server.database import DBInterface
from penstock.server.models import deployments, workers
from penstock.server.services.recorder import Recorder


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


class PollRecorder(Recorder):
    """Collects what this process was polled for, and records it together.

    A queue polled many times is one entry, so memory is bounded by the number of queues,
    and a poll is never lost: what could not be written is tried again.
    """

    what = "polls"

    def __init__(self, db: DBInterface, *, record_seconds: float, refresh_seconds: float) -> None:
        super().__init__(record_seconds=record_seconds)
        self._db = db
        self._refresh_seconds = refresh_seconds
        self._polls = Polls()

    @property
    def has_notes(self) -> bool:
        """See ``Recorder``."""
        return bool(self._polls)

    def note(
        self,
        work_queue_ids: Iterable[UUID] = (),
        work_pool_ids: Iterable[UUID] = (),
        deployment_ids: Iterable[UUID] = (),
    ) -> None:
        """Remember a poll of these; it is recorded within ``record_seconds``."""
        self._polls |= Polls(set(work_queue_ids), set(work_pool_ids), set(deployment_ids))
        self.noted()

    async def record(self) -> None:
        """Record the queues' polls with the events of those that became ready, and their deployments."""
        polls, self._polls = self._polls, Polls()
        try:
            await self._record(polls)
        except BaseException:
            self._polls |= polls
            raise

    async def _record(self, polls: Polls) -> None:
        async with self._db.session_context(begin_transaction=True, brief=True) as session:
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
