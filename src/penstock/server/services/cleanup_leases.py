"""Takes back cleanup whose worker has not settled it in time (workers.md 6.3)."""

from penstock.server.database import DBInterface
from penstock.server.models import cleanup_messages
from penstock.server.services.base import Service

BATCH_SIZE = 100


class CleanupLeases(Service):
    """Lets overdue messages wait for another worker, or gives them up."""

    def __init__(self, db: DBInterface, *, interval_seconds: float, max_attempts: int) -> None:
        super().__init__(interval_seconds)
        self._db = db
        self._max_attempts = max_attempts

    async def run_once(self) -> None:
        """Take back what is overdue, the oldest first; a pass that finds nothing does not write."""
        async with self._db.session_context() as session:
            if not await cleanup_messages.has_overdue_cleanup(session=session):
                return
        expired = BATCH_SIZE
        while expired == BATCH_SIZE:
            async with self._db.session_context(begin_transaction=True) as session:
                expired = await cleanup_messages.expire_cleanup_leases(
                    session=session, limit=BATCH_SIZE, max_attempts=self._max_attempts
                )
