"""Pools with their slots, workers and queues counted."""

from collections.abc import Iterable, Mapping
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncSession

from penstock.schemas.core.work_pools import AGENT_POOL_TYPE
from penstock.schemas.responses import WorkPoolOverview
from penstock.schemas.statuses import WorkerStatus
from penstock.server.database import DBInterface, db_injector
from penstock.server.models.overview.backlogs import NOTHING_WAITS, QueueBacklog, added_up
from penstock.server.models.overview.starts import STARTS_MINUTES, Starts
from penstock.server.models.workers import slots

MOST_POOLS = 500


@db_injector
async def read_work_pool_overviews(
    db: DBInterface, session: AsyncSession, backlogs: Mapping[UUID, QueueBacklog], starts: Starts
) -> list[WorkPoolOverview]:
    """Read the pools by name, the first ``MOST_POOLS``, with what waits for them and what has started."""
    pool = db.WorkPool
    rows = (
        await session.execute(
            sa.select(pool, _online_workers(db), _queues(db)).order_by(pool.name).limit(MOST_POOLS)
        )
    ).all()
    active = await slots.count_work_pool_active_slots_bulk(session, [row[0].id for row in rows])
    waiting = added_up(_of_known(backlogs.values()))
    idle: list[int | None] = [0] * STARTS_MINUTES
    overviews = []
    for found, online, queue_count in rows:
        backlog = waiting.get(found.id, NOTHING_WAITS)
        overviews.append(
            WorkPoolOverview(
                id=found.id,
                name=found.name,
                description=found.description,
                type=found.type,
                status=None if found.type == AGENT_POOL_TYPE else found.status,
                is_paused=found.is_paused,
                pause_reason=found.pause_reason,
                paused_since=found.paused_since,
                concurrency_limit=found.concurrency_limit,
                active_slots=active.get(found.id, 0),
                online_workers=online,
                work_queue_count=queue_count,
                started_per_minute=starts.get(found.id, idle),
                waiting_runs=backlog.due_runs,
                late_runs=backlog.late_runs,
                oldest_wait_seconds=backlog.oldest_wait_seconds,
            )
        )
    return overviews


def _of_known(backlogs: Iterable[QueueBacklog]) -> list[QueueBacklog]:
    return [one for one in backlogs if one.work_pool_id is not None]


def _online_workers(db: DBInterface) -> sa.ScalarSelect[int]:
    worker = db.Worker
    return (
        sa.select(sa.func.count())
        .where(worker.work_pool_id == db.WorkPool.id, worker.status == WorkerStatus.ONLINE)
        .correlate(db.WorkPool)
        .scalar_subquery()
    )


def _queues(db: DBInterface) -> sa.ScalarSelect[int]:
    return (
        sa.select(sa.func.count())
        .select_from(db.WorkQueue)
        .where(db.WorkQueue.work_pool_id == db.WorkPool.id)
        .correlate(db.WorkPool)
        .scalar_subquery()
    )
