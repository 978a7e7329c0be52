"""Queues outside a named pool: they live in the default agent pool (workers.md 3.31)."""

from collections.abc import Sequence
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncSession

from penstock import schemas
from penstock.schemas.core.work_pools import AGENT_POOL_TYPE
from penstock.server.database import DBInterface, db_injector, orm_models
from penstock.server.database.filters import work_queue_criteria
from penstock.server.models import workers
from penstock.server.models.workers.pools import DEFAULT_QUEUE_NAME
from penstock.server.models.workers.queue_updates import QueueStatusCallback

DEFAULT_AGENT_POOL_NAME = "default-agent-pool"


async def _agent_pool(session: AsyncSession) -> tuple[orm_models.WorkPool, bool]:
    """Return the default agent pool and whether it was created just now."""
    pool = await workers.read_work_pool_by_name(session=session, work_pool_name=DEFAULT_AGENT_POOL_NAME)
    if pool is not None:
        return pool, False
    created = await workers.create_work_pool(
        session=session,
        work_pool=schemas.actions.WorkPoolCreate(name=DEFAULT_AGENT_POOL_NAME, type=AGENT_POOL_TYPE),
    )
    return created, True


@db_injector
async def create_work_queue(
    db: DBInterface, session: AsyncSession, work_queue: schemas.actions.WorkQueueCreate
) -> orm_models.WorkQueue:
    """Create a queue in the default agent pool, which is created when it is missing.

    The very first queue, when it is to be named ``default``, is the new pool's default queue.

    Raises:
        IntegrityError: the pool has a queue of that name.
    """
    pool, is_new = await _agent_pool(session)
    if is_new and work_queue.name == DEFAULT_QUEUE_NAME:
        assert pool.default_queue_id is not None
        default = await session.get(db.WorkQueue, pool.default_queue_id)
        assert default is not None
        return default
    return await workers.create_work_queue(session=session, work_pool_id=pool.id, work_queue=work_queue)


@db_injector
async def read_work_queue(
    db: DBInterface, session: AsyncSession, work_queue_id: UUID
) -> orm_models.WorkQueue | None:
    """Read a queue by id; None when there is none."""
    return await workers.read_work_queue(session=session, work_queue_id=work_queue_id)


@db_injector
async def read_work_queue_by_name(
    db: DBInterface, session: AsyncSession, name: str
) -> orm_models.WorkQueue | None:
    """Read a queue by name: in the default agent pool when there is one, else in any pool."""
    queue = await workers.read_work_queue_by_name(
        session=session, work_pool_name=DEFAULT_AGENT_POOL_NAME, work_queue_name=name
    )
    if queue is not None:
        return queue
    has_agent_pool = sa.exists().where(db.WorkPool.name == DEFAULT_AGENT_POOL_NAME)
    return await session.scalar(
        sa.select(db.WorkQueue)
        .where(db.WorkQueue.name == name, ~has_agent_pool)
        .order_by(db.WorkQueue.created, db.WorkQueue.id)
        .limit(1)
    )


@db_injector
async def read_work_queues(
    db: DBInterface,
    session: AsyncSession,
    offset: int | None = None,
    limit: int | None = None,
    work_queue_filter: schemas.filters.WorkQueueFilter | None = None,
) -> Sequence[orm_models.WorkQueue]:
    """Read the queues of all pools that match, by name."""
    statement = (
        sa.select(db.WorkQueue).order_by(db.WorkQueue.name, db.WorkQueue.id).offset(offset).limit(limit)
    )
    if work_queue_filter is not None:
        statement = statement.where(work_queue_criteria(work_queue_filter))
    return (await session.scalars(statement)).all()


@db_injector
async def update_work_queue(
    db: DBInterface,
    session: AsyncSession,
    work_queue_id: UUID,
    work_queue: schemas.actions.WorkQueueUpdate,
    emit_status_change: QueueStatusCallback | None = None,
) -> bool:
    """Apply the fields that are set; priorities stay unique here too (8.13). See ``workers``."""
    return await workers.update_work_queue(
        session=session,
        work_queue_id=work_queue_id,
        work_queue=work_queue,
        emit_status_change=emit_status_change,
    )


@db_injector
async def delete_work_queue(db: DBInterface, session: AsyncSession, work_queue_id: UUID) -> bool:
    """Delete a queue. See ``workers.delete_work_queue``."""
    return await workers.delete_work_queue(session=session, work_queue_id=work_queue_id)


@db_injector
async def ensure_work_queue_exists(db: DBInterface, session: AsyncSession, name: str) -> orm_models.WorkQueue:
    """Return the queue of that name, creating it first in the default agent pool if it is missing.

    A new one goes first there (priority 1); ``default`` is the pool's default queue.
    """
    queue = await read_work_queue_by_name(session=session, name=name)
    if queue is not None:
        return queue
    pool, _ = await _agent_pool(session)
    if name == DEFAULT_QUEUE_NAME:
        assert pool.default_queue_id is not None
        default = await session.get(db.WorkQueue, pool.default_queue_id)
        if default is not None:
            return default
    return await workers.create_work_queue(
        session=session,
        work_pool_id=pool.id,
        work_queue=schemas.actions.WorkQueueCreate(name=name, priority=1),
    )
