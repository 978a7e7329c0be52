"""Hearing from workers (workers.md 3.22, 3.31)."""

from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncSession

from penstock.core.clock import utc_now
from penstock.core.ids import uuid7
from penstock.schemas.statuses import WorkPoolStatus
from penstock.server.database import DBInterface, db_injector, orm_models
from penstock.server.database.expressions import database_now
from penstock.server.models.workers import registry
from penstock.server.models.workers.pool_updates import (
    PoolStatusCallback,
    announce_status,
    snapshot,
)


@db_injector
async def worker_heartbeat(
    db: DBInterface,
    session: AsyncSession,
    work_pool_id: UUID,
    worker_name: str,
    heartbeat_interval_seconds: int | None = None,
) -> bool:
    """Record that a worker is alive now, by the database's clock; one statement (3.22).

    Args:
        heartbeat_interval_seconds: how often it will report; kept as it was when left out.

    Returns:
        True.
    """
    update: dict[str, Any] = {"last_heartbeat_time": database_now()}
    if heartbeat_interval_seconds is not None:
        update["heartbeat_interval_seconds"] = heartbeat_interval_seconds
    now = utc_now()
    values = {
        "id": uuid7(),
        "created": now,
        "updated": now,
        "work_pool_id": work_pool_id,
        "name": worker_name,
        "heartbeat_interval_seconds": heartbeat_interval_seconds,
        "last_heartbeat_time": database_now(),
    }
    await session.execute(
        db.dialect.insert_or_update(db.Worker, values, key=("work_pool_id", "name"), update=update)
    )
    return True


@db_injector
async def record_worker_heartbeat(
    db: DBInterface,
    session: AsyncSession,
    work_pool: orm_models.WorkPool,
    worker_name: str,
    heartbeat_interval_seconds: int | None = None,
    emit_status_change: PoolStatusCallback | None = None,
    return_worker: bool = False,
) -> orm_models.Worker | None:
    """Record a heartbeat and make a pool that is NOT_READY ready (3.31).

    A pool that is paused meanwhile stays paused: its status changes only while it still is
    NOT_READY (8.15).

    Returns:
        The worker when ``return_worker`` is true, else None.
    """
    await worker_heartbeat(
        session=session,
        work_pool_id=work_pool.id,
        worker_name=worker_name,
        heartbeat_interval_seconds=heartbeat_interval_seconds,
    )
    if work_pool.status == WorkPoolStatus.NOT_READY:
        await _make_ready(db, session, work_pool, emit_status_change)
    if not return_worker:
        return None
    return await registry.read_worker_by_name(
        session=session, work_pool_id=work_pool.id, worker_name=worker_name
    )


async def _make_ready(
    db: DBInterface,
    session: AsyncSession,
    work_pool: orm_models.WorkPool,
    emit_status_change: PoolStatusCallback | None,
) -> None:
    before = snapshot(work_pool)
    became_ready = await session.scalar(
        sa.update(db.WorkPool)
        .where(
            db.WorkPool.id == work_pool.id,
            db.WorkPool.status == WorkPoolStatus.NOT_READY,
            db.WorkPool.is_paused.is_(False),
        )
        .values(
            status=WorkPoolStatus.READY,
            last_status_event_id=uuid7(),
            last_transitioned_status_at=utc_now(),
        )
        .returning(db.WorkPool)
        .execution_options(populate_existing=True)
    )
    if became_ready is not None:
        await announce_status(before, became_ready, emit_status_change)
        await session.flush()
