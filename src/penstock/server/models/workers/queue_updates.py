"""Changing and deleting work queues (workers.md 3.19, 3.20)."""

from collections.abc import Awaitable, Callable
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncSession

from penstock import schemas
from penstock.schemas.statuses import WorkQueueStatus
from penstock.server.database import DBInterface, db_injector, orm_models
from penstock.server.events import outbox
from penstock.server.events.changes import changed_fields
from penstock.server.events.work_queue_events import (
    UPDATE_FIELDS,
    Moved,
    work_queue_deleted,
    work_queue_updated,
)
from penstock.server.models.workers import leaving, priorities, status
from penstock.server.models.workers.outlook import announce_dispatch
from penstock.server.models.workers.pauses import keep_pause

QueueStatusCallback = Callable[[orm_models.WorkQueue], Awaitable[None]]


@db_injector
async def update_work_queue(
    db: DBInterface,
    session: AsyncSession,
    work_queue_id: UUID,
    work_queue: schemas.actions.WorkQueueUpdate,
    emit_status_change: QueueStatusCallback | None = None,
    default_status: WorkQueueStatus = WorkQueueStatus.NOT_READY,
) -> bool:
    """Apply the fields that are set on ``work_queue`` (3.19).

    Records an *updated* event when a field really changed, and calls back when the status did.
    A new priority makes the pool's other queues move out of the way.

    Args:
        default_status: the status of a queue that is resumed and was not polled lately.

    Returns:
        Whether the queue exists.

    Raises:
        IntegrityError: the new name is taken.
    """
    values = {name: getattr(work_queue, name) for name in work_queue.model_fields_set}
    queue = await _lock(db, session, work_queue_id, values)
    if queue is None:
        return False
    before = {name: getattr(queue, name) for name in (*UPDATE_FIELDS, "status")}
    keep_pause(session, queue, values)
    new_status = _status_after(queue, values, default_status)
    if new_status is not None:
        values["status"] = new_status
    target = values.pop("priority", None)
    for name, value in values.items():
        setattr(queue, name, value)
    announce_dispatch(session, queue.work_pool_id)
    await session.flush()
    if target is not None:
        await priorities.bulk_update_work_queue_priorities(
            session=session, work_pool_id=queue.work_pool_id, new_priorities={queue.id: target}
        )
    after = {name: getattr(queue, name) for name in UPDATE_FIELDS}
    changed = changed_fields(UPDATE_FIELDS, before, after)
    if changed:
        pool = await session.get(db.WorkPool, queue.work_pool_id)
        outbox.record(session, work_queue_updated(queue, pool, changed))
    if queue.status != before["status"] and emit_status_change is not None:
        await emit_status_change(queue)
    await session.flush()
    return True


async def _lock(
    db: DBInterface, session: AsyncSession, work_queue_id: UUID, values: dict[str, Any]
) -> orm_models.WorkQueue | None:
    """Lock the queue's row, after the pool's where both are needed, and before any new limit."""
    read = sa.select(db.WorkQueue).where(db.WorkQueue.id == work_queue_id)
    facts = (
        await session.execute(
            read.with_only_columns(db.WorkQueue.work_pool_id, db.WorkQueue.concurrency_limit)
        )
    ).one_or_none()
    if facts is None:
        return None
    work_pool_id, limit = facts
    if values.get("concurrency_limit") is not None and limit is None:
        await db.dialect.wait_for_transitions(session)
    if values.get("priority") is not None:
        await priorities.lock_pool_and_queues(session, work_pool_id)
    return await session.scalar(
        read.with_for_update(key_share=True).execution_options(populate_existing=True)
    )


def _status_after(
    queue: orm_models.WorkQueue, values: dict[str, Any], default_status: WorkQueueStatus
) -> WorkQueueStatus | None:
    """Return the status that the update brings, or None when it leaves it alone."""
    paused = values.get("is_paused")
    if paused is None or (not paused and queue.status != WorkQueueStatus.PAUSED):
        return None
    return status.work_queue_status(
        is_paused=paused,
        last_polled=values.get("last_polled") or queue.last_polled,
        otherwise=default_status,
    )


@db_injector
async def delete_work_queue(db: DBInterface, session: AsyncSession, work_queue_id: UUID) -> bool:
    """Delete a queue; its deployments and the runs that have not ended go to the default queue (3.20).

    So no waiting run is lost, and one under way still counts for the pool. Runs that have ended
    stay as they are, without a queue. Records the *deleted* event, which says what has moved,
    once the queue is gone, and removes duplicate priorities.

    Returns:
        Whether the queue existed.

    Raises:
        ValueError: it is the default queue of its pool; nothing is changed or recorded.
    """
    queue = await session.get(db.WorkQueue, work_queue_id)
    if queue is None:
        return False
    pool = await session.get_one(db.WorkPool, queue.work_pool_id)
    if pool.default_queue_id == work_queue_id:
        raise ValueError(
            f"'{queue.name}' is the default queue of work pool '{pool.name}' and can't be deleted."
        )
    default = await session.get_one(db.WorkQueue, pool.default_queue_id)
    runs = await leaving.move_unfinished_runs(session, work_queue_id, default)
    await leaving.take_runs_out(session, db.WorkQueue.id == work_queue_id)
    await priorities.lock_pool_and_queues(session, pool.id)
    # those that were created until the queue was locked
    runs += await leaving.move_unfinished_runs(session, work_queue_id, default)
    deployments = await leaving.move_deployments(session, work_queue_id, default)
    event = work_queue_deleted(queue, pool, Moved(default, runs, deployments))
    session.expunge(queue)
    await session.execute(sa.delete(db.WorkQueue).where(db.WorkQueue.id == work_queue_id))
    outbox.record(session, event)
    await priorities.bulk_update_work_queue_priorities(
        session=session, work_pool_id=pool.id, new_priorities={}
    )
    await session.flush()
    return True
