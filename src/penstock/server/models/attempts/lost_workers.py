"""Runs whose worker is gone get less time: what is not under way goes back, what is must show itself.

All of this is about workers that renew nothing. Their processes may outlive them.
"""

from collections.abc import Sequence
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
async def find_orphans(
    db: DBInterface, session: AsyncSession, times: LeaseTimes, limit: int
) -> Sequence[UUID]:
    """Return runs of offline workers that still have more time than orphans have; nothing is locked.

    A run that was heard of lately is none, so each is found once after its last sign of life. While
    every worker is online the cost depends only on how many of them hold runs.
    """
    # two statements: in one, a planner may think of joining all runs to the few holders
    holders = (await session.execute(_lost_holders(db))).all()
    if not holders:
        return []
    run = db.FlowRun
    place = sa.tuple_(run.worker_name, run.work_queue_id)
    found = await session.scalars(
        sa.select(run.id)
        .where(place.in_([tuple(holder) for holder in holders]), *_are_orphans(db, times))
        .limit(limit)
    )
    return found.all()


@db_injector
async def shorten_leases_of_orphans(
    db: DBInterface, session: AsyncSession, flow_run_ids: Sequence[UUID], times: LeaseTimes
) -> int:
    """Let orphans be over: PENDING ones now, others unless they are heard of soon.

    Those that are no orphans any more, or are changing at this moment, are left out.

    Returns:
        How many leases were shortened.
    """
    run, worker, queue = db.FlowRun, db.Worker, db.WorkQueue
    orphans = (
        sa.select(run.id)
        .join(queue, queue.id == run.work_queue_id)
        .join(worker, sa.and_(worker.work_pool_id == queue.work_pool_id, worker.name == run.worker_name))
        .where(run.id.in_(flow_run_ids), worker.status == WorkerStatus.OFFLINE, *_are_orphans(db, times))
        .order_by(run.id)
        .with_for_update(of=run, skip_locked=True)
    )
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


def _are_orphans(db: DBInterface, times: LeaseTimes) -> tuple[sa.ColumnElement[bool], ...]:
    run = db.FlowRun
    lately = seconds_before_now(sa.literal(times.confirm_seconds, sa.Double()))
    return (
        *_is_longer(db, 0, times.orphan_seconds),
        run.state_timestamp < lately,
        sa.or_(run.last_sign_of_life.is_(None), run.last_sign_of_life < lately),
    )


def _lost_holders(db: DBInterface) -> sa.Select[str | None, UUID | None]:
    walk, first = _holders(db), sa.alias(db.FlowRun.__table__, "first_of_holder")
    # as a subquery it is looked up holder by holder; a join may read every worker there ever was
    is_offline = (
        sa.select(sa.literal(1))
        .select_from(db.WorkQueue)
        .join(db.Worker, db.Worker.work_pool_id == db.WorkQueue.work_pool_id)
        .where(
            db.WorkQueue.id == first.c.work_queue_id,
            db.Worker.name == first.c.worker_name,
            db.Worker.status == WorkerStatus.OFFLINE,
        )
        .exists()
    )
    return (
        sa.select(first.c.worker_name, first.c.work_queue_id)
        .select_from(walk)
        .join(first, first.c.id == walk.c.id)
        .where(is_offline)
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
