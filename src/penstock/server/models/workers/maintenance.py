"""Maintenance of a whole pool: nothing is handed out, and what is held comes to its end."""

from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncSession

from penstock import schemas
from penstock.server.database import DBInterface, db_injector
from penstock.server.database.expressions import database_now
from penstock.server.models.workers.pool_updates import PoolStatusCallback, update_work_pool


@db_injector
async def set_maintenance(
    db: DBInterface,
    session: AsyncSession,
    work_pool_id: UUID,
    reason: str | None,
    emit_status_change: PoolStatusCallback | None = None,
) -> bool:
    """Pause a pool for the reason, or resume it when there is none; returns whether the pool exists.

    A pool that is paused already keeps the time since when it is, and gets the reason.
    """
    paused = reason is not None
    found = await update_work_pool(
        session=session,
        work_pool_id=work_pool_id,
        work_pool=schemas.actions.WorkPoolUpdate(is_paused=paused),
        emit_status_change=emit_status_change,
    )
    since = sa.func.coalesce(db.WorkPool.paused_since, database_now()) if paused else sa.null()
    await session.execute(
        sa.update(db.WorkPool)
        .where(db.WorkPool.id == work_pool_id)
        .values(pause_reason=reason, paused_since=since)
        .execution_options(synchronize_session=False)
    )
    return found
