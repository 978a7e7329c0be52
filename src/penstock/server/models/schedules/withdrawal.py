"""Taking back runs that schedules made ahead (orchestration.md 2.3 step 7, 2.5)."""

from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncSession

from penstock.core.states import StateName
from penstock.server.database import DBInterface, db_injector
from penstock.server.database.expressions import database_now
from penstock.server.database.states import is_scheduled


@db_injector
async def delete_future_scheduled_runs(db: DBInterface, session: AsyncSession, deployment_id: UUID) -> None:
    """Delete the deployment's runs that its schedules made, that are not due yet and never started.

    A run that waits for a slot keeps its place.
    """
    await session.execute(
        sa.delete(db.FlowRun)
        .where(
            *_made_ahead(db, deployment_id),
            db.FlowRun.next_scheduled_start_time > database_now(),
            db.FlowRun.state_name != StateName.AWAITING_CONCURRENCY_SLOT,
        )
        .execution_options(synchronize_session=False)
    )


@db_injector
async def delete_scheduled_runs(db: DBInterface, session: AsyncSession, deployment_id: UUID) -> None:
    """Delete the deployment's runs that its schedules made and that wait to start, also those due.

    A run that has been running and waits for its next try, or to be resumed, is kept.
    """
    await session.execute(
        sa.delete(db.FlowRun)
        .where(*_made_ahead(db, deployment_id))
        .execution_options(synchronize_session=False)
    )


@db_injector
async def count_scheduled_runs(db: DBInterface, session: AsyncSession, deployment_id: UUID) -> int:
    """Count the runs that ``delete_scheduled_runs`` would delete."""
    statement = sa.select(sa.func.count()).select_from(db.FlowRun).where(*_made_ahead(db, deployment_id))
    return await session.scalar(statement) or 0


def _made_ahead(db: DBInterface, deployment_id: UUID) -> tuple[sa.ColumnElement[bool], ...]:
    run = db.FlowRun
    return (
        run.deployment_id == deployment_id,
        run.auto_scheduled.is_(True),
        is_scheduled(run.state_type),
        run.run_count == 0,
    )
