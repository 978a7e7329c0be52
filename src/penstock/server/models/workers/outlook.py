"""What a worker that was given nothing has to look forward to, and how it hears of more (design 3)."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncSession

from penstock.server.database.announcements import announce
from penstock.server.database.dispatch import drains, next_start
from penstock.server.database.expressions import database_now
from penstock.server.database.orm_models import WorkPool
from penstock.server.database.types import Timestamp


@dataclass(frozen=True, slots=True)
class Outlook:
    """``seconds_until_start``: until the next run is due, 0 or less when it is; None when none is planned.

    ``reach``: the start time that was due when this was read; None when there is no such pool.
    ``worker_is_draining``: nothing is given to the worker that asks, whatever there is.
    """

    seconds_until_start: float | None
    reach: datetime | None
    worker_is_draining: bool


def dispatch_topic(work_pool_id: UUID) -> str:
    """Return the topic that is announced when a pool may have something to give that it had not."""
    return f"dispatch-{work_pool_id}"


def announce_dispatch(session: AsyncSession, work_pool_id: UUID | None) -> None:
    """Let those who wait for runs of a pool look again when this transaction is over."""
    if work_pool_id is not None:
        announce(session, dispatch_topic(work_pool_id))


async def read_outlook(
    session: AsyncSession,
    work_pool_id: UUID,
    work_queue_ids: Sequence[UUID] = (),
    worker_name: str | None = None,
    *,
    reach: datetime | None = None,
    after: datetime | None = None,
) -> Outlook:
    """Read when the next run of a pool, or of some of its queues, is due.

    Paused queues and a paused pool have no next run. One probe of the due index for each queue.

    Args:
        worker_name: who asks.
        reach: which start time is due now; the database's now when None.
        after: only starts after this time; when None, after ``reach``.
    """
    parameters: dict[str, Any] = {"work_pool_id": work_pool_id, "worker_name": worker_name}
    if work_queue_ids:
        parameters["work_queue_ids"] = list(work_queue_ids)
    if reach is not None:
        parameters["reach"] = reach
    if after is not None:
        parameters["after"] = after
    statement = _outlook(bool(work_queue_ids), reach is not None, after is not None)
    row = (await session.execute(statement, parameters)).one_or_none()
    if row is None:
        return Outlook(None, None, worker_is_draining=False)
    seconds = None if row.start is None else (row.start - row.reach).total_seconds()
    return Outlook(seconds, row.reach, worker_is_draining=bool(row.drains))


@lru_cache(maxsize=8)
def _outlook(of_queues: bool, reach_given: bool, after_given: bool) -> sa.Select[Any]:
    reach = sa.bindparam("reach", type_=Timestamp()) if reach_given else database_now()
    after = sa.bindparam("after", type_=Timestamp()) if after_given else reach
    return sa.select(
        next_start(after, of_queues=of_queues).label("start"),
        reach.label("reach"),
        drains(sa.bindparam("worker_name", type_=sa.Text())).label("drains"),
    ).where(WorkPool.id == sa.bindparam("work_pool_id", type_=sa.Uuid()))
