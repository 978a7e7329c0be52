"""Runs whose worker is gone get less time: what is not under way goes back, what is must show itself.

All of this is about workers that renew nothing. Their processes may outlive them.
"""

from datetime import datetime
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncSession

from penstock.core.attempts import LeaseKind, LeaseTimes
from penstock.core.states import StateType
from penstock.schemas.statuses import WorkerStatus
from penstock.server.database import DBInterface, db_injector
from penstock.server.database.expressions import seconds_before_now, seconds_from_now


@db_injector
async def has_orphans(db: DBInterface, session: AsyncSession, times: LeaseTimes) -> bool:
    """Return whether a worker has gone offline with runs that still have more time than orphans have.

    Its cost depends on how many workers hold runs, not on how many workers or runs there are.
    """
    return await session.scalar(_orphans(db, times).limit(1)) is not None


@db_injector
async def shorten_leases_of_orphans(db: DBInterface, session: AsyncSession, times: LeaseTimes) -> int:
    """Let runs of offline workers be over: PENDING ones now, others unless they are heard of soon.

    A run that was heard of lately is left alone, so each is shortened once after its last sign.

    Returns:
        How many leases were shortened.
    """
    orphans = _orphans(db, times).order_by(db.FlowRun.id).with_for_update(of=db.FlowRun, skip_locked=True)
    return await _shorten(db, session, orphans, pending_seconds=0, seconds=times.orphan_seconds)


@db_injector
async def shorten_leases_of_worker(
    db: DBInterface,
    session: AsyncSession,
    work_pool_id: UUID,
    worker_name: str,
    *,
    pending_seconds: float,
    seconds: float,
    taken_before: datetime | None = None,
) -> int:
    """Let what a worker holds in a pool be over in so many seconds, unless it is heard of; never later.

    Args:
        pending_seconds: for runs that are PENDING, whatever is heard of them.
        taken_before: only runs whose present state is older; for news that may be late.

    Returns:
        How many leases were shortened.
    """
    run = db.FlowRun
    held = (
        sa.select(run.id)
        .join(db.WorkQueue, db.WorkQueue.id == run.work_queue_id)
        .where(
            db.WorkQueue.work_pool_id == work_pool_id,
            run.worker_name == worker_name,
            *_is_longer(db, pending_seconds, seconds),
        )
        .order_by(run.id)
        .with_for_update(of=run)
    )
    if taken_before is not None:
        held = held.where(run.state_timestamp <= taken_before)
    return await _shorten(db, session, held, pending_seconds=pending_seconds, seconds=seconds)


async def _shorten(
    db: DBInterface,
    session: AsyncSession,
    chosen: sa.Select[UUID],
    *,
    pending_seconds: float,
    seconds: float,
) -> int:
    run = db.FlowRun
    shortened = await session.scalars(
        sa.update(run)
        .where(run.id.in_(chosen.scalar_subquery()), *_is_longer(db, pending_seconds, seconds))
        .values(lease_expires_at=_end(db, pending_seconds, seconds))
        .returning(run.id)
        .execution_options(synchronize_session=False)
    )
    return len(shortened.all())


def _end(db: DBInterface, pending_seconds: float, seconds: float) -> sa.Case[Any]:
    is_pending = db.FlowRun.state_type == StateType.PENDING
    return sa.case((is_pending, seconds_from_now(pending_seconds)), else_=seconds_from_now(seconds))


def _is_longer(db: DBInterface, pending_seconds: float, seconds: float) -> tuple[sa.ColumnElement[bool], ...]:
    run = db.FlowRun
    return (
        run.lease_kind == LeaseKind.OBSERVED,
        run.lease_expires_at.is_not(None),
        run.lease_expires_at > _end(db, pending_seconds, seconds),
    )


def _orphans(db: DBInterface, times: LeaseTimes) -> sa.Select[UUID]:
    run, worker, queue = db.FlowRun, db.Worker, db.WorkQueue
    lately = seconds_before_now(sa.literal(times.confirm_seconds, sa.Double()))
    walk, first = _holders(db), sa.alias(run.__table__, "first_of_holder")
    return (
        sa.select(run.id)
        .select_from(walk)
        .join(first, first.c.id == walk.c.id)
        .join(queue, queue.id == first.c.work_queue_id)
        .join(worker, sa.and_(worker.work_pool_id == queue.work_pool_id, worker.name == first.c.worker_name))
        .join(
            run,
            sa.and_(run.worker_name == first.c.worker_name, run.work_queue_id == first.c.work_queue_id),
        )
        .where(
            worker.status == WorkerStatus.OFFLINE,
            run.state_timestamp < lately,
            sa.or_(run.last_sign_of_life.is_(None), run.last_sign_of_life < lately),
            *_is_longer(db, 0, times.orphan_seconds),
        )
    )


def _holders(db: DBInterface) -> sa.CTE:
    """Walk through the pairs of worker name and queue that hold runs, each by one step in the index.

    The rows are the id of one run of each pair.
    """
    at = sa.alias(db.FlowRun.__table__, "at")
    walk = sa.select(_first_after(db, None).label("id")).cte("holder", recursive=True)
    place = sa.tuple_(at.c.worker_name, at.c.work_queue_id)
    return walk.union_all(sa.select(_first_after(db, place)).select_from(walk).join(at, at.c.id == walk.c.id))


def _first_after(db: DBInterface, place: sa.Tuple | None) -> sa.ScalarSelect[UUID]:
    held = sa.alias(db.FlowRun.__table__, "held")
    pair = held.c.worker_name, held.c.work_queue_id
    first = (
        sa.select(held.c.id)
        .where(held.c.lease_expires_at.is_not(None), *(column.is_not(None) for column in pair))
        .order_by(*pair)
        .limit(1)
    )
    if place is not None:
        first = first.where(sa.tuple_(*pair) > place)
    return first.correlate_except(held).scalar_subquery()
