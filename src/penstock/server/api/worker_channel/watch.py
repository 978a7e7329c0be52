"""Noticing that a pool may have changed."""

import asyncio
from uuid import UUID

from penstock.server.database import DBInterface
from penstock.server.models.workers.pool_changes import work_pool_topic


class PoolWatch:
    """Follows one pool: announced changes, and doubts raised by a heartbeat."""

    def __init__(self, db: DBInterface) -> None:
        self._db = db
        self._topic: str | None = None
        self._looked_for = asyncio.Event()
        self._was_announced = False

    def follow(self, work_pool_id: UUID) -> None:
        """Listen to changes of this pool from now on."""
        self.stop()
        self._topic = work_pool_topic(work_pool_id)
        self._db.announcements.listen(self._topic, self._announced)

    def stop(self) -> None:
        """Listen no more."""
        if self._topic is not None:
            self._db.announcements.forget(self._topic, self._announced)
            self._topic = None

    def doubt(self) -> None:
        """Let the pool be looked at although no change was announced."""
        self._looked_for.set()

    async def wait(self) -> None:
        """Wait until the pool should be looked at."""
        await self._looked_for.wait()

    def take(self) -> bool:
        """Begin a look, which covers all that came before; return whether a change was announced."""
        announced, self._was_announced = self._was_announced, False
        self._looked_for.clear()
        return announced

    def _announced(self) -> None:
        self._was_announced = True
        self._looked_for.set()
