"""The queues of a pool in order of priority, with their slots counted."""

from collections.abc import Mapping
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from penstock.schemas.responses import WorkQueueOverview
from penstock.server.database import DBInterface, db_injector, orm_models
from penstock.server.models.overview.backlogs import NOTHING_WAITS, QueueBacklog
from penstock.server.models.workers import queues, slots


@db_injector
async def read_work_queue_overviews(
    db: DBInterface,
    session: AsyncSession,
    work_pool: orm_models.WorkPool,
    backlogs: Mapping[UUID, QueueBacklog],
    *,
    offset: int,
    limit: int,
) -> list[WorkQueueOverview]:
    """Read a page of a pool's queues, the most urgent first, with what waits in them."""
    found = await queues.read_work_queues(
        session=session, work_pool_id=work_pool.id, offset=offset, limit=limit
    )
    active = await slots.count_work_queue_active_slots_bulk(session, [queue.id for queue in found])
    overviews = []
    for queue in found:
        backlog = backlogs.get(queue.id, NOTHING_WAITS)
        overviews.append(
            WorkQueueOverview(
                id=queue.id,
                name=queue.name,
                description=queue.description,
                priority=queue.priority,
                status=queue.status,
                is_paused=queue.is_paused,
                is_default=queue.id == work_pool.default_queue_id,
                concurrency_limit=queue.concurrency_limit,
                active_slots=active.get(queue.id, 0),
                last_polled=queue.last_polled,
                waiting_runs=backlog.due_runs,
                late_runs=backlog.late_runs,
                oldest_wait_seconds=backlog.oldest_wait_seconds,
            )
        )
    return overviews
