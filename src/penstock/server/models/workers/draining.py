"""Workers that are given no more runs, and what each worker still holds."""

from collections.abc import Collection
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncSession

from penstock.core.attempts import LeaseKind
from penstock.schemas.statuses import WorkerStatus
from penstock.server.database import DBInterface, db_injector, orm_models
from penstock.server.database.expressions import database_now, seconds_before_now
from penstock.server.models.workers.outlook import announce_dispatch


@db_injector
async def set_worker_draining(
    db: DBInterface, session: AsyncSession, work_pool_id: UUID, worker_name: str, draining: bool
) -> orm_models.Worker | None:
    """Give a worker no more runs from now on, or give it runs again; None when there is no such worker.

    A worker that drains already keeps the time since when it does.
    """
    announce_dispatch(session, work_pool_id)
    since = sa.func.coalesce(db.Worker.draining_since, database_now()) if draining else sa.null()
    return await session.scalar(
        sa.update(db.Worker)
        .where(db.Worker.work_pool_id == work_pool_id, db.Worker.name == worker_name)
        .values(draining_since=since)
        .returning(db.Worker)
        .execution_options(populate_existing=True)
    )


@db_injector
async def count_held_runs(
    db: DBInterface,
    session: AsyncSession,
    work_pool_id: UUID,
    worker_names: Collection[str] | None = None,
    work_queue_id: UUID | None = None,
) -> dict[str | None, int]:
    """Count the runs of a pool that are in somebody's hands, by the holder's name.

    Args:
        worker_names: only what these workers hold.
        work_queue_id: only runs of this queue.

    Returns:
        The counts; who holds nothing is absent, and None stands for holders who gave no name.
    """
    run = db.FlowRun
    statement = (
        sa.select(run.worker_name, sa.func.count())
        .join(db.WorkQueue, db.WorkQueue.id == run.work_queue_id)
        .where(db.WorkQueue.work_pool_id == work_pool_id, run.lease_expires_at.is_not(None))
        .group_by(run.worker_name)
    )
    if worker_names is not None:
        statement = statement.where(run.worker_name.in_(worker_names))
    if work_queue_id is not None:
        statement = statement.where(run.work_queue_id == work_queue_id)
    return dict((await session.execute(statement)).all())


@db_injector
async def delete_silent_workers(
    db: DBInterface, session: AsyncSession, after_seconds: float, limit: int
) -> int:
    """Delete workers that are OFFLINE, were not heard of for so long and hold nothing; returns how many."""
    worker, run, queue = db.Worker, db.FlowRun, db.WorkQueue
    holds_something = (
        sa.select(sa.literal(1))
        .select_from(run)
        .join(queue, queue.id == run.work_queue_id)
        .where(
            queue.work_pool_id == worker.work_pool_id,
            run.worker_name == worker.name,
            run.lease_expires_at.is_not(None),
        )
        .exists()
    )
    silent = (
        sa.select(worker.id)
        .where(
            worker.status == WorkerStatus.OFFLINE,
            worker.last_heartbeat_time < seconds_before_now(sa.literal(after_seconds, sa.Double())),
            sa.not_(holds_something),
        )
        .limit(limit)
        .with_for_update(skip_locked=True)
    )
    deleted = await session.scalars(
        sa.delete(worker)
        .where(worker.id.in_(silent.scalar_subquery()))
        .returning(worker.id)
        .execution_options(synchronize_session=False)
    )
    return len(deleted.all())


@db_injector
async def release_from_worker(
    db: DBInterface, session: AsyncSession, work_pool_id: UUID, worker_name: str
) -> int:
    """End the leases that a worker's word stood for: who is off the list says nothing any more.

    What the worker claimed stays its own until the lease is over: until then its job may still
    be running, and ends itself at that time. Returns how many leases end.
    """
    run = db.FlowRun
    queues = sa.select(db.WorkQueue.id).where(db.WorkQueue.work_pool_id == work_pool_id)
    ended = await session.scalars(
        sa.update(run)
        .where(
            run.worker_name == worker_name,
            run.lease_expires_at > database_now(),
            run.lease_kind == LeaseKind.OBSERVED,
            run.last_sign_of_life.is_(None),
            run.work_queue_id.in_(queues),
        )
        .values(lease_expires_at=database_now())
        .returning(run.id)
        .execution_options(synchronize_session=False)
    )
    return len(ended.all())
