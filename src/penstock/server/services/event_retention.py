"""Forgets old events (orchestration.md 3.4)."""

from penstock.server.database import DBInterface
from penstock.server.models import events
from penstock.server.services.base import Service

BATCH_SIZE = 500


class EventRetention(Service):
    """Deletes events that are too old, some at a time, so that nobody waits for it long."""

    def __init__(self, db: DBInterface, *, interval_seconds: float, retention_seconds: float) -> None:
        super().__init__(interval_seconds)
        self._db = db
        self._retention_seconds = retention_seconds

    async def run_once(self) -> None:
        """Delete all that is too old now, each batch in a transaction of its own."""
        while not self.is_stopping:
            async with self._db.session_context(begin_transaction=True) as session:
                deleted = await events.delete_old_events(
                    session=session, older_than_seconds=self._retention_seconds, limit=BATCH_SIZE
                )
            if deleted < BATCH_SIZE:
                return
