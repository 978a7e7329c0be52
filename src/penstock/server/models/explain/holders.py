"""Who holds the slots of a pool, of a queue, of a deployment's limit: the first of them, by age."""

from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncSession

from penstock.schemas.responses import SlotOwner
from penstock.server.database import DBInterface, db_injector
from penstock.server.database.orm_models import CONCURRENCY_LEASE_LIMIT
from penstock.server.database.states import holds_slot, retries_in_process
from penstock.server.models.workers.slot_holders import slot_acquired_at

MOST_OWNERS = 20
"""How many holders of one limit are named."""


@db_injector
async def read_owners_in_pool(db: DBInterface, session: AsyncSession, work_pool_id: UUID) -> list[SlotOwner]:
    """Read the first of those who occupy slots of the pool, as its limit counts them."""
    of_pool = sa.select(db.WorkQueue.id).where(db.WorkQueue.work_pool_id == work_pool_id)
    return await _read_owners(db, session, db.FlowRun.work_queue_id.in_(of_pool))


@db_injector
async def read_owners_in_queue(
    db: DBInterface, session: AsyncSession, work_queue_id: UUID
) -> list[SlotOwner]:
    """Read the first of those who occupy slots of the queue, as its limit counts them."""
    return await _read_owners(db, session, db.FlowRun.work_queue_id == work_queue_id)


async def _read_owners(
    db: DBInterface, session: AsyncSession, where: sa.ColumnElement[bool]
) -> list[SlotOwner]:
    run = db.FlowRun
    occupying = [
        sa.select(run.id).where(where, condition)
        for condition in (holds_slot(run.state_type), retries_in_process(run.state_type, run.retry_type))
    ]
    since = sa.func.coalesce(slot_acquired_at(db), run.state_timestamp).label("since")
    rows = await session.execute(
        sa.select(run.id.label("flow_run_id"), run.name, run.worker_name, since)
        .where(run.id.in_(sa.union_all(*occupying)))
        .order_by(run.state_timestamp, run.id)
        .limit(MOST_OWNERS)
    )
    return [SlotOwner.model_validate(row) for row in rows]


@db_injector
async def read_owners_of_limit(db: DBInterface, session: AsyncSession, limit_id: UUID) -> list[SlotOwner]:
    """Read the first of those who hold slots of a limit by leases, runs and others."""
    lease, held, run = db.ConcurrencyLease, CONCURRENCY_LEASE_LIMIT.c, db.FlowRun
    rows = await session.execute(
        sa.select(
            run.id.label("flow_run_id"),
            sa.func.coalesce(run.name, lease.holder_type).label("name"),
            run.worker_name,
            lease.created.label("since"),
        )
        .join(CONCURRENCY_LEASE_LIMIT, held.lease_id == lease.id)
        .outerjoin(run, run.id == lease.flow_run_id)
        .where(held.limit_id == limit_id, held.slots > 0)
        .order_by(lease.created, lease.id)
        .limit(MOST_OWNERS)
    )
    return [SlotOwner.model_validate(row) for row in rows]
