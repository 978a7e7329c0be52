"""The schedules of a deployment: reading, adding, changing, taking away (orchestration.md 2.4, 2.5).

Whoever changes one holds the deployment's row, as the scheduler does; so no run is made from a
schedule that has just changed.
"""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncSession

from penstock import schemas
from penstock.server.database import DBInterface, db_injector, orm_models
from penstock.server.models.schedules.needs import ask_for_scheduling
from penstock.server.models.schedules.withdrawal import delete_future_scheduled_runs, delete_scheduled_runs

WantedSchedule = tuple[UUID | None, schemas.actions.DeploymentScheduleCreate]
"""A schedule as it is to be, and the row that becomes it; None for a new one."""


@db_injector
async def read_deployment_schedules(
    db: DBInterface, session: AsyncSession, deployment_id: UUID
) -> Sequence[orm_models.DeploymentSchedule]:
    """Read the schedules of a deployment, the last changed first."""
    row = db.DeploymentSchedule
    statement = sa.select(row).where(row.deployment_id == deployment_id)
    return (await session.scalars(statement.order_by(row.updated.desc(), row.id.desc()))).all()


@db_injector
async def create_deployment_schedules(
    db: DBInterface,
    session: AsyncSession,
    deployment_id: UUID,
    schedules: Sequence[schemas.actions.DeploymentScheduleCreate],
) -> list[orm_models.DeploymentSchedule] | None:
    """Add schedules to a deployment; None when there is no such deployment.

    Raises:
        IntegrityError: a slug is taken in the deployment.
    """
    if not await _lock_deployment(db, session, deployment_id):
        return None
    rows = [_row(db, deployment_id, one) for one in schedules]
    session.add_all(rows)
    await session.flush()
    return rows


@db_injector
async def update_deployment_schedule(
    db: DBInterface,
    session: AsyncSession,
    deployment_id: UUID,
    schedule_id: UUID,
    schedule: schemas.actions.DeploymentScheduleUpdate,
) -> bool:
    """Change the fields of a schedule that are set; returns whether it exists.

    The deployment's future runs are made anew.
    """
    row = await _read_of_locked_deployment(db, session, deployment_id, schedule_id)
    if row is None:
        return False
    for name, value in schedule.set_fields().items():
        if name == "schedule":
            row.schedule = value.model_dump(mode="json")
        elif name != "replaces":
            setattr(row, name, value)
    await session.flush()
    await delete_future_scheduled_runs(session=session, deployment_id=deployment_id)
    await ask_for_scheduling(session=session, deployment_id=deployment_id)
    return True


@db_injector
async def delete_deployment_schedule(
    db: DBInterface, session: AsyncSession, deployment_id: UUID, schedule_id: UUID
) -> bool:
    """Delete a schedule and all waiting runs that schedules of the deployment made.

    Returns whether it existed.
    """
    row = await _read_of_locked_deployment(db, session, deployment_id, schedule_id)
    if row is None:
        return False
    await session.delete(row)
    await session.flush()
    await delete_scheduled_runs(session=session, deployment_id=deployment_id)
    await ask_for_scheduling(session=session, deployment_id=deployment_id)
    return True


@db_injector
async def replace_deployment_schedules(
    db: DBInterface, session: AsyncSession, deployment_id: UUID, wanted: Sequence[WantedSchedule]
) -> None:
    """Make these all the schedules of a deployment whose row the caller has locked."""
    kept = {schedule_id for schedule_id, _ in wanted if schedule_id is not None}
    table = db.DeploymentSchedule
    await session.execute(sa.delete(table).where(table.deployment_id == deployment_id, table.id.not_in(kept)))
    rows = {
        row.id: row for row in await read_deployment_schedules(session=session, deployment_id=deployment_id)
    }
    changed = [(rows[schedule_id], one) for schedule_id, one in wanted if schedule_id in rows]
    renamed = [row for row, one in changed if row.slug != one.slug]
    for row in renamed:
        # two schedules may change names with each other
        row.slug = None
    await session.flush()
    for row, one in changed:
        for name, value in _values(one).items():
            if getattr(row, name) != value:
                setattr(row, name, value)
    session.add_all(_row(db, deployment_id, one) for schedule_id, one in wanted if schedule_id not in rows)
    await session.flush()


def _values(schedule: schemas.actions.DeploymentScheduleCreate) -> dict[str, Any]:
    return {
        "schedule": schedule.schedule.model_dump(mode="json"),
        "active": schedule.active,
        "max_scheduled_runs": schedule.max_scheduled_runs,
        "parameters": schedule.parameters or {},
        "slug": schedule.slug,
    }


def _row(
    db: DBInterface, deployment_id: UUID, schedule: schemas.actions.DeploymentScheduleCreate
) -> orm_models.DeploymentSchedule:
    return db.DeploymentSchedule(deployment_id=deployment_id, **_values(schedule))


async def _lock_deployment(db: DBInterface, session: AsyncSession, deployment_id: UUID) -> bool:
    statement = sa.select(db.Deployment.id).where(db.Deployment.id == deployment_id)
    return await session.scalar(statement.with_for_update(key_share=True)) is not None


async def _read_of_locked_deployment(
    db: DBInterface, session: AsyncSession, deployment_id: UUID, schedule_id: UUID
) -> orm_models.DeploymentSchedule | None:
    if not await _lock_deployment(db, session, deployment_id):
        return None
    row = await session.get(db.DeploymentSchedule, schedule_id, populate_existing=True)
    return row if row is not None and row.deployment_id == deployment_id else None
