"""Hearing from workers (workers.md 3.22, 3.31)."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncSession

from penstock.core.clock import utc_now
from penstock.core.ids import uuid7
from penstock.schemas.statuses import WorkPoolStatus
from penstock.server.database import DBInterface, db_injector, orm_models
from penstock.server.database.expressions import database_now, is_among
from penstock.server.database.json import dump_json
from penstock.server.models.workers import registry
from penstock.server.models.workers.pool_updates import (
    PoolStatusCallback,
    announce_status,
    snapshot,
)

MOST_AT_ONCE = 500
"""Rows that one statement updates."""


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


@db_injector
async def record_known_heartbeats(
    db: DBInterface,
    session: AsyncSession,
    worker_ids: Sequence[UUID],
    emit_status_change: PoolStatusCallback | None = None,
) -> set[UUID]:
    """Record that known workers are alive now, and make their pools ready where they are NOT_READY.

    Args:
        worker_ids: in ascending order, so that two servers lock the rows in the same order.

    Returns:
        The workers that are still there.
    """
    there: set[UUID] = set()
    pools: set[UUID] = set()
    for first in range(0, len(worker_ids), MOST_AT_ONCE):
        ids = dump_json([one.hex for one in worker_ids[first : first + MOST_AT_ONCE]])
        rows = await session.execute(
            sa.update(db.Worker)
            .where(is_among(db.Worker.id, sa.literal(ids, sa.Text())))
            .values(last_heartbeat_time=database_now())
            .returning(db.Worker.id, db.Worker.work_pool_id)
            .execution_options(synchronize_session=False)
        )
        for worker_id, work_pool_id in rows:
            there.add(worker_id)
            pools.add(work_pool_id)
    silent = await session.scalars(
        sa.select(db.WorkPool)
        .where(db.WorkPool.id.in_(pools), db.WorkPool.status == WorkPoolStatus.NOT_READY)
        .order_by(db.WorkPool.id)
    )
    for work_pool in silent.all():
        await _make_ready(db, session, work_pool, emit_status_change)
    return there


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
