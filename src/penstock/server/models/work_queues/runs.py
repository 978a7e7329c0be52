"""Which runs one queue gives to a poller of the older routes (workers.md 3.31, 4.4)."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncSession

from penstock.core.errors import ObjectNotFoundError
from penstock.server.database import DBInterface, db_injector, orm_models
from penstock.server.database.dispatch import StartWindow
from penstock.server.database.states import is_dispatchable
from penstock.server.models.work_queues.slots import (
    count_work_queue_active_slots,
    runs_of_tag_queue,
)
from penstock.server.models.workers.dispatch import MOST_RUNS, select_due_runs
from penstock.server.models.workers.sources import SessionSource

Runs = Sequence[orm_models.FlowRun]


@db_injector
async def get_runs_in_work_queue(
    db: DBInterface,
    session: AsyncSession,
    work_queue_id: UUID,
    limit: int | None = None,
    scheduled_before: datetime | None = None,
) -> tuple[orm_models.WorkQueue, Runs]:
    """Read a queue and the runs it can give now, by start time and id.

    The queue's and its pool's pauses and limits hold (8.20). Runs are matched by queue id;
    those that carry only the queue's name are included (8.14).

    Args:
        scheduled_before: latest start time, inclusive.

    Raises:
        ObjectNotFoundError: there is no such queue.
    """
    queue = await session.get(db.WorkQueue, work_queue_id)
    if queue is None:
        raise ObjectNotFoundError("Work queue", work_queue_id)
    most = MOST_RUNS if limit is None else limit
    if queue.is_paused or most <= 0:
        return queue, []
    if queue.concurrency_limit is not None:
        in_use = await count_work_queue_active_slots(session, work_queue_id)
        most = min(most, max(0, queue.concurrency_limit - in_use))
    window = StartWindow(before=scheduled_before)
    if queue.filter is not None:
        return queue, await _read(db, session, runs_of_tag_queue(db, queue), scheduled_before, most)
    selection = await select_due_runs(
        SessionSource(session), work_pool_ids=None, work_queue_ids=[work_queue_id], window=window, limit=most
    )
    pool = await session.get(db.WorkPool, queue.work_pool_id)
    if pool is None or pool.is_paused or len(selection.shown) >= most:
        return queue, selection.shown
    nameless = sa.and_(db.FlowRun.work_queue_id.is_(None), db.FlowRun.work_queue_name == queue.name)
    by_name = await _read(db, session, nameless, scheduled_before, most - len(selection.shown))
    return queue, [*selection.shown, *by_name]


async def _read(
    db: DBInterface,
    session: AsyncSession,
    condition: sa.ColumnElement[bool],
    scheduled_before: datetime | None,
    limit: int,
) -> Runs:
    start = sa.inspect(db.FlowRun).columns["next_scheduled_start_time"]
    return (
        await session.scalars(
            sa.select(db.FlowRun)
            .where(
                condition,
                is_dispatchable(db.FlowRun.state_type, db.FlowRun.retry_type),
                start.is_not(None) if scheduled_before is None else start <= scheduled_before,
            )
            .order_by(start, db.FlowRun.id)
            .limit(limit)
        )
    ).all()
