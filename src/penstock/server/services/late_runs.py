"""Marks runs as Late that should have started by now (orchestration.md 3.4)."""

from penstock.server.database import DBInterface
from penstock.server.orchestration import timeouts
from penstock.server.services.base import Service

BATCH = 200
"""Runs marked in one transaction; their rows are locked for as long as it takes."""


class LateRuns(Service):
    """Says of waiting runs that they are late; they stay due and keep their place."""

    def __init__(self, db: DBInterface, *, interval_seconds: float, after_seconds: float) -> None:
        super().__init__(interval_seconds)
        self._db = db
        self._after_seconds = after_seconds

    async def run_once(self) -> None:
        """Mark all runs that are late now, batch by batch."""
        while not self.is_stopping:
            async with self._db.session_context(begin_transaction=True) as session:
                marked = await timeouts.mark_late_runs(
                    session=session, after_seconds=self._after_seconds, limit=BATCH
                )
            if len(marked) < BATCH:
                return
