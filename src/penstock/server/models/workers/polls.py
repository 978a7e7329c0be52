"""What polls, and their absence, do to queues and pools (workers.md 4.3, 6.1).

Each change is one conditional statement: it touches only rows that still are as expected, so
a pause or a fresh poll is never overwritten (8.8, 8.15). Rows are locked in the order of their
ids, as a claim does.
"""

from collections.abc import Sequence
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncSession

from penstock.core.clock import utc_now
from penstock.core.ids import uuid7
from penstock.schemas.core.work_pools import AGENT_POOL_TYPE
from penstock.schemas.statuses import WorkerStatus, WorkPoolStatus, WorkQueueStatus
from penstock.server.database import DBInterface, db_injector, orm_models
from penstock.server.database.expressions import database_now, seconds_before_now
from penstock.server.events import outbox
from penstock.server.events.work_pool_events import work_pool_status
from penstock.server.events.work_queue_events import work_queue_status
from penstock.server.models.workers.pool_updates import snapshot


@db_injector
async def record_work_queue_polls(
    db: DBInterface,
    session: AsyncSession,
    work_queue_ids: Sequence[UUID] = (),
    work_pool_ids: Sequence[UUID] = (),
    refresh_seconds: float = 0.0,
) -> list[UUID]:
    """Record that queues were polled now: the given ones, and all those of the given pools.

    A queue that was NOT_READY and is not paused becomes READY, with an event (8.6, 8.8).

    Args:
        refresh_seconds: a ready queue whose last poll is younger than this is left alone.

    Returns:
        The ids of the queues written.
    """
    queue = db.WorkQueue
    polled = sa.or_(queue.id.in_(work_queue_ids), queue.work_pool_id.in_(work_pool_ids))
    becomes_ready = sa.and_(queue.status == WorkQueueStatus.NOT_READY, queue.is_paused.is_(False))
    stale = sa.or_(
        queue.last_polled.is_(None),
        queue.last_polled <= seconds_before_now(sa.literal(refresh_seconds, sa.Float())),
        becomes_ready,
    )
    due = (
        await session.execute(
            sa.select(queue.id, becomes_ready.label("ready"))
            .where(polled, stale)
            .order_by(queue.id)
            .with_for_update(key_share=True)
        )
    ).all()
    if not due:
        return []
    ready = [work_queue_id for work_queue_id, becomes in due if becomes]
    await session.execute(
        sa.update(queue)
        .where(queue.id.in_([work_queue_id for work_queue_id, _ in due]))
        .values(last_polled=database_now())
        .execution_options(synchronize_session=False)
    )
    await _set_queue_status(db, session, ready, WorkQueueStatus.READY)
    return [work_queue_id for work_queue_id, _ in due]


@db_injector
async def mark_silent_work_queues_not_ready(
    db: DBInterface, session: AsyncSession, timeout_seconds: float
) -> int:
    """Make queues NOT_READY that nobody polled for ``timeout_seconds``, with an event each (6.1)."""
    silent = (
        await session.scalars(
            sa.select(db.WorkQueue.id)
            .where(
                db.WorkQueue.status == WorkQueueStatus.READY,
                db.WorkQueue.last_polled < seconds_before_now(sa.literal(timeout_seconds, sa.Float())),
            )
            .order_by(db.WorkQueue.id)
            .with_for_update(key_share=True)
        )
    ).all()
    await _set_queue_status(db, session, silent, WorkQueueStatus.NOT_READY)
    return len(silent)


async def _set_queue_status(
    db: DBInterface, session: AsyncSession, work_queue_ids: Sequence[UUID], status: WorkQueueStatus
) -> None:
    """Set the status of locked queues and record one event for each."""
    if not work_queue_ids:
        return
    await session.execute(
        sa.update(db.WorkQueue)
        .where(db.WorkQueue.id.in_(work_queue_ids))
        .values(status=status)
        .execution_options(synchronize_session=False)
    )
    rows = await session.execute(
        sa.select(db.WorkQueue, db.WorkPool)
        .join(db.WorkPool, db.WorkPool.id == db.WorkQueue.work_pool_id)
        .where(db.WorkQueue.id.in_(work_queue_ids))
        .order_by(db.WorkQueue.last_polled, db.WorkQueue.id)
        .execution_options(populate_existing=True)
    )
    outbox.record(session, *[work_queue_status(queue, pool) for queue, pool in rows])
    await session.flush()


@db_injector
async def mark_silent_work_pools_not_ready(db: DBInterface, session: AsyncSession) -> int:
    """Make READY pools NOT_READY that have no online worker, with an event each (6.1)."""
    online = sa.exists().where(
        db.Worker.work_pool_id == db.WorkPool.id, db.Worker.status == WorkerStatus.ONLINE
    )
    pools: Sequence[orm_models.WorkPool] = (
        await session.scalars(
            sa.select(db.WorkPool)
            .where(db.WorkPool.status == WorkPoolStatus.READY, ~online)
            .order_by(db.WorkPool.id)
            .with_for_update(key_share=True)
            .execution_options(populate_existing=True)
        )
    ).all()
    for pool in pools:
        before, event_id, now = snapshot(pool), uuid7(), utc_now()
        pool.status = WorkPoolStatus.NOT_READY
        pool.last_status_event_id, pool.last_transitioned_status_at = event_id, now
        if pool.type != AGENT_POOL_TYPE:
            outbox.record(session, work_pool_status(event_id, now, before, pool))
    await session.flush()
    return len(pools)
