"""Who serves a pool: how many workers are online, and who was heard of last."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncSession

from penstock.schemas.statuses import WorkerStatus
from penstock.server.database import DBInterface, db_injector


@dataclass(frozen=True, slots=True)
class Workers:
    """The workers of a pool; ``draining`` are those online that are given no more runs."""

    known: int = 0
    online: int = 0
    draining: int = 0
    last_name: str | None = None
    last_heard_of: datetime | None = None


@db_injector
async def read_workers_of_pool(db: DBInterface, session: AsyncSession, work_pool_id: UUID) -> Workers:
    """Count the workers of a pool and read which of them was heard of last."""
    worker = db.Worker
    is_online = worker.status == WorkerStatus.ONLINE
    of_pool = worker.work_pool_id == work_pool_id
    counts = (
        await session.execute(
            sa.select(
                sa.func.count().label("known"),
                sa.func.count(sa.case((is_online, 1))).label("online"),
                sa.func.count(sa.case((sa.and_(is_online, worker.draining_since.is_not(None)), 1))).label(
                    "draining"
                ),
            ).where(of_pool)
        )
    ).one()
    last = (
        await session.execute(
            sa.select(worker.name, worker.last_heartbeat_time)
            .where(of_pool)
            .order_by(worker.last_heartbeat_time.desc())
            .limit(1)
        )
    ).one_or_none()
    if last is None:
        return Workers()
    return Workers(counts.known, counts.online, counts.draining, last.name, last.last_heartbeat_time)
