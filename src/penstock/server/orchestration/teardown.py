"""Asking workers to tear down what a run may have left behind (workers.md 6.3)."""

from uuid import UUID, uuid5

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncSession

from penstock.server.database import DBInterface, db_injector, orm_models
from penstock.server.models import cleanup_messages

CANCELLING_TIMEOUT_TEARDOWN = "cancelling_timeout_teardown.v1"
LOST_ATTEMPT_TEARDOWN = "lost_attempt_teardown.v1"
"""The run goes on or has crashed; what its lost attempt left behind must not run beside it."""

WITHOUT_WORKERS = (":push", ":managed")
"""How the types of pools end whose runs no worker starts."""


@db_injector
async def ask_for_teardown(
    db: DBInterface,
    session: AsyncSession,
    flow_run: orm_models.FlowRun,
    cancelling_state_id: UUID,
    kind: str = CANCELLING_TIMEOUT_TEARDOWN,
) -> None:
    """Put a message for the workers of the run's pool, once for this cancel; without a pool there is none.

    ``cancelling_state_id`` is the state the run was in when it was given up.
    """
    if flow_run.work_queue_id is None:
        return
    pool = await session.scalar(
        sa.select(db.WorkPool)
        .join(db.WorkQueue, db.WorkQueue.work_pool_id == db.WorkPool.id)
        .where(db.WorkQueue.id == flow_run.work_queue_id)
    )
    if pool is None or pool.type.endswith(WITHOUT_WORKERS):
        return
    await cleanup_messages.enqueue_cleanup_message(
        session=session,
        message_id=uuid5(flow_run.id, str(cancelling_state_id)),
        work_pool_id=pool.id,
        kind=kind,
        idempotency_key=f"{kind}:{flow_run.id}:{cancelling_state_id}",
        work_queue_id=flow_run.work_queue_id,
        target={
            "flow_run_id": str(flow_run.id),
            "infrastructure_pid": flow_run.infrastructure_pid,
        },
    )
