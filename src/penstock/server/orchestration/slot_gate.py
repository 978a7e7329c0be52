"""The gate: limits are locked and counted in the transaction that takes the slot (ADR 0005).

Whoever lets a run into a slot holds the row locks of the limited pool and queue until it
commits, always the pool's before the queue's. So of two racing transactions the second counts
the first one's run. A pool or queue without a limit is not locked; a limit that is set where
none was waits for the transitions under way (``Dialect.wait_for_transitions``).
"""

from collections.abc import Sequence
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncSession

from penstock.server.database.orm_models import WorkPool, WorkQueue
from penstock.server.database.slots import occupied_in_pool, occupied_in_queue
from penstock.server.orchestration.transition import Transition

_LOCK_POOL = (
    sa.select(WorkPool.id)
    .where(
        WorkPool.id == sa.bindparam("work_pool_id", type_=sa.Uuid()),
        WorkPool.concurrency_limit.is_not(None),
    )
    .with_for_update(key_share=True)
)
_LOCK_QUEUES = (
    sa.select(WorkQueue.id)
    .where(
        WorkQueue.work_pool_id == sa.bindparam("work_pool_id", type_=sa.Uuid()),
        WorkQueue.concurrency_limit.is_not(None),
    )
    .order_by(WorkQueue.id)
    .with_for_update(key_share=True)
)
_LOCK_SOME_QUEUES = _LOCK_QUEUES.where(WorkQueue.id.in_(sa.bindparam("work_queue_ids", expanding=True)))
_USE = (
    sa.select(
        WorkPool.concurrency_limit,
        sa.case((WorkPool.concurrency_limit.is_not(None), occupied_in_pool(WorkPool.id)), else_=0),
        WorkQueue.concurrency_limit,
        sa.case((WorkQueue.concurrency_limit.is_not(None), occupied_in_queue(WorkQueue.id)), else_=0),
    )
    .join(WorkPool, WorkPool.id == WorkQueue.work_pool_id)
    .where(WorkQueue.id == sa.bindparam("work_queue_id", type_=sa.Uuid()))
)


async def lock_limits(
    session: AsyncSession, work_pool_id: UUID, work_queue_ids: Sequence[UUID] | None
) -> frozenset[UUID]:
    """Lock a pool and its queues, as far as they have limits, until the transaction ends.

    Args:
        work_queue_ids: only these queues; None or empty for all of the pool.

    Returns:
        The ids of the pool and the queues that are locked.
    """
    pool = {"work_pool_id": work_pool_id}
    locked = set(await session.scalars(_LOCK_POOL, pool))
    if not work_queue_ids:
        locked.update(await session.scalars(_LOCK_QUEUES, pool))
    else:
        chosen = pool | {"work_queue_ids": list(work_queue_ids)}
        locked.update(await session.scalars(_LOCK_SOME_QUEUES, chosen))
    return frozenset(locked)


async def full_limit(transition: Transition) -> str | None:
    """Lock what limits the run and return which limit has no slot left, as a sentence.

    None when the run may take its slot; the locks then keep the slot for it.
    """
    limits, context = transition.limits, transition.context
    if limits.work_pool_limit is None and limits.work_queue_limit is None:
        return None
    assert context.work_pool_id is not None
    assert context.work_queue_id is not None
    await lock_limits(transition.session, context.work_pool_id, [context.work_queue_id])
    in_use = await _read_use(transition.session, context.work_queue_id)
    if in_use is None:
        return None
    pool_limit, pool_use, queue_limit, queue_use = in_use
    if pool_limit is not None and pool_use >= pool_limit:
        return f"All {pool_limit} slots of work pool '{context.work_pool_name}' are in use ({pool_use})."
    if queue_limit is not None and queue_use >= queue_limit:
        return f"All {queue_limit} slots of work queue '{context.work_queue_name}' are in use ({queue_use})."
    return None


async def _read_use(
    session: AsyncSession, work_queue_id: UUID
) -> tuple[int | None, int, int | None, int] | None:
    """Read limits and use, in a statement after the locks, which sees what they waited for."""
    rows = await session.execute(_USE, {"work_queue_id": work_queue_id})
    row = rows.one_or_none()
    return None if row is None else (row[0], row[1], row[2], row[3])
