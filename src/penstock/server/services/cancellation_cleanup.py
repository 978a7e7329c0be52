"""Finishes cancels (orchestration.md 1.10, 3.4)."""

from penstock.server.database import DBInterface
from penstock.server.orchestration import cancellation
from penstock.server.services.base import Service

SUBFLOWS_AT_ONCE = 200
TASK_RUNS_AT_ONCE = 500


class CancellationCleanup(Service):
    """Cancels what a cancelled run has started, and ends cancels that nobody answers."""

    def __init__(self, db: DBInterface, *, interval_seconds: float, timeout_seconds: float) -> None:
        super().__init__(interval_seconds)
        self._db = db
        self._timeout_seconds = timeout_seconds

    async def run_once(self) -> None:
        """First the cancels that are overdue, then the runs and task runs of cancelled ones."""
        await self._end_unanswered()
        await self._cancel_subflows()
        await self._cancel_task_runs()

    async def _end_unanswered(self) -> None:
        """Each in a transaction of its own: it may free a slot, and then holds that limit."""
        while not self.is_stopping:
            async with self._db.session_context(begin_transaction=True) as session:
                ended = await cancellation.cancel_unanswered(
                    session=session, after_seconds=self._timeout_seconds, limit=1
                )
            if not ended:
                return

    async def _cancel_subflows(self) -> None:
        async with self._db.session_context() as session:
            found = await cancellation.read_subflows_to_cancel(session=session, limit=SUBFLOWS_AT_ONCE)
        for flow_run_id in found:
            async with self._db.session_context(begin_transaction=True) as session:
                await cancellation.cancel_subflow(session=session, flow_run_id=flow_run_id)

    async def _cancel_task_runs(self) -> None:
        async with self._db.session_context() as session:
            found = await cancellation.read_task_runs_to_cancel(session=session, limit=TASK_RUNS_AT_ONCE)
        for task_run_id in found:
            async with self._db.session_context(begin_transaction=True) as session:
                await cancellation.cancel_task_run(session=session, task_run_id=task_run_id)
