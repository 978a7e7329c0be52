"""Frees the slots of leases that have expired (orchestration.md 3.4)."""

from penstock.server.database import DBInterface
from penstock.server.models import concurrency_limits
from penstock.server.services.base import Service

BATCH = 100
"""Leases ended in one transaction."""


class LeaseReaper(Service):
    """Takes slots back from holders that have not renewed their leases."""

    def __init__(self, db: DBInterface, *, interval_seconds: float) -> None:
        super().__init__(interval_seconds)
        self._db = db

    async def run_once(self) -> None:
        """End all leases that have expired by now, batch by batch."""
        while not self.is_stopping:
            async with self._db.session_context(begin_transaction=True) as session:
                ended = await concurrency_limits.end_expired_leases(session=session, most=BATCH)
            if ended < BATCH:
                return
