"""Whether pools, queues and workers are ready: pure rules, and the reads that feed them (workers.md 4.6)."""

from datetime import datetime, timedelta
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncSession

from penstock.core.clock import utc_now
from penstock.schemas.statuses import WorkerStatus, WorkPoolStatus, WorkQueueStatus
from penstock.server.database import DBInterface, db_injector

POLL_IS_RECENT = timedelta(seconds=60)


def is_last_polled_recent(last_polled: datetime | None) -> bool:
    """Return whether a poll happened at most 60 seconds ago."""
    return last_polled is not None and utc_now() - last_polled <= POLL_IS_RECENT


def work_pool_status(*, is_paused: bool, has_online_worker: bool) -> WorkPoolStatus:
    """Return the status that follows from the facts."""
    if is_paused:
        return WorkPoolStatus.PAUSED
    return WorkPoolStatus.READY if has_online_worker else WorkPoolStatus.NOT_READY


def work_queue_status(
    *, is_paused: bool, last_polled: datetime | None, otherwise: WorkQueueStatus
) -> WorkQueueStatus:
    """Return the status that follows from the facts; ``otherwise`` when no poll is recent."""
    if is_paused:
        return WorkQueueStatus.PAUSED
    return WorkQueueStatus.READY if is_last_polled_recent(last_polled) else otherwise


@db_injector
async def has_online_worker(db: DBInterface, session: AsyncSession, work_pool_id: UUID) -> bool:
    """Return whether any worker of the pool is online by the database's clock."""
    worker = sa.exists().where(
        db.Worker.work_pool_id == work_pool_id, db.Worker.status == WorkerStatus.ONLINE
    )
    return bool(await session.scalar(sa.select(worker)))
