"""Forgets workers that went away without saying so."""

from penstock.server.database import DBInterface
from penstock.server.models import workers
from penstock.server.services.base import Service

BATCH = 500


class WorkerPruning(Service):
    """Deletes workers that have been offline for the retention and hold no run."""

    def __init__(self, db: DBInterface, *, interval_seconds: float, retention_seconds: float) -> None:
        super().__init__(interval_seconds)
        self._db = db
        self._retention_seconds = retention_seconds

    async def run_once(self) -> None:
        """Delete them in batches, each in a transaction of its own."""
        pruned = BATCH
        while pruned == BATCH and not self.is_stopping:
            async with self._db.session_context(begin_transaction=True) as session:
                pruned = await workers.delete_silent_workers(
                    session=session, after_seconds=self._retention_seconds, limit=BATCH
                )
