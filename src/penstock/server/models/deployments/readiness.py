"""Whether somebody serves a deployment: the edges of its status (workers.md 3.31, 6.1).

``updated`` is left as it is: polling a deployment is not a change of it (orchestration.md 3.3).
"""

from collections.abc import Sequence
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncSession

from penstock.schemas.statuses import DeploymentStatus
from penstock.server.database import DBInterface, db_injector
from penstock.server.database.expressions import database_now, seconds_before_now
from penstock.server.events import outbox
from penstock.server.events.deployment_events import deployment_status
from penstock.server.models.run_contexts import read_deployment_contexts


@db_injector
async def mark_deployments_ready(
    db: DBInterface,
    session: AsyncSession,
    work_queue_ids: Sequence[UUID] = (),
    deployment_ids: Sequence[UUID] = (),
) -> int:
    """Record that the deployments of these queues were polled now, and make them READY.

    An event is recorded for each that was NOT_READY; returns how many that are.
    """
    row = db.Deployment
    polled = sa.or_(row.work_queue_id.in_(work_queue_ids), row.id.in_(deployment_ids))
    became_ready = (
        await session.scalars(
            sa.select(row.id)
            .where(polled, row.status == DeploymentStatus.NOT_READY)
            .order_by(row.id)
            .with_for_update(key_share=True)
        )
    ).all()
    await session.execute(
        sa.update(row)
        .where(polled)
        .values(last_polled=database_now(), updated=row.updated)
        .execution_options(synchronize_session=False)
    )
    await _set_status(db, session, became_ready, DeploymentStatus.READY)
    return len(became_ready)


@db_injector
async def mark_silent_deployments_not_ready(
    db: DBInterface, session: AsyncSession, timeout_seconds: float
) -> int:
    """Make deployments NOT_READY that neither they nor their queue were polled for so long (6.1)."""
    row, limit = db.Deployment, seconds_before_now(sa.literal(timeout_seconds, sa.Float()))
    silent = (
        await session.scalars(
            sa.select(row.id)
            .outerjoin(db.WorkQueue, db.WorkQueue.id == row.work_queue_id)
            .where(
                row.status == DeploymentStatus.READY,
                row.last_polled < limit,
                sa.or_(db.WorkQueue.last_polled.is_(None), db.WorkQueue.last_polled < limit),
            )
            .order_by(row.id)
            .with_for_update(key_share=True, of=row)
        )
    ).all()
    await _set_status(db, session, silent, DeploymentStatus.NOT_READY)
    return len(silent)


async def _set_status(
    db: DBInterface, session: AsyncSession, deployment_ids: Sequence[UUID], status: DeploymentStatus
) -> None:
    if not deployment_ids:
        return
    row = db.Deployment
    await session.execute(
        sa.update(row)
        .where(row.id.in_(deployment_ids))
        .values(status=status, updated=row.updated)
        .execution_options(synchronize_session=False)
    )
    deployments = (
        await session.scalars(
            sa.select(row)
            .where(row.id.in_(deployment_ids))
            .order_by(row.id)
            .execution_options(populate_existing=True)
        )
    ).all()
    contexts = await read_deployment_contexts(session, deployments)
    outbox.record(session, *[deployment_status(one, contexts[one.id]) for one in deployments])
    await session.flush()
