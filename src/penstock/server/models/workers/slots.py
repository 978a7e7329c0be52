"""How many slots are in use: runs PENDING or RUNNING, counted by queue id (workers.md 1.5).

Pauses do not matter: a run of a paused queue still holds its slot. A single count is the
bulk count of one.
"""

from collections.abc import Sequence
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncSession

from penstock.core.states import SLOT_STATES
from penstock.server.database import DBInterface, db_injector
from penstock.server.database.expressions import is_among
from penstock.server.database.json import dump_ids
from penstock.server.database.orm_models import FlowRun, WorkPool, WorkQueue
from penstock.server.database.states import holds_slot, holds_slot_as

_PENDING, _RUNNING = (
    sa.select(sa.func.count())
    .select_from(FlowRun)
    .where(FlowRun.work_queue_id == WorkQueue.id, holds_slot_as(FlowRun.state_type, state))
    .correlate(WorkQueue)
    .scalar_subquery()
    for state in sorted(SLOT_STATES)
)
ACTIVE_SLOTS_OF_POOL: sa.ColumnElement[int] = sa.cast(
    sa.select(sa.func.coalesce(sa.func.sum(_PENDING + _RUNNING), 0))
    .where(WorkQueue.work_pool_id == WorkPool.id)
    .correlate(WorkPool)
    .scalar_subquery(),
    sa.Integer(),
)
"""The slots in use of a pool, in a statement over pools."""

_OF_POOLS = sa.select(WorkPool.id, ACTIVE_SLOTS_OF_POOL).where(
    is_among(WorkPool.id, sa.bindparam("work_pool_ids", type_=sa.Text()))
)


@db_injector
async def count_work_pool_active_slots_bulk(
    db: DBInterface, session: AsyncSession, work_pool_ids: Sequence[UUID]
) -> dict[UUID, int]:
    """Count the slots in use of several pools; idle and unknown pools are absent (3.7)."""
    if not work_pool_ids:
        return {}
    statements = db.statements_of(session)
    rows = await statements.rows(_OF_POOLS, {"work_pool_ids": dump_ids(work_pool_ids)})
    return {pool_id: count for pool_id, count in rows if count}


@db_injector
async def count_work_pool_active_slots(db: DBInterface, session: AsyncSession, work_pool_id: UUID) -> int:
    """Count the slots in use of one pool; 0 for an unknown one (3.6)."""
    counts = await count_work_pool_active_slots_bulk(session, [work_pool_id])
    return counts.get(work_pool_id, 0)


@db_injector
async def count_work_queue_active_slots_bulk(
    db: DBInterface, session: AsyncSession, work_queue_ids: Sequence[UUID]
) -> dict[UUID, int]:
    """Count the slots in use of several queues; idle and unknown queues are absent (3.9)."""
    if not work_queue_ids:
        return {}
    queue_id = db.FlowRun.work_queue_id
    rows = await session.execute(
        sa.select(queue_id, sa.func.count())
        .where(queue_id.in_(work_queue_ids), holds_slot(db.FlowRun.state_type))
        .group_by(queue_id)
    )
    return {work_queue_id: count for work_queue_id, count in rows if work_queue_id is not None}


@db_injector
async def count_work_queue_active_slots(db: DBInterface, session: AsyncSession, work_queue_id: UUID) -> int:
    """Count the slots in use of one queue; 0 for an unknown one (3.8)."""
    counts = await count_work_queue_active_slots_bulk(session, [work_queue_id])
    return counts.get(work_queue_id, 0)
