"""Keeping the priorities of a pool's queues unique and positive (workers.md 3.14)."""

from collections.abc import Iterable, Mapping, Sequence
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncSession

from penstock.core.errors import ObjectNotFoundError
from penstock.server.database import DBInterface, db_injector, orm_models


def first_free(taken: Iterable[int]) -> int:
    """Return the smallest positive integer that is not taken."""
    in_use = set(taken)
    candidate = 1
    while candidate in in_use:
        candidate += 1
    return candidate


def rearranged(current: Sequence[tuple[UUID, int]], targets: Mapping[UUID, int]) -> dict[UUID, int]:
    """Return new priorities with the targets honoured and the fewest others moved.

    Targets are pinned. The other queues keep their order; each gets the smallest number that is
    not below its own, above the one before, and not pinned.

    Args:
        current: queue ids with their priorities, ascending.
        targets: wanted priorities; ids that are not in ``current`` are ignored.

    Raises:
        ValueError: two targets are equal, or one is not positive.
    """
    pinned = {queue: targets[queue] for queue, _ in current if queue in targets}
    if len(set(targets.values())) < len(targets):
        raise ValueError("Two work queues can't be given the same priority.")
    if any(target < 1 for target in pinned.values()):
        raise ValueError("A priority must be greater than 0.")
    reserved = set(pinned.values())
    arranged = dict(pinned)
    last = 0
    for queue, priority in current:
        if queue in pinned:
            continue
        last = max(priority, last + 1)
        while last in reserved:
            last += 1
        arranged[queue] = last
    return arranged


@db_injector
async def lock_work_pool(db: DBInterface, session: AsyncSession, work_pool_id: UUID) -> orm_models.WorkPool:
    """Lock a pool's row until the transaction ends, so that its queues are changed one by one.

    Raises:
        ObjectNotFoundError: there is no such pool.
    """
    pool = await session.scalar(
        sa.select(db.WorkPool)
        .where(db.WorkPool.id == work_pool_id)
        .with_for_update(key_share=True)
        .execution_options(populate_existing=True)
    )
    if pool is None:
        raise ObjectNotFoundError("Work pool", work_pool_id)
    return pool


@db_injector
async def lock_pool_and_queues(db: DBInterface, session: AsyncSession, work_pool_id: UUID) -> None:
    """Lock a pool's row, then its queues in the order of their ids, as everybody does who locks several.

    Raises:
        ObjectNotFoundError: there is no such pool.
    """
    await lock_work_pool(session, work_pool_id)
    await session.execute(
        sa.select(db.WorkQueue.id)
        .where(db.WorkQueue.work_pool_id == work_pool_id)
        .order_by(db.WorkQueue.id)
        .with_for_update(key_share=True)
    )


@db_injector
async def read_priorities(db: DBInterface, session: AsyncSession, work_pool_id: UUID) -> dict[UUID, int]:
    """Read the priorities of a pool's queues, ascending; equal ones by age."""
    rows = await session.execute(
        sa.select(db.WorkQueue.id, db.WorkQueue.priority)
        .where(db.WorkQueue.work_pool_id == work_pool_id)
        .order_by(db.WorkQueue.priority, db.WorkQueue.created, db.WorkQueue.id)
    )
    return dict(rows.all())


@db_injector
async def bulk_update_work_queue_priorities(
    db: DBInterface, session: AsyncSession, work_pool_id: UUID, new_priorities: dict[UUID, int]
) -> None:
    """Give queues new priorities; others move up only where they must (3.14).

    An empty mapping only repairs duplicates. The pool's row is locked, so concurrent calls
    take turns. Ids of no queue of the pool are ignored; no events.

    Raises:
        ValueError: two targets are equal, or one is not positive.
        ObjectNotFoundError: there is no such pool.
    """
    await lock_pool_and_queues(session, work_pool_id)
    current = await read_priorities(session, work_pool_id)
    arranged = rearranged(list(current.items()), new_priorities)
    moved = {queue: new for queue, new in arranged.items() if current[queue] != new}
    if not moved:
        return
    await session.execute(
        sa.update(db.WorkQueue)
        .where(db.WorkQueue.id.in_(moved))
        .values(priority=sa.case(moved, value=db.WorkQueue.id))
        .execution_options(synchronize_session=False)
    )
    for queue_id, priority in moved.items():
        loaded = session.identity_map.get(sa.orm.util.identity_key(db.WorkQueue, queue_id))
        if loaded is not None:
            sa.orm.attributes.set_committed_value(loaded, "priority", priority)
