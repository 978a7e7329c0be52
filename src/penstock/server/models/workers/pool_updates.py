"""Changing a work pool (workers.md 3.10)."""

from collections.abc import Awaitable, Callable
from datetime import datetime
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncSession

from penstock import schemas
from penstock.core.clock import utc_now
from penstock.core.errors import ObjectNotFoundError
from penstock.core.ids import uuid7
from penstock.schemas.core.work_pools import AGENT_POOL_TYPE
from penstock.server.database import DBInterface, db_injector, orm_models
from penstock.server.events.changes import changed_fields
from penstock.server.events.work_pool_events import UPDATE_FIELDS
from penstock.server.models.workers import emit, status
from penstock.server.models.workers.outlook import announce_dispatch
from penstock.server.models.workers.pauses import keep_pause

PoolStatusCallback = Callable[[UUID, datetime, orm_models.WorkPool, orm_models.WorkPool], Awaitable[None]]
"""Called with event id, time, the pool before and the pool after."""


@db_injector
async def update_work_pool(
    db: DBInterface,
    session: AsyncSession,
    work_pool_id: UUID,
    work_pool: schemas.actions.WorkPoolUpdate,
    emit_status_change: PoolStatusCallback | None = None,
    emit_update_event: bool = True,
) -> bool:
    """Apply the fields that are set on ``work_pool`` (3.10).

    The pool's row stays locked until the transaction ends. Its status follows ``is_paused``
    and whether a worker is online; the callback is called only when the status really changes.

    Raises:
        ObjectNotFoundError: there is no such pool.
    """
    values = {name: getattr(work_pool, name) for name in work_pool.model_fields_set}
    pool = await _lock(db, session, work_pool_id, sets_limit=values.get("concurrency_limit") is not None)
    before = snapshot(pool)
    if "is_paused" in values and pool.type != AGENT_POOL_TYPE:
        paused = bool(values["is_paused"])
        online = not paused and await status.has_online_worker(session, work_pool_id)
        values["status"] = status.work_pool_status(is_paused=paused, has_online_worker=online)
    keep_pause(session, pool, values)
    if emit_update_event:
        # before the values, so that it is older than the event of a new status
        changed = changed_fields(UPDATE_FIELDS, vars(before), values)
        await emit.emit_work_pool_updated_event(session, pool, changed)
    apply_pool_values(pool, values)
    announce_dispatch(session, work_pool_id)
    await session.flush()
    await announce_status(before, pool, emit_status_change)
    await session.flush()
    return True


async def _lock(
    db: DBInterface, session: AsyncSession, work_pool_id: UUID, *, sets_limit: bool
) -> orm_models.WorkPool:
    """Lock the pool's row; where a limit replaces none, let transitions under way finish first."""
    read = sa.select(db.WorkPool).where(db.WorkPool.id == work_pool_id)
    if sets_limit:
        limit = await session.scalar(read.with_only_columns(db.WorkPool.concurrency_limit))
        if limit is None:
            await db.dialect.wait_for_transitions(session)
    pool = await session.scalar(
        read.with_for_update(key_share=True).execution_options(populate_existing=True)
    )
    if pool is None:
        raise ObjectNotFoundError("Work pool", work_pool_id)
    return pool


def snapshot(pool: orm_models.WorkPool) -> orm_models.WorkPool:
    """Return a detached copy of the pool as it is now."""
    columns = sa.inspect(orm_models.WorkPool).columns.keys()
    return orm_models.WorkPool(**{name: getattr(pool, name) for name in columns})


def apply_pool_values(pool: orm_models.WorkPool, values: dict[str, Any]) -> None:
    """Set the values; a changed status gets the id and the time of its event."""
    if values.get("status", pool.status) != pool.status:
        pool.last_status_event_id = uuid7()
        pool.last_transitioned_status_at = utc_now()
    for name, value in values.items():
        setattr(pool, name, value)


async def announce_status(
    before: orm_models.WorkPool, pool: orm_models.WorkPool, callback: PoolStatusCallback | None
) -> None:
    """Call back when the status differs from before."""
    event_id, occurred = pool.last_status_event_id, pool.last_transitioned_status_at
    if callback is None or before.status == pool.status or event_id is None or occurred is None:
        return
    await callback(event_id, occurred, before, pool)
