"""How much waits, runs and serves, by pool and queue: what the metrics show."""

from dataclasses import dataclass

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncSession

from penstock.schemas.statuses import WorkerStatus
from penstock.server.database import DBInterface, db_injector
from penstock.server.database.slots import occupied_in_pool
from penstock.server.models.overview.backlogs import due_by_queue

MOST_NAMED = 500
"""How many pools, and how many queues, are told apart; what else waits is added up."""


@dataclass(frozen=True, slots=True)
class Backlog:
    """The due runs of a queue, and for how many seconds the first of them has waited."""

    work_pool: str
    work_queue: str
    due_runs: int
    oldest_wait_seconds: float


@dataclass(frozen=True, slots=True)
class PoolUse:
    """The slots occupied in a pool, its limit if it has one, and its workers online."""

    work_pool: str
    occupied: int
    limit: int | None
    workers_online: int


@db_injector
async def read_backlogs(db: DBInterface, session: AsyncSession) -> list[Backlog]:
    """Read what is due in each queue, the longest backlogs first; the rest is one entry without names."""
    due = due_by_queue()
    rows = (
        await session.execute(
            sa.select(db.WorkPool.name, db.WorkQueue.name, due.c.runs, due.c.wait)
            .join(db.WorkQueue, db.WorkQueue.id == due.c.work_queue_id)
            .join(db.WorkPool, db.WorkPool.id == db.WorkQueue.work_pool_id)
            .order_by(due.c.runs.desc(), due.c.work_queue_id)
        )
    ).all()
    backlogs = [Backlog(pool, queue, runs, wait / 1_000_000) for pool, queue, runs, wait in rows]
    named, rest = backlogs[:MOST_NAMED], backlogs[MOST_NAMED:]
    if rest:
        longest = max(one.oldest_wait_seconds for one in rest)
        named.append(Backlog("", "", sum(one.due_runs for one in rest), longest))
    return named


@db_injector
async def read_pool_use(db: DBInterface, session: AsyncSession) -> list[PoolUse]:
    """Read the slots and the workers of the pools, by name, of the first ones where there are many."""
    pool, worker = db.WorkPool, db.Worker
    online = (
        sa.select(sa.func.count())
        .where(worker.work_pool_id == pool.id, worker.status == WorkerStatus.ONLINE)
        .correlate(pool)
        .scalar_subquery()
    )
    rows = await session.execute(
        sa.select(pool.name, occupied_in_pool(pool.id), pool.concurrency_limit, online)
        .order_by(pool.name)
        .limit(MOST_NAMED)
    )
    return [PoolUse(name, occupied, limit, workers) for name, occupied, limit, workers in rows]
