"""The event functions of the seed (workers.md 3.29-3.31): each records one outbox row."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession, async_object_session

from penstock.schemas.core.work_pools import AGENT_POOL_TYPE
from penstock.server.database import orm_models
from penstock.server.events import outbox
from penstock.server.events.work_pool_events import (
    work_pool_created,
    work_pool_deleted,
    work_pool_status,
    work_pool_updated,
)
from penstock.server.events.work_queue_events import work_queue_status


async def emit_work_pool_created_event(session: AsyncSession, work_pool: orm_models.WorkPool) -> None:
    """Record that the pool was created."""
    outbox.record(session, work_pool_created(work_pool))


async def emit_work_pool_deleted_event(session: AsyncSession, work_pool: orm_models.WorkPool) -> None:
    """Record that the pool is deleted."""
    outbox.record(session, work_pool_deleted(work_pool))


async def emit_work_pool_updated_event(
    session: AsyncSession, work_pool: orm_models.WorkPool, changed_fields: dict[str, dict[str, Any]]
) -> None:
    """Record which fields changed; nothing when none did (workers.md 3.29)."""
    if changed_fields:
        outbox.record(session, work_pool_updated(work_pool, changed_fields))


async def emit_work_pool_status_event(
    event_id: UUID,
    occurred: datetime,
    pre_update_work_pool: orm_models.WorkPool | None,
    work_pool: orm_models.WorkPool,
) -> None:
    """Record the pool's status in the transaction the pool was loaded in (workers.md 3.30).

    Nothing is recorded for a pool without a status (type ``prefect-agent``).

    Raises:
        ValueError: ``work_pool`` does not belong to a session.
    """
    if not work_pool.status or work_pool.type == AGENT_POOL_TYPE:
        return
    session = async_object_session(work_pool)
    if session is None:
        raise ValueError("The work pool must belong to the session whose transaction changes it.")
    outbox.record(session, work_pool_status(event_id, occurred, pre_update_work_pool, work_pool))


async def emit_work_queue_status_event(session: AsyncSession, work_queue: orm_models.WorkQueue) -> None:
    """Record the queue's status."""
    work_pool = await session.get(orm_models.WorkPool, work_queue.work_pool_id)
    outbox.record(session, work_queue_status(work_queue, work_pool))
