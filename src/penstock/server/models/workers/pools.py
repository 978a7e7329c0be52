"""Creating, reading and deleting work pools (workers.md 3.1-3.5, 3.11)."""

from collections.abc import Sequence
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncSession

from penstock import schemas
from penstock.schemas.core.work_pools import AGENT_POOL_TYPE
from penstock.server.database import DBInterface, db_injector, orm_models
from penstock.server.database.filters import work_pool_criteria
from penstock.server.events import outbox
from penstock.server.events.work_pool_events import work_pool_deleted
from penstock.server.events.work_queue_events import work_queue_deleted
from penstock.server.models.workers import emit, leaving, queues, status
from penstock.server.models.workers.pauses import first_pause

DEFAULT_QUEUE_NAME = "default"
DEFAULT_QUEUE_DESCRIPTION = "The work pool's default queue."


@db_injector
async def create_work_pool(
    db: DBInterface,
    session: AsyncSession,
    work_pool: schemas.core.WorkPool | schemas.actions.WorkPoolCreate,
) -> orm_models.WorkPool:
    """Create a work pool together with its default queue (3.1).

    Records the events of the queue and then of the pool.

    Raises:
        IntegrityError: a pool of that name exists.
    """
    values = {name: getattr(work_pool, name) for name in type(work_pool).model_fields}
    columns = set(sa.inspect(db.WorkPool).columns.keys())
    values = {
        name: value
        for name, value in values.items()
        if name in columns and not (value is None and name in ("id", "created", "updated"))
    }
    values.pop("default_queue_id", None)
    if work_pool.type != AGENT_POOL_TYPE:
        values["status"] = status.work_pool_status(
            is_paused=bool(work_pool.is_paused), has_online_worker=False
        )
    row = db.WorkPool(**values, **first_pause(session, bool(work_pool.is_paused)))
    session.add(row)
    await session.flush()
    default_queue = await queues.create_work_queue(
        session=session,
        work_pool_id=row.id,
        work_queue=schemas.actions.WorkQueueCreate(
            name=DEFAULT_QUEUE_NAME, description=DEFAULT_QUEUE_DESCRIPTION
        ),
    )
    row.default_queue_id = default_queue.id
    await session.flush()
    await emit.emit_work_pool_created_event(session, row)
    await session.flush()
    return row


@db_injector
async def read_work_pool(
    db: DBInterface, session: AsyncSession, work_pool_id: UUID
) -> orm_models.WorkPool | None:
    """Read a work pool by id; None when there is none (3.2)."""
    return await session.scalar(
        sa.select(db.WorkPool).where(db.WorkPool.id == work_pool_id).execution_options(populate_existing=True)
    )


@db_injector
async def read_work_pool_by_name(
    db: DBInterface, session: AsyncSession, work_pool_name: str
) -> orm_models.WorkPool | None:
    """Read a work pool by its exact name; None when there is none (3.3)."""
    return await session.scalar(
        sa.select(db.WorkPool)
        .where(db.WorkPool.name == work_pool_name)
        .execution_options(populate_existing=True)
    )


@db_injector
async def read_work_pools(
    db: DBInterface,
    session: AsyncSession,
    work_pool_filter: schemas.filters.WorkPoolFilter | None = None,
    offset: int | None = None,
    limit: int | None = None,
) -> Sequence[orm_models.WorkPool]:
    """Read the work pools that match, by name; all of them without a limit (3.4)."""
    statement = sa.select(db.WorkPool).order_by(db.WorkPool.name).offset(offset).limit(limit)
    if work_pool_filter is not None:
        statement = statement.where(work_pool_criteria(work_pool_filter))
    return (await session.scalars(statement)).all()


@db_injector
async def count_work_pools(
    db: DBInterface,
    session: AsyncSession,
    work_pool_filter: schemas.filters.WorkPoolFilter | None = None,
) -> int:
    """Count the work pools that match (3.5)."""
    statement = sa.select(sa.func.count()).select_from(db.WorkPool)
    if work_pool_filter is not None:
        statement = statement.where(work_pool_criteria(work_pool_filter))
    return await session.scalar(statement) or 0


@db_injector
async def delete_work_pool(db: DBInterface, session: AsyncSession, work_pool_id: UUID) -> bool:
    """Delete a work pool with its queues and workers (3.11).

    Runs and deployments stay, without a queue. Records a *deleted* event for each queue, then
    for the pool, which says how many are left behind. Returns False when there is no such pool.
    """
    left_behind = await leaving.count_left_behind(session, work_pool_id)
    await leaving.take_runs_out(session, db.WorkQueue.work_pool_id == work_pool_id)
    pool = await session.scalar(
        sa.select(db.WorkPool).where(db.WorkPool.id == work_pool_id).with_for_update()
    )
    if pool is None:
        return False
    for queue in await queues.read_work_queues(session=session, work_pool_id=work_pool_id):
        outbox.record(session, work_queue_deleted(queue, pool))
        session.expunge(queue)
    outbox.record(session, work_pool_deleted(pool, left_behind))
    session.expunge(pool)
    await session.execute(sa.delete(db.WorkPool).where(db.WorkPool.id == work_pool_id))
    return True
