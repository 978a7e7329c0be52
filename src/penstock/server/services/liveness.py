"""Notices what has gone silent: work pools, work queues and deployments (workers.md 6.1)."""

from penstock.server.database import DBInterface
from penstock.server.models import deployments, workers
from penstock.server.services.base import Service


class Liveness(Service):
    """Turns READY into NOT_READY where nobody has been heard from; never touches what is paused."""

    def __init__(
        self,
        db: DBInterface,
        *,
        interval_seconds: float,
        work_queue_timeout_seconds: float,
        deployment_timeout_seconds: float,
    ) -> None:
        super().__init__(interval_seconds)
        self._db = db
        self._work_queue_timeout_seconds = work_queue_timeout_seconds
        self._deployment_timeout_seconds = deployment_timeout_seconds

    async def run_once(self) -> None:
        """Check pools, then deployments, then queues; each in a transaction of its own."""
        async with self._db.session_context(begin_transaction=True) as session:
            await workers.mark_silent_work_pools_not_ready(session=session)
        async with self._db.session_context(begin_transaction=True) as session:
            await deployments.mark_silent_deployments_not_ready(
                session=session, timeout_seconds=self._deployment_timeout_seconds
            )
        async with self._db.session_context(begin_transaction=True) as session:
            await workers.mark_silent_work_queues_not_ready(
                session=session, timeout_seconds=self._work_queue_timeout_seconds
            )
