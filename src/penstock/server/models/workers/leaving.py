"""What becomes of the runs of a pool or queue that goes.

A run's row is always locked before its pool's: a transition locks its run and then the pool. Runs that
somebody holds are locked in the order of their ids, as by all who lock several.
"""

from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncSession

from penstock.server.database import DBInterface, db_injector, orm_models
from penstock.server.database.states import is_scheduled, is_terminal


@db_injector
async def take_runs_out(db: DBInterface, session: AsyncSession, going: sa.ColumnElement[bool]) -> None:
    """Take the runs out of the queues that are about to go, as the database would when they do."""
    queue_ids = sa.select(db.WorkQueue.id).where(going)
    leaves = db.FlowRun.work_queue_id.in_(queue_ids)
    await _lock_held(db, session, leaves)
    await session.execute(
        sa.update(db.FlowRun)
        .where(leaves)
        .values(work_queue_id=None, updated=db.FlowRun.updated)
        .execution_options(synchronize_session=False)
    )


@db_injector
async def move_unfinished_runs(
    db: DBInterface, session: AsyncSession, work_queue_id: UUID, to: orm_models.WorkQueue
) -> int:
    """Let the runs of a queue that have not ended go on in another queue; returns how many there are."""
    run = db.FlowRun
    await _lock_held(db, session, run.work_queue_id == work_queue_id)
    moved = await session.scalars(
        sa.update(run)
        .where(
            run.work_queue_id == work_queue_id,
            sa.or_(run.state_type.is_(None), sa.not_(is_terminal(run.state_type))),
        )
        .values(work_queue_id=to.id, work_queue_name=to.name, updated=run.updated)
        .returning(run.id)
        .execution_options(synchronize_session=False)
    )
    return len(moved.all())


async def _lock_held(db: DBInterface, session: AsyncSession, leaving: sa.ColumnElement[bool]) -> None:
    """Lock the runs that are in somebody's hands: only those are reported and renewed, several at once."""
    run = db.FlowRun
    held = sa.select(run.id).where(leaving, run.lease_expires_at.is_not(None)).order_by(run.id)
    await session.execute(held.with_for_update())


@db_injector
async def move_deployments(
    db: DBInterface, session: AsyncSession, work_queue_id: UUID, to: orm_models.WorkQueue
) -> int:
    """Let the deployments of a queue send their runs to another one; returns how many there are."""
    moved = await session.scalars(
        sa.update(db.Deployment)
        .where(db.Deployment.work_queue_id == work_queue_id)
        .values(work_queue_id=to.id, work_queue_name=to.name)
        .returning(db.Deployment.id)
        .execution_options(synchronize_session=False)
    )
    return len(moved.all())


@db_injector
async def count_left_behind(db: DBInterface, session: AsyncSession, work_pool_id: UUID) -> dict[str, Any]:
    """Count what stays without a queue when the pool goes; empty when there is nothing.

    ``waiting_runs`` are never handed out, ``held_runs`` go on where they are, ``deployments``
    need another pool.
    """
    run, queue = db.FlowRun, db.WorkQueue
    of_pool = sa.select(queue.id).where(queue.work_pool_id == work_pool_id)
    runs = sa.select(sa.func.count()).select_from(run).where(run.work_queue_id.in_(of_pool))
    deployments = (
        sa.select(sa.func.count()).select_from(db.Deployment).where(db.Deployment.work_queue_id.in_(of_pool))
    )
    counts = (
        await session.execute(
            sa.select(
                runs.where(is_scheduled(run.state_type), run.lease_expires_at.is_(None))
                .scalar_subquery()
                .label("waiting_runs"),
                runs.where(run.lease_expires_at.is_not(None)).scalar_subquery().label("held_runs"),
                deployments.scalar_subquery().label("deployments"),
            )
        )
    ).one()
    return {name: count for name, count in counts._asdict().items() if count}
