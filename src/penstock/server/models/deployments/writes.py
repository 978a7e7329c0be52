"""Creating, changing and deleting deployments (orchestration.md 2.3-2.5)."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession

from penstock import schemas
from penstock.core.states import StateType
from penstock.server.database import DBInterface, db_injector, orm_models
from penstock.server.events import outbox
from penstock.server.events.changes import changed_fields
from penstock.server.events.deployment_events import (
    UPDATE_FIELDS,
    deployment_created,
    deployment_deleted,
    deployment_updated,
)
from penstock.server.models import schedules
from penstock.server.models.deleted_runs import end_mirrors
from penstock.server.models.deployments import limits
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
    row, is_new = await _find_or_add(db, session, values)
    before = None if is_new else _tracked(row)
    if not is_new:
        for name in ("id", "created", "created_by"):
            values.pop(name, None)
        if not values.get("job_variables"):
            values.pop("job_variables", None)
        for name, value in values.items():
            setattr(row, name, value)
    await session.flush()
    given = deployment.model_dump(include=set(limits.LIMIT_FIELDS & deployment.model_fields_set))
    await limits.change_limit(db, session, row, given, is_new=is_new)
    await _label(session, db, row, deployment.labels)
    wanted = [(None, _as_created(one)) for one in deployment.schedules]
    await schedules.replace_deployment_schedules(session=session, deployment_id=row.id, wanted=wanted)
    await _make_runs_anew(session, row.id)
    loaded = await read_deployment(session=session, deployment_id=row.id)
    assert loaded is not None
    if before is None:
        contexts = await read_deployment_contexts(session, [loaded])
        outbox.record(session, deployment_created(loaded, contexts[loaded.id]))
    else:
        await _record_update(session, loaded, before)
    await session.flush()
    return loaded


async def _find_or_add(
    db: DBInterface, session: AsyncSession, values: dict[str, Any]
) -> tuple[orm_models.Deployment, bool]:
    """Return the locked deployment of that flow and name, and whether it was not there before."""
    namesake = (
        sa.select(db.Deployment)
        .where(db.Deployment.flow_id == values["flow_id"], db.Deployment.name == values["name"])
        .with_for_update()
    )
    found = await session.scalar(namesake)
    if found is not None:
        return found, False
    added = db.Deployment(**values)
    try:
        async with session.begin_nested():
            session.add(added)
    except IntegrityError:
        created_meanwhile = await session.scalar(namesake)
        if created_meanwhile is None:
            raise
        return created_meanwhile, False
    return added, True


def _tracked(row: orm_models.Deployment) -> dict[str, Any]:
    return {field: getattr(row, field) for field in UPDATE_FIELDS}


async def _record_update(session: AsyncSession, row: orm_models.Deployment, before: dict[str, Any]) -> None:
    changed = changed_fields(UPDATE_FIELDS, before, _tracked(row))
    if changed:
        contexts = await read_deployment_contexts(session, [row])
        outbox.record(session, deployment_updated(row, contexts[row.id], changed))
        await session.flush()


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


@db_injector
async def update_deployment(
    db: DBInterface,
    session: AsyncSession,
    deployment_id: UUID,
    values: dict[str, Any],
    wanted_schedules: Sequence[schedules.WantedSchedule] | None = None,
) -> bool:
    """Set columns of a deployment; returns whether it exists (2.4).

    Args:
        values: column values; empty job variables leave the earlier ones. The limit is
            given by ``concurrency_limit`` or ``global_concurrency_limit_id``.
        wanted_schedules: make these its schedules, when given.
    """
    row = await session.scalar(
        sa.select(db.Deployment).where(db.Deployment.id == deployment_id).with_for_update()
    )
    if row is None:
        return False
    before = _tracked(row)
    for name, value in values.items():
        if name not in limits.LIMIT_FIELDS and (name != "job_variables" or value):
            setattr(row, name, value)
    await session.flush()
    await limits.change_limit(db, session, row, values, is_new=False)
    await _record_update(session, row, before)
    if wanted_schedules is not None:
        await schedules.replace_deployment_schedules(
            session=session, deployment_id=deployment_id, wanted=wanted_schedules
        )
    await _make_runs_anew(session, deployment_id)
    return True


@db_injector
async def set_deployment_paused(
    db: DBInterface, session: AsyncSession, deployment_id: UUID, paused: bool
) -> bool:
    """Pause a deployment, which deletes all runs its schedules made and that wait, or resume it (2.4).

    Returns whether there is such a deployment.
    """
    row = await session.get(db.Deployment, deployment_id, with_for_update=True)
    if row is None:
        return False
    before = _tracked(row)
    row.paused = paused
    await session.flush()
    await _record_update(session, row, before)
    if paused:
        await schedules.delete_scheduled_runs(session=session, deployment_id=deployment_id)
    await schedules.ask_for_scheduling(session=session, deployment_id=deployment_id)
    return True


async def _make_runs_anew(session: AsyncSession, deployment_id: UUID) -> None:
    await schedules.delete_future_scheduled_runs(session=session, deployment_id=deployment_id)
    await schedules.ask_for_scheduling(session=session, deployment_id=deployment_id)


def _as_created(
    schedule: schemas.core.DeploymentSchedule | schemas.actions.DeploymentScheduleCreate,
) -> schemas.actions.DeploymentScheduleCreate:
    fields = ("active", "schedule", "max_scheduled_runs", "parameters", "slug")
    return schemas.actions.DeploymentScheduleCreate(**{name: getattr(schedule, name) for name in fields})


@db_injector
async def delete_deployment(db: DBInterface, session: AsyncSession, deployment_id: UUID) -> bool:
    """Delete a deployment with its schedules and the runs that have not started (2.5).

    Other runs stay. A limit that stood over it only goes too. Returns whether there was one.
    """
    row = await session.get(db.Deployment, deployment_id, with_for_update=True)
    if row is None:
        return False
    contexts = await read_deployment_contexts(session, [row])
    outbox.record(session, deployment_deleted(row, contexts[row.id]))
    going = sa.and_(
        db.FlowRun.deployment_id == deployment_id,
        db.FlowRun.state_type == StateType.SCHEDULED,
        db.FlowRun.run_count == 0,
    )
    await end_mirrors(session, going)
    await session.execute(sa.delete(db.FlowRun).where(going).execution_options(synchronize_session=False))
    await session.delete(row)
    await session.flush()
    await limits.delete_own_limits(session, [deployment_id])
    return True


@db_injector
async def record_deletion_of_deployments(db: DBInterface, session: AsyncSession, flow_id: UUID) -> None:
    """Record that all deployments of a flow go, which takes them with it, and delete their own limits."""
    rows = (
        await session.scalars(
            sa.select(db.Deployment).where(db.Deployment.flow_id == flow_id).order_by(db.Deployment.id)
        )
    ).all()
    if rows:
        contexts = await read_deployment_contexts(session, rows)
        outbox.record(session, *[deployment_deleted(one, contexts[one.id]) for one in rows])
        await limits.delete_own_limits(session, [one.id for one in rows])
