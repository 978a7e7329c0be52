"""Creating and reading work queues (workers.md 3.13, 3.15-3.18)."""

from collections.abc import Sequence
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncSession

from penstock import schemas
from penstock.core.errors import ObjectNotFoundError
from penstock.schemas.statuses import WorkQueueStatus
from penstock.server.database import DBInterface, db_injector, orm_models
from penstock.server.database.filters import work_queue_criteria
from penstock.server.events import outbox
from penstock.server.events.work_queue_events import work_queue_created
from penstock.server.models.workers import priorities
from penstock.server.models.workers.pauses import first_pause


@db_injector
async def create_work_queue(
    db: DBInterface,
    session: AsyncSession,
    work_pool_id: UUID,
    work_queue: schemas.actions.WorkQueueCreate,
) -> orm_models.WorkQueue:
    """Create a queue in a pool (3.13).

    Without a priority it gets the smallest one not in use; with one, the others make room.
    Records the *created* event.

    Raises:
        ObjectNotFoundError: there is no such pool.
        IntegrityError: the pool has a queue of that name.
    """
    pool = await priorities.lock_work_pool(session, work_pool_id)
    taken = await priorities.read_priorities(session, work_pool_id)
    row = db.WorkQueue(
        work_pool_id=work_pool_id,
        name=work_queue.name,
        description=work_queue.description or "",
        is_paused=work_queue.is_paused,
        concurrency_limit=work_queue.concurrency_limit,
        filter=work_queue.filter,
        priority=work_queue.priority or priorities.first_free(taken.values()),
        status=WorkQueueStatus.PAUSED if work_queue.is_paused else WorkQueueStatus.NOT_READY,
        **first_pause(session, work_queue.is_paused),
    )
    session.add(row)
    await session.flush()
    if work_queue.priority is not None:
        await priorities.bulk_update_work_queue_priorities(
            session=session,
            work_pool_id=work_pool_id,
            new_priorities={row.id: work_queue.priority},
        )
    outbox.record(session, work_queue_created(row, pool))
    await session.flush()
    return row


@db_injector
async def read_work_queue(
    db: DBInterface, session: AsyncSession, work_queue_id: UUID
) -> orm_models.WorkQueue | None:
    """Read a queue by id; None when there is none (3.17)."""
    return await session.get(db.WorkQueue, work_queue_id)


@db_injector
async def read_work_queue_by_name(
    db: DBInterface, session: AsyncSession, work_pool_name: str, work_queue_name: str
) -> orm_models.WorkQueue | None:
    """Read a queue by the exact names of its pool and itself; None when there is none (3.18)."""
    return await session.scalar(
        sa.select(db.WorkQueue)
        .join(db.WorkPool, db.WorkPool.id == db.WorkQueue.work_pool_id)
        .where(db.WorkPool.name == work_pool_name, db.WorkQueue.name == work_queue_name)
    )


@db_injector
async def read_work_queues(
    db: DBInterface,
    session: AsyncSession,
    work_pool_id: UUID,
    work_queue_filter: schemas.filters.WorkQueueFilter | None = None,
    offset: int | None = None,
    limit: int | None = None,
) -> Sequence[orm_models.WorkQueue]:
    """Read the queues of a pool, by priority; none for an unknown pool (3.15)."""
    statement = (
        sa.select(db.WorkQueue)
        .where(db.WorkQueue.work_pool_id == work_pool_id)
        .order_by(db.WorkQueue.priority, db.WorkQueue.id)
        .offset(offset)
        .limit(limit)
    )
    if work_queue_filter is not None:
        statement = statement.where(work_queue_criteria(work_queue_filter))
    return (await session.scalars(statement)).all()


@db_injector
async def count_work_queues(
    db: DBInterface,
    session: AsyncSession,
    work_pool_id: UUID,
    work_queue_filter: schemas.filters.WorkQueueFilter | None = None,
) -> int:
    """Count the queues of a pool; 0 for an unknown pool (3.16)."""
    statement = (
        sa.select(sa.func.count()).select_from(db.WorkQueue).where(db.WorkQueue.work_pool_id == work_pool_id)
    )
    if work_queue_filter is not None:
        statement = statement.where(work_queue_criteria(work_queue_filter))
    return await session.scalar(statement) or 0


@db_injector
async def resolve_work_queues(
    db: DBInterface,
    session: AsyncSession,
    work_pool_name: str,
    work_queue_names: Sequence[str] | None,
) -> tuple[orm_models.WorkPool, list[orm_models.WorkQueue]]:
    """Find a pool and some of its queues by name, in one statement.

    Returns:
        The pool, and the named queues in the order of the names, each once; no queues when
        no names are given, which stands for all of them.

    Raises:
        ObjectNotFoundError: the pool, or one of the queues, does not exist (4.1).
    """
    names = list(dict.fromkeys(work_queue_names or ()))
    named = sa.and_(db.WorkQueue.work_pool_id == db.WorkPool.id, db.WorkQueue.name.in_(names))
    rows: Sequence[sa.Row[orm_models.WorkPool, orm_models.WorkQueue | None]] = (
        await session.execute(
            sa.select(db.WorkPool, db.WorkQueue)
            .join(db.WorkQueue, named, isouter=True)
            .where(db.WorkPool.name == work_pool_name)
        )
    ).all()
    if not rows:
        raise ObjectNotFoundError("Work pool", work_pool_name)
    found = {queue.name: queue for _, queue in rows if queue is not None}
    for name in names:
        if name not in found:
            raise ObjectNotFoundError("Work pool queue", f"{work_pool_name}/{name}")
    return rows[0][0], [found[name] for name in names]
