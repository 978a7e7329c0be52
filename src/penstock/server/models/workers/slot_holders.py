"""Which runs hold the slots, and since when (workers.md 3.24-3.28)."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, NamedTuple
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncSession

from penstock.core.states import StateType
from penstock.server.database import DBInterface, db_injector, orm_models
from penstock.server.database.orm_models import FlowRun, WorkPool, WorkQueue
from penstock.server.database.plain import Statements
from penstock.server.database.states import holds_queue_slot, holds_slot
from penstock.server.models.workers import slots

SlotHolder = tuple[orm_models.FlowRun, datetime | None]

_POOL_SLOTS = sa.select(WorkPool.id, WorkPool.concurrency_limit).where(
    WorkPool.name == sa.bindparam("work_pool_name", type_=sa.Text())
)
_HOLDERS_BY_QUEUE = (
    sa.select(WorkQueue.id, sa.func.count())
    .join(FlowRun, FlowRun.work_queue_id == WorkQueue.id)
    .where(
        WorkQueue.work_pool_id == sa.bindparam("work_pool_id", type_=sa.Uuid()),
        holds_slot(FlowRun.state_type),
    )
    .group_by(WorkQueue.id)
)


class ShownHolder(NamedTuple):
    """What is shown of a run that holds a slot, where not the whole run is read."""

    id: UUID
    name: str
    state_type: StateType | None
    state_name: str | None
    start_time: datetime | None
    state_timestamp: datetime | None
    work_queue_id: UUID


class PoolSlots(NamedTuple):
    """A pool as far as its slots are concerned."""

    id: UUID
    concurrency_limit: int | None


async def read_pool_slots(statements: Statements, work_pool_name: str) -> PoolSlots | None:
    """Read the limit of the pool of this name; None when there is no such pool."""
    rows = await statements.rows(_POOL_SLOTS, {"work_pool_name": work_pool_name})
    return PoolSlots(*rows[0]) if rows else None


def slot_acquired_at(db: DBInterface) -> sa.ScalarSelect[datetime]:
    """Return when a run's current stretch of slot-holding began, as a scalar subquery.

    It is the first PENDING, RUNNING or CANCELLING state since the last other one (3.25).
    """
    left, held = sa.orm.aliased(db.FlowRunState), sa.orm.aliased(db.FlowRunState)
    last_left = (
        sa.select(sa.func.max(left.timestamp))
        .where(left.flow_run_id == db.FlowRun.id, sa.not_(holds_queue_slot(left.type)))
        .correlate(db.FlowRun)
        .scalar_subquery()
    )
    return (
        sa.select(sa.func.min(held.timestamp))
        .where(
            held.flow_run_id == db.FlowRun.id,
            holds_queue_slot(held.type),
            sa.or_(last_left.is_(None), held.timestamp >= last_left),
        )
        .correlate(db.FlowRun)
        .scalar_subquery()
    )


@db_injector
async def count_work_pool_slot_holders(db: DBInterface, session: AsyncSession, work_pool_id: UUID) -> int:
    """Count the runs that hold slots of the pool; the same as its active slots (3.24)."""
    return await slots.count_work_pool_active_slots(session, work_pool_id)


@db_injector
async def count_work_pool_slot_holders_by_queue(
    db: DBInterface, session: AsyncSession, work_pool_id: UUID
) -> dict[UUID, int]:
    """Count the runs that hold slots of the pool, by queue; idle queues are absent (3.26)."""
    rows = await session.execute(_HOLDERS_BY_QUEUE, {"work_pool_id": work_pool_id})
    return dict(rows.all())


@db_injector
async def get_work_pool_slot_holders(
    db: DBInterface,
    session: AsyncSession,
    work_pool_id: UUID,
    work_queue_ids: list[UUID] | None = None,
    flow_run_limit: int | None = None,
) -> Sequence[SlotHolder]:
    """Read the runs that hold slots of the pool, by run id, each with when it got its slot.

    Args:
        work_queue_ids: only runs of these queues; an empty list gives no rows.
        flow_run_limit: at most so many runs a queue; only with ``work_queue_ids`` (3.25).
    """
    rows = await session.execute(
        _holders_of_pool((FlowRun, slot_acquired_at(db)), work_pool_id, work_queue_ids, flow_run_limit)
    )
    return [(flow_run, acquired) for flow_run, acquired in rows]


@db_injector
async def read_shown_slot_holders(
    db: DBInterface,
    session: AsyncSession,
    work_pool_id: UUID,
    work_queue_ids: list[UUID],
    flow_run_limit: int,
) -> Sequence[ShownHolder]:
    """Read what ``get_work_pool_slot_holders`` finds, as far as a page shows it."""
    asked = {"work_pool_id": work_pool_id, "work_queue_ids": work_queue_ids, "most": flow_run_limit}
    return [ShownHolder(*row) for row in await session.execute(_SHOWN_HOLDERS, asked)]


def _holders_of_pool(
    columns: Sequence[Any], work_pool_id: Any, work_queue_ids: Any = None, most_of_each: Any = None
) -> sa.Select[Any]:
    """Return the statement that reads these columns of the runs that hold slots of a pool."""
    of_each = sa.func.row_number().over(partition_by=FlowRun.work_queue_id, order_by=FlowRun.id)
    holders = (
        sa.select(FlowRun.id, of_each.label("rank"))
        .join(WorkQueue, WorkQueue.id == FlowRun.work_queue_id)
        .where(WorkQueue.work_pool_id == work_pool_id, holds_slot(FlowRun.state_type))
    )
    if work_queue_ids is not None:
        holders = holders.where(FlowRun.work_queue_id.in_(work_queue_ids))
    holder = holders.subquery("holder")
    statement = sa.select(*columns).join(holder, holder.c.id == FlowRun.id)
    if work_queue_ids is not None and most_of_each is not None:
        statement = statement.where(holder.c.rank <= most_of_each)
    return statement.order_by(FlowRun.id)


_SHOWN_HOLDERS = _holders_of_pool(
    [getattr(FlowRun, name) for name in ShownHolder._fields],
    sa.bindparam("work_pool_id", type_=sa.Uuid()),
    sa.bindparam("work_queue_ids", expanding=True, type_=sa.Uuid()),
    sa.bindparam("most", type_=sa.Integer()),
)


def _holders_of_queue(db: DBInterface, work_queue_id: UUID) -> sa.ColumnElement[bool]:
    """By id, or by name where a run carries no id (workers.md 1.5, older routes).

    Each way is a search of its own: with OR between them SQLite reads all runs.
    """
    run, queue = db.FlowRun, db.WorkQueue
    name = sa.select(queue.name).where(queue.id == work_queue_id).scalar_subquery()
    ways = (
        run.work_queue_id == work_queue_id,
        sa.and_(run.work_queue_id.is_(None), run.work_queue_name == name),
    )
    return run.id.in_(
        sa.union_all(*(sa.select(run.id).where(way, holds_queue_slot(run.state_type)) for way in ways))
    )


@db_injector
async def count_work_queue_slot_holders(db: DBInterface, session: AsyncSession, work_queue_id: UUID) -> int:
    """Count the runs PENDING, RUNNING or CANCELLING in the queue; 0 for an unknown one (3.27)."""
    statement = sa.select(sa.func.count()).select_from(db.FlowRun)
    return await session.scalar(statement.where(_holders_of_queue(db, work_queue_id))) or 0


@db_injector
async def get_work_queue_slot_holders(
    db: DBInterface,
    session: AsyncSession,
    work_queue_id: UUID,
    offset: int | None = None,
    limit: int | None = None,
) -> Sequence[SlotHolder]:
    """Read the runs PENDING, RUNNING or CANCELLING in the queue, by run id, paged (3.28)."""
    statement = (
        sa.select(db.FlowRun, slot_acquired_at(db))
        .where(_holders_of_queue(db, work_queue_id))
        .order_by(db.FlowRun.id)
        .offset(offset)
        .limit(limit)
    )
    rows = await session.execute(statement)
    return [(flow_run, acquired) for flow_run, acquired in rows]
