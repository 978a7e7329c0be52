"""Who needs runs made ahead: an index instead of counting (orchestration.md 5.3).

Each schedule knows when its runs will be too few. Whatever changes a deployment or a schedule,
or deletes its runs, says "now". So the scheduler reads what changed, however many schedules
there are.
"""

from collections.abc import Sequence
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncSession

from penstock.server.database import DBInterface, db_injector
from penstock.server.database.expressions import database_now, seconds_before_now


@db_injector
async def read_deployments_to_schedule(
    db: DBInterface, session: AsyncSession, after: UUID | None = None, limit: int = 100
) -> Sequence[UUID]:
    """Read the ids of deployments with a schedule that needs runs, in the order of the ids.

    Args:
        after: only ids behind this one, for reading on.
    """
    row = db.DeploymentSchedule
    # apart, so that the index of those that need something is read, not one of all in order
    needed = (
        sa.select(row.deployment_id)
        .where(row.active, row.next_needed_at <= database_now())
        .cte("needed")
        .prefix_with("MATERIALIZED")
    )
    statement = (
        sa.select(needed.c.deployment_id)
        .join(db.Deployment, db.Deployment.id == needed.c.deployment_id)
        .where(sa.not_(db.Deployment.paused))
        .group_by(needed.c.deployment_id)
        .order_by(needed.c.deployment_id)
        .limit(limit)
    )
    if after is not None:
        statement = statement.where(needed.c.deployment_id > after)
    return (await session.scalars(statement)).all()


@db_injector
async def ask_for_scheduling(db: DBInterface, session: AsyncSession, deployment_id: UUID) -> None:
    """Let the scheduler look at all schedules of a deployment; at none of a paused one."""
    row = db.DeploymentSchedule
    is_paused = sa.select(db.Deployment.paused).where(db.Deployment.id == deployment_id).scalar_subquery()
    await session.execute(
        sa.update(row)
        .where(row.deployment_id == deployment_id)
        .values(next_needed_at=sa.case((is_paused, None), else_=database_now()), updated=row.updated)
        .execution_options(synchronize_session=False)
    )


@db_injector
async def postpone_scheduling(
    db: DBInterface, session: AsyncSession, deployment_id: UUID, seconds: float
) -> None:
    """Leave the schedules of a deployment that need runs alone for a while."""
    row = db.DeploymentSchedule
    later = seconds_before_now(sa.literal(-seconds, sa.Float()))
    await session.execute(
        sa.update(row)
        .where(row.deployment_id == deployment_id, row.next_needed_at <= database_now())
        .values(next_needed_at=later, updated=row.updated)
        .execution_options(synchronize_session=False)
    )
