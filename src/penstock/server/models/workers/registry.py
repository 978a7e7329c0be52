"""Reading and deleting workers (workers.md 3.21, 3.23, 3.31)."""

from collections.abc import Sequence
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncSession

from penstock import schemas
from penstock.schemas.statuses import WorkerStatus
from penstock.server.database import DBInterface, db_injector, orm_models
from penstock.server.database.filters import worker_criteria
from penstock.server.models.workers import draining


@db_injector
async def read_workers(
    db: DBInterface,
    session: AsyncSession,
    work_pool_id: UUID,
    worker_filter: schemas.filters.WorkerFilter | None = None,
    limit: int | None = None,
    offset: int | None = None,
) -> Sequence[orm_models.Worker]:
    """Read the workers of a pool, the last heard first (3.21)."""
    statement = (
        sa.select(db.Worker)
        .where(db.Worker.work_pool_id == work_pool_id)
        .order_by(db.Worker.last_heartbeat_time.desc(), db.Worker.id)
        .offset(offset)
        .limit(limit)
        .execution_options(populate_existing=True)
    )
    if worker_filter is not None:
        statement = statement.where(worker_criteria(worker_filter))
    return (await session.scalars(statement)).all()


@db_injector
async def read_worker_by_name(
    db: DBInterface, session: AsyncSession, work_pool_id: UUID, worker_name: str
) -> orm_models.Worker | None:
    """Read a worker by its exact name; None when the pool has none of that name."""
    return await session.scalar(
        sa.select(db.Worker)
        .where(db.Worker.work_pool_id == work_pool_id, db.Worker.name == worker_name)
        .execution_options(populate_existing=True)
    )


@db_injector
async def delete_worker(db: DBInterface, session: AsyncSession, work_pool_id: UUID, worker_name: str) -> bool:
    """Delete a worker's row and return whether there was one (3.23).

    Runs that were its own by its heartbeats alone, and it was offline, are given back at once.
    """
    status = await session.scalar(
        sa.delete(db.Worker)
        .where(db.Worker.work_pool_id == work_pool_id, db.Worker.name == worker_name)
        .returning(db.Worker.status)
    )
    if status == WorkerStatus.OFFLINE:
        await draining.release_from_worker(
            session=session, work_pool_id=work_pool_id, worker_name=worker_name
        )
    return status is not None
