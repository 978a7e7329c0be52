"""The gate: limits are locked and counted in the transaction that takes the slot (ADR 0005).

Whoever lets a run into a slot holds the row locks of the limited pool and queue until it
commits, always the pool's before the queue's. So of two racing transactions the second counts
the first one's run. A pool or queue without a limit is not locked; a limit that is set where
none was waits for the transitions under way (``Dialect.wait_for_transitions``).
"""

from collections.abc import Sequence
from dataclasses import replace
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncSession

from penstock.server.database.orm_models import FlowRun, WorkPool, WorkQueue
from penstock.server.database.slots import occupied_in_pool, occupied_in_queue
from penstock.server.database.states import holds_slot
from penstock.server.orchestration.transition import Limits, Transition

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
_LOCK_QUEUE = (
    sa.select(WorkQueue.id)
    .where(WorkQueue.id == sa.bindparam("work_queue_id", type_=sa.Uuid()))
    .with_for_update(key_share=True)
)
_LOCK_SOME_QUEUES = _LOCK_QUEUES.where(WorkQueue.id.in_(sa.bindparam("work_queue_ids", expanding=True)))
_LOCK_BOTH = (
    sa.select(WorkPool.id)
    .join(WorkQueue, WorkQueue.work_pool_id == WorkPool.id)
    .where(WorkQueue.id == sa.bindparam("work_queue_id", type_=sa.Uuid()))
    .with_for_update(of=(WorkPool, WorkQueue), key_share=True)
)
"""A queue and its pool; rows are locked in the order in which they are named, the pool's first."""

_HAS_SLOT = holds_slot(FlowRun.state_type)
_POOL_USE = occupied_in_pool(WorkPool.id)
_QUEUE_USE = occupied_in_queue(WorkQueue.id)
_POOL_IS_LIMITED = WorkPool.concurrency_limit.is_not(None)
_QUEUE_IS_LIMITED = WorkQueue.concurrency_limit.is_not(None)

USE_COLUMNS: tuple[sa.ColumnElement[int], ...] = (
    sa.case((_HAS_SLOT, 0), (_POOL_IS_LIMITED, _POOL_USE), else_=0).label("work_pool_use"),
    sa.case((_HAS_SLOT, 0), (_QUEUE_IS_LIMITED, _QUEUE_USE), else_=0).label("work_queue_use"),
)
"""What is in use of the limits over a run that has no slot, for where nobody else writes meanwhile."""

_USE = (
    sa.select(
        WorkPool.concurrency_limit,
        sa.case((_POOL_IS_LIMITED, _POOL_USE), else_=0),
        WorkQueue.concurrency_limit,
        sa.case((_QUEUE_IS_LIMITED, _QUEUE_USE), else_=0),
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

    None when the run may take its slot; the locks then keep the slot for it. Where nobody else
    writes meanwhile, the use was read with the run, and there is nothing to lock.
    """
    limits, context = transition.limits, transition.context
    if limits.work_pool_limit is None and limits.work_queue_limit is None:
        return None
    if limits.work_pool_use is None:
        found = await _lock_and_count(transition)
        if found is None:
            return None
        limits = found
    if _is_full(limits.work_pool_limit, limits.work_pool_use):
        what = f"work pool '{context.work_pool_name}'"
        return f"All {limits.work_pool_limit} slots of {what} are in use ({limits.work_pool_use})."
    if _is_full(limits.work_queue_limit, limits.work_queue_use):
        what = f"work queue '{context.work_queue_name}'"
        return f"All {limits.work_queue_limit} slots of {what} are in use ({limits.work_queue_use})."
    return None


def _is_full(limit: int | None, use: int | None) -> bool:
    return limit is not None and use is not None and use >= limit


async def _lock_and_count(transition: Transition) -> Limits | None:
    """Lock what has a limit, and count in a statement of its own, which sees what the locks waited for."""
    session, limits, context = transition.session, transition.limits, transition.context
    found = {"work_pool_id": context.work_pool_id, "work_queue_id": context.work_queue_id}
    if limits.work_queue_limit is None:
        await session.execute(_LOCK_POOL, found)
    elif limits.work_pool_limit is None:
        await session.execute(_LOCK_QUEUE, found)
    else:
        await session.execute(_LOCK_BOTH, found)
    row = (await session.execute(_USE, found)).one_or_none()
    if row is None:
        return None
    pool_limit, pool_use, queue_limit, queue_use = row
    return replace(
        limits,
        work_pool_limit=pool_limit,
        work_pool_use=pool_use,
        work_queue_limit=queue_limit,
        work_queue_use=queue_use,
    )
