"""What is due and waits, queue by queue."""

from collections.abc import Iterable
from dataclasses import dataclass
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncSession

from penstock.core.states import StateName
from penstock.server.database import DBInterface, db_injector
from penstock.server.database.expressions import database_now, epoch_microseconds
from penstock.server.database.orm_models import FlowRun
from penstock.server.database.states import is_dispatchable


@dataclass(frozen=True, slots=True)
class QueueBacklog:
    """The due runs of a queue, how many of them are late, and how long the first has waited."""

    work_pool_id: UUID | None
    due_runs: int
    late_runs: int
    oldest_wait_seconds: float | None


NOTHING_WAITS = QueueBacklog(None, 0, 0, None)


def added_up(backlogs: Iterable[QueueBacklog]) -> dict[UUID | None, QueueBacklog]:
    """Return the backlogs of the queues' pools."""
    sums: dict[UUID | None, QueueBacklog] = {}
    for one in backlogs:
        before = sums.get(one.work_pool_id, NOTHING_WAITS)
        sums[one.work_pool_id] = QueueBacklog(
            one.work_pool_id,
            before.due_runs + one.due_runs,
            before.late_runs + one.late_runs,
            max(before.oldest_wait_seconds or 0.0, one.oldest_wait_seconds or 0.0),
        )
    return sums


def due_by_queue() -> sa.Subquery:
    """Select what is due in each queue: how many runs, how many of them late, microseconds of waiting.

    One pass over the index of what is scheduled; queues where nothing waits are absent.
    """
    start = FlowRun.next_scheduled_start_time
    return (
        sa.select(
            FlowRun.work_queue_id,
            sa.func.count().label("runs"),
            sa.func.sum(sa.case((FlowRun.state_name == StateName.LATE, 1), else_=0)).label("late"),
            (epoch_microseconds(database_now()) - epoch_microseconds(sa.func.min(start))).label("wait"),
        )
        .where(
            FlowRun.work_queue_id.is_not(None),
            is_dispatchable(FlowRun.state_type, FlowRun.retry_type),
            start <= database_now(),
        )
        .group_by(FlowRun.work_queue_id)
        .subquery()
    )


@db_injector
async def read_queue_backlogs(db: DBInterface, session: AsyncSession) -> dict[UUID, QueueBacklog]:
    """Read what waits in the queues of all pools, by queue id; queues where nothing does are absent.

    One pass over the index of what is scheduled: the cost is that of the backlog.
    """
    due = due_by_queue()
    rows = await session.execute(
        sa.select(db.WorkQueue.id, db.WorkQueue.work_pool_id, due.c.runs, due.c.late, due.c.wait).join(
            due, due.c.work_queue_id == db.WorkQueue.id
        )
    )
    return {
        queue_id: QueueBacklog(pool_id, runs, int(late), max(0, wait) / 1_000_000)
        for queue_id, pool_id, runs, late, wait in rows
    }
