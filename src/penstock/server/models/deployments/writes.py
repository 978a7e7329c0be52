"""Creating, changing and deleting deployments (orchestration.md 2.3-2.5)."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncSession

from penstock import schemas
from penstock.core.states import StateType
from penstock.server.database import DBInterface, db_injector, orm_models
from penstock.server.events import outbox
from penstock.server.events.deployment_events import deployment_created, deployment_deleted
from penstock.server.models.deployments.reads import read_deployment
from penstock.server.models.run_contexts import read_deployment_contexts


@db_injector
async def create_deployment(
    db: DBInterface,
    session: AsyncSession,
    deployment: schemas.core.Deployment | schemas.actions.DeploymentCreate,
    work_queue_id: UUID | None = None,
) -> orm_models.Deployment:
    """Create a deployment, or change the one of that flow and name (orchestration.md 2.3).

    Only the fields that are set are changed; empty job variables do not clear earlier ones.
    The schedules are replaced by the ones given.

    Args:
        work_queue_id: the queue its runs go to, when ``deployment`` only names it.
    """
    values = _column_values(db, deployment)
    if work_queue_id is not None:
        values["work_queue_id"] = work_queue_id
    row = await session.scalar(
        sa.select(db.Deployment)
        .where(db.Deployment.flow_id == deployment.flow_id, db.Deployment.name == deployment.name)
        .with_for_update()
    )
    is_new = row is None
    if row is None:
        row = db.Deployment(**values)
        session.add(row)
    else:
        for name in ("id", "created", "created_by"):
            values.pop(name, None)
        if not values.get("job_variables"):
            values.pop("job_variables", None)
        for name, value in values.items():
            setattr(row, name, value)
    await session.flush()
    await _label(session, db, row, deployment.labels)
    await _replace_schedules(session, db, row.id, deployment.schedules)
    await delete_future_scheduled_runs(session=session, deployment_id=row.id)
    loaded = await read_deployment(session=session, deployment_id=row.id)
    assert loaded is not None
    if is_new:
        contexts = await read_deployment_contexts(session, [loaded])
        outbox.record(session, deployment_created(loaded, contexts[loaded.id]))
    await session.flush()
    return loaded


def _column_values(
    db: DBInterface, deployment: schemas.core.Deployment | schemas.actions.DeploymentCreate
) -> dict[str, Any]:
    columns = set(sa.inspect(db.Deployment).columns.keys()) - {"labels"}
    given = {name for name in type(deployment).model_fields if name in columns}
    values = {
        name: getattr(deployment, name)
        for name in given
        if name in deployment.model_fields_set or name in ("id", "name", "flow_id")
    }
    return {
        name: value
        for name, value in values.items()
        if not (value is None and name in ("created", "updated", "id"))
    }


async def _label(
    session: AsyncSession,
    db: DBInterface,
    row: orm_models.Deployment,
    labels: dict[str, Any] | None,
) -> None:
    flow = await session.get(db.Flow, row.flow_id)
    inherited = dict(flow.labels) if flow is not None else {}
    row.labels = {**inherited, "prefect.flow.id": str(row.flow_id), **(labels or {})}


async def _replace_schedules(
    session: AsyncSession, db: DBInterface, deployment_id: UUID, schedules: Sequence[Any]
) -> None:
    await session.execute(
        sa.delete(db.DeploymentSchedule).where(db.DeploymentSchedule.deployment_id == deployment_id)
    )
    session.add_all(
        db.DeploymentSchedule(
            deployment_id=deployment_id,
            schedule=one.schedule.model_dump(mode="json"),
            active=True if one.active is None else one.active,
            max_scheduled_runs=one.max_scheduled_runs,
            parameters=one.parameters or {},
            slug=one.slug,
        )
        for one in schedules
    )
    await session.flush()


@db_injector
async def delete_future_scheduled_runs(db: DBInterface, session: AsyncSession, deployment_id: UUID) -> None:
    """Delete the deployment's runs that its schedules made and that never started (2.3 step 7)."""
    await session.execute(
        sa.delete(db.FlowRun)
        .where(
            db.FlowRun.deployment_id == deployment_id,
            db.FlowRun.auto_scheduled.is_(True),
            db.FlowRun.state_type == StateType.SCHEDULED,
            db.FlowRun.run_count == 0,
            db.FlowRun.state_name != "AwaitingConcurrencySlot",
        )
        .execution_options(synchronize_session=False)
    )


@db_injector
async def update_deployment(
    db: DBInterface,
    session: AsyncSession,
    deployment_id: UUID,
    values: dict[str, Any],
    schedules: Sequence[Any] | None = None,
) -> bool:
    """Set columns of a deployment; returns whether it exists (2.4).

    Args:
        values: column values; empty job variables leave the earlier ones.
        schedules: replace the schedules by these, when given.
    """
    row = await session.scalar(
        sa.select(db.Deployment).where(db.Deployment.id == deployment_id).with_for_update()
    )
    if row is None:
        return False
    for name, value in values.items():
        if name != "job_variables" or value:
            setattr(row, name, value)
    await session.flush()
    if schedules is not None:
        await _replace_schedules(session, db, deployment_id, schedules)
    await delete_future_scheduled_runs(session=session, deployment_id=deployment_id)
    return True


@db_injector
async def delete_deployment(db: DBInterface, session: AsyncSession, deployment_id: UUID) -> bool:
    """Delete a deployment with its schedules and the runs that have not started (2.5).

    Other runs stay. Returns whether there was one.
    """
    row = await session.get(db.Deployment, deployment_id, with_for_update=True)
    if row is None:
        return False
    contexts = await read_deployment_contexts(session, [row])
    outbox.record(session, deployment_deleted(row, contexts[row.id]))
    await session.execute(
        sa.delete(db.FlowRun)
        .where(
            db.FlowRun.deployment_id == deployment_id,
            db.FlowRun.state_type == StateType.SCHEDULED,
            db.FlowRun.run_count == 0,
        )
        .execution_options(synchronize_session=False)
    )
    await session.delete(row)
    await session.flush()
    return True
