"""Takes back cleanup whose worker has not settled it in time (workers.md 6.3)."""

from time import monotonic

from penstock.server.database import DBInterface
from penstock.server.models import cleanup_messages
from penstock.server.services.base import Service

BATCH_SIZE = 100


class CleanupLeases(Service):
    """Lets overdue messages wait for another worker, and gives up what nobody takes."""

    def __init__(
        self,
        db: DBInterface,
        *,
        interval_seconds: float,
        max_attempts: int,
        untaken_seconds: float = 3600.0,
    ) -> None:
        super().__init__(interval_seconds)
        self._db = db
        self._max_attempts = max_attempts
        self._untaken_seconds = untaken_seconds
        self._looks_for_untaken_at = 0.0

    async def run_once(self) -> None:
        """Take back what is overdue, the oldest first; a pass that finds nothing does not write."""
        await self._take_back()
        await self._give_up()

    async def _take_back(self) -> None:
        async with self._db.session_context() as session:
            if not await cleanup_messages.has_overdue_cleanup(session=session):
                return
        expired = BATCH_SIZE
        while expired == BATCH_SIZE:
            async with self._db.session_context(begin_transaction=True) as session:
                expired = await cleanup_messages.expire_cleanup_leases(
                    session=session, limit=BATCH_SIZE, max_attempts=self._max_attempts
                )

    async def _give_up(self) -> None:
        """Look for what nobody takes, a hundred times in the time it may wait."""
        now = monotonic()
        if now < self._looks_for_untaken_at:
            return
        self._looks_for_untaken_at = now + self._untaken_seconds / 100
        given_up = BATCH_SIZE
        while given_up == BATCH_SIZE:
            async with self._db.session_context(begin_transaction=True) as session:
                given_up = await cleanup_messages.give_up_untaken_cleanup(
                    session=session, after_seconds=self._untaken_seconds, limit=BATCH_SIZE
                )
