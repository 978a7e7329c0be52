"""Hands cleanup to the workers that are connected to this server (workers.md 7.2)."""

import asyncio
import logging
from collections import OrderedDict
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

from penstock.core.clock import utc_now
from penstock.server.database import DBInterface
from penstock.server.database.orm_models import CleanupMessage
from penstock.server.models import cleanup_messages
from penstock.server.services.base import pause

logger = logging.getLogger(__name__)

POLL_SECONDS = 5.0
"""How often waiting messages are looked for when nobody announced any."""

Deliver = Callable[[CleanupMessage], Awaitable[None]]


@dataclass(eq=False)
class CleanupReceiver:
    """A connected worker that takes cleanup: what kinds, preferably of which queues, how much at once."""

    work_pool_id: UUID
    consumer_id: UUID
    worker_name: str
    kinds: frozenset[str]
    queue_ids: frozenset[UUID]
    capacity: int
    deliver: Deliver
    leases: dict[UUID, datetime] = field(default_factory=dict)
    """The ends of the leases of what the worker has and has not settled."""

    @property
    def key(self) -> tuple[UUID, str]:
        """What stays the same when the worker connects anew."""
        return self.consumer_id, self.worker_name

    @property
    def has_room(self) -> bool:
        """Whether the worker can be given one more."""
        now = utc_now()
        self.leases = {message_id: end for message_id, end in self.leases.items() if end > now}
        return len(self.leases) < self.capacity


@dataclass(eq=False)
class _Pool:
    receivers: OrderedDict[tuple[UUID, str], CleanupReceiver] = field(default_factory=OrderedDict)
    wake: asyncio.Event = field(default_factory=asyncio.Event)
    stopping: bool = False
    task: asyncio.Task[None] | None = None


class CleanupDispatcher:
    """Gives each message to one worker with room: first to one of its queue, then to any, in turn."""

    def __init__(
        self,
        db: DBInterface,
        *,
        lease_seconds: float,
        max_attempts: int,
        poll_seconds: float = POLL_SECONDS,
    ) -> None:
        self._db = db
        self.lease_seconds = lease_seconds
        self.max_attempts = max_attempts
        self._poll_seconds = poll_seconds
        self._pools: dict[UUID, _Pool] = {}

    @asynccontextmanager
    async def receiving(self, receiver: CleanupReceiver) -> AsyncIterator[None]:
        """Hand cleanup to the receiver meanwhile; it takes the place of its own earlier connection."""
        pool = self._pools.get(receiver.work_pool_id)
        if pool is None:
            pool = self._pools[receiver.work_pool_id] = self._open(receiver.work_pool_id)
        earlier = pool.receivers.pop(receiver.key, None)
        if earlier is not None:
            receiver.leases |= earlier.leases
        pool.receivers[receiver.key] = receiver
        pool.wake.set()
        try:
            yield
        finally:
            if pool.receivers.get(receiver.key) is receiver:
                del pool.receivers[receiver.key]
            if not pool.receivers and self._pools.get(receiver.work_pool_id) is pool:
                await self._close(receiver.work_pool_id)

    def wake(self, work_pool_id: UUID) -> None:
        """Look at once whether there is something for the pool's workers."""
        pool = self._pools.get(work_pool_id)
        if pool is not None:
            pool.wake.set()

    def _open(self, work_pool_id: UUID) -> _Pool:
        pool = _Pool()
        self._db.announcements.listen(cleanup_messages.cleanup_topic(work_pool_id), pool.wake.set)
        pool.task = asyncio.create_task(self._run(work_pool_id, pool), name="CleanupDispatcher")
        return pool

    async def _close(self, work_pool_id: UUID) -> None:
        pool = self._pools.pop(work_pool_id)
        self._db.announcements.forget(cleanup_messages.cleanup_topic(work_pool_id), pool.wake.set)
        pool.stopping = True
        pool.wake.set()
        assert pool.task is not None
        await pool.task

    async def _run(self, work_pool_id: UUID, pool: _Pool) -> None:
        while not pool.stopping:
            await pause(pool.wake, self._poll_seconds)
            pool.wake.clear()
            try:
                while await self._give_one(work_pool_id, pool):
                    pass
            except Exception:
                logger.exception("Cleanup could not be handed out; next try in %g s", self._poll_seconds)

    async def _give_one(self, work_pool_id: UUID, pool: _Pool) -> bool:
        """Give one message to one worker; False when there is none, or nobody to take it."""
        if pool.stopping:
            return False
        ready = [receiver for receiver in pool.receivers.values() if receiver.has_room]
        kinds = {kind for receiver in ready for kind in receiver.kinds}
        if not kinds:
            return False
        async with self._db.session_context() as session:
            if not await cleanup_messages.has_waiting_cleanup(
                session=session, work_pool_id=work_pool_id, kinds=kinds
            ):
                return False
        found = await self._reserve(work_pool_id, ready)
        if found is None:
            return False
        receiver, message = found
        if pool.receivers.get(receiver.key) is receiver:
            pool.receivers.move_to_end(receiver.key)
        await self._deliver(receiver, message)
        return True

    async def _reserve(
        self, work_pool_id: UUID, ready: Sequence[CleanupReceiver]
    ) -> tuple[CleanupReceiver, CleanupMessage] | None:
        async with self._db.session_context(begin_transaction=True) as session:
            for fallback in (False, True):
                for receiver in ready:
                    message = await cleanup_messages.reserve_cleanup_message(
                        session=session,
                        work_pool_id=work_pool_id,
                        kinds=receiver.kinds,
                        preferred_queue_ids=receiver.queue_ids,
                        fallback=fallback,
                        lease_seconds=self.lease_seconds,
                        max_attempts=self.max_attempts,
                    )
                    if message is not None:
                        return receiver, message
        return None

    async def _deliver(self, receiver: CleanupReceiver, message: CleanupMessage) -> None:
        assert message.lease_expires_at is not None
        assert message.reservation_token is not None
        receiver.leases[message.id] = message.lease_expires_at
        try:
            await receiver.deliver(message)
        except Exception as error:  # noqa: BLE001 - however it failed, another worker may do better
            logger.info("Worker '%s' could not be given cleanup: %s", receiver.worker_name, error)
            receiver.capacity = 0
            async with self._db.session_context(begin_transaction=True) as session:
                await cleanup_messages.release_cleanup_message(
                    session=session,
                    message_id=message.id,
                    work_pool_id=receiver.work_pool_id,
                    token=message.reservation_token,
                    reason="delivery_failed",
                    max_attempts=self.max_attempts,
                )
