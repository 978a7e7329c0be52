"""The health of one queue (workers.md 2.2, 3.31)."""

from datetime import timedelta
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncSession

from penstock import schemas
from penstock.core.clock import utc_now
from penstock.core.errors import ObjectNotFoundError
from penstock.core.states import StateName
from penstock.server.database import DBInterface, db_injector
from penstock.server.database.states import is_scheduled


@db_injector
async def read_work_queue_status(
    db: DBInterface, session: AsyncSession, work_queue_id: UUID
) -> schemas.core.WorkQueueStatusDetail:
    """Read how healthy a queue is: polled within 60 seconds, and no run late.

    Raises:
        ObjectNotFoundError: there is no such queue.
    """
    queue = await session.get(db.WorkQueue, work_queue_id)
    if queue is None:
        raise ObjectNotFoundError("Work queue", work_queue_id)
    late = await session.scalar(
        sa.select(sa.func.count())
        .select_from(db.FlowRun)
        .where(
            db.FlowRun.work_queue_id == work_queue_id,
            is_scheduled(db.FlowRun.state_type),
            db.FlowRun.state_name == StateName.LATE,
        )
    )
    policy = schemas.core.WorkQueueHealthPolicy()
    longest = policy.maximum_seconds_since_last_polled
    polled_lately = queue.last_polled is not None and (
        longest is None or utc_now() - queue.last_polled <= timedelta(seconds=longest)
    )
    few_late = policy.maximum_late_runs is None or (late or 0) <= policy.maximum_late_runs
    return schemas.core.WorkQueueStatusDetail(
        healthy=polled_lately and few_late,
        late_runs_count=late or 0,
        last_polled=queue.last_polled,
        health_check_policy=policy,
    )
