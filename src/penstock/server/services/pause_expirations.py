"""Fails paused runs that nobody resumed in time (orchestration.md 3.4)."""

from penstock.server.database import DBInterface
from penstock.server.orchestration import timeouts
from penstock.server.services.base import Service

BATCH = 50


class PauseExpirations(Service):
    """Ends pauses whose time is over."""

    def __init__(self, db: DBInterface, *, interval_seconds: float) -> None:
        super().__init__(interval_seconds)
        self._db = db

    async def run_once(self) -> None:
        """Fail all runs whose pause is over now, batch by batch."""
        while not self.is_stopping:
            async with self._db.session_context(begin_transaction=True) as session:
                failed = await timeouts.fail_expired_pauses(session=session, limit=BATCH)
            if len(failed) < BATCH:
                return
