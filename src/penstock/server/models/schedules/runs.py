"""Making the runs of one deployment ahead of their time (orchestration.md 3.2)."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncSession

from penstock.core.clock import utc_now
from penstock.core.ids import uuid7
from penstock.schemas.core import CreatedBy, FlowRunPolicy
from penstock.schemas.core.flow_runs import random_run_name
from penstock.schemas.states import Scheduled, State
from penstock.schemas.timestamps import to_wire
from penstock.server.database import DBInterface, db_injector, orm_models
from penstock.server.database.expressions import database_now
from penstock.server.models.schedules.plans import SCHEDULE, Plans

BATCH = 200
"""Rows of one INSERT; both databases allow about 32,000 values in a statement."""

AUTO_SCHEDULED_TAG = "auto-scheduled"


@db_injector
async def read_active_schedules(
    db: DBInterface, session: AsyncSession, deployment_id: UUID, *, needed: bool = False
) -> Sequence[orm_models.DeploymentSchedule]:
    """Read the active schedules of a deployment; where ``needed``, those only that have too few runs."""
    row = db.DeploymentSchedule
    statement = sa.select(row).where(row.deployment_id == deployment_id, row.active).order_by(row.id)
    if needed:
        statement = statement.where(row.next_needed_at <= database_now())
    return (await session.scalars(statement.execution_options(populate_existing=True))).all()


@db_injector
async def schedule_runs(
    db: DBInterface, session: AsyncSession, deployment_id: UUID, plans: Plans
) -> list[UUID] | None:
    """Make the runs that the active schedules of a deployment ask for within the horizon of the plans.

    Also where that begins in the past, and where the deployment is paused. A run that was made
    for the same date before, by whomever, is left as it is.

    Returns:
        The ids of the new runs; None when there is no such deployment.
    """
    deployment = await _lock_deployment(db, session, deployment_id)
    if deployment is None:
        return None
    made: list[UUID] = []
    for schedule in await read_active_schedules(session=session, deployment_id=deployment_id):
        plan = await plans.of(schedule.id, schedule.schedule)
        made += await _insert_runs(db, session, deployment, schedule, plan.dates)
    return made


@db_injector
async def schedule_needed_runs(
    db: DBInterface, session: AsyncSession, deployment_id: UUID, plans: Plans
) -> list[UUID]:
    """Make the runs of those schedules of a deployment that have too few, and note when they will again.

    A paused deployment, or one that another transaction is changing, is passed over.
    """
    deployment = await _lock_deployment(db, session, deployment_id, skip_locked=True)
    if deployment is None or deployment.paused:
        return []
    made: list[UUID] = []
    for schedule in await read_active_schedules(session=session, deployment_id=deployment_id, needed=True):
        plan = await plans.of(schedule.id, schedule.schedule)
        made += await _insert_runs(db, session, deployment, schedule, plan.dates)
        await session.execute(
            sa.update(db.DeploymentSchedule)
            .where(db.DeploymentSchedule.id == schedule.id)
            .values(next_needed_at=plan.next_needed_at, updated=db.DeploymentSchedule.updated)
            .execution_options(synchronize_session=False)
        )
    return made


async def _lock_deployment(
    db: DBInterface, session: AsyncSession, deployment_id: UUID, *, skip_locked: bool = False
) -> orm_models.Deployment | None:
    return await session.scalar(
        sa.select(db.Deployment)
        .where(db.Deployment.id == deployment_id)
        .with_for_update(key_share=True, skip_locked=skip_locked)
        .execution_options(populate_existing=True)
    )


async def _insert_runs(
    db: DBInterface,
    session: AsyncSession,
    deployment: orm_models.Deployment,
    schedule: orm_models.DeploymentSchedule,
    dates: Sequence[datetime],
) -> list[UUID]:
    """Insert a run with its first state for each date that has none."""
    known = await _read_known_keys(db, session, deployment, schedule, dates)
    runs = [
        _run_values(deployment, schedule, date)
        for date in dates
        if idempotency_key(deployment.id, schedule.id, date) not in known
    ]
    made: list[UUID] = []
    for first in range(0, len(runs), BATCH):
        batch = runs[first : first + BATCH]
        statement = db.dialect.insert_or_ignore(db.FlowRun, batch).returning(db.FlowRun.id)
        inserted = set(await session.scalars(statement))
        states = [_state_values(run) for run in batch if run["id"] in inserted]
        if states:
            await session.execute(sa.insert(db.FlowRunState), states)
        made += [state["flow_run_id"] for state in states]
    return made


async def _read_known_keys(
    db: DBInterface,
    session: AsyncSession,
    deployment: orm_models.Deployment,
    schedule: orm_models.DeploymentSchedule,
    dates: Sequence[datetime],
) -> set[str | None]:
    keys = [idempotency_key(deployment.id, schedule.id, date) for date in dates]
    run = db.FlowRun
    found = await session.scalars(
        sa.select(run.idempotency_key).where(run.flow_id == deployment.flow_id, run.idempotency_key.in_(keys))
    )
    return set(found)


def idempotency_key(deployment_id: UUID, schedule_id: UUID, date: datetime) -> str:
    """Return what makes a date of a schedule one run, whoever makes it and however often."""
    return f"scheduled {deployment_id} {schedule_id} {to_wire(date)}"


def _run_values(
    deployment: orm_models.Deployment, schedule: orm_models.DeploymentSchedule, date: datetime
) -> dict[str, Any]:
    now = utc_now()
    run_id = uuid7()
    state = Scheduled(date, message="Planned by a schedule of the deployment.", timestamp=now)
    details = state.state_details.model_copy(update={"flow_run_id": run_id})
    kind = type(SCHEDULE.validate_python(schedule.schedule)).__name__
    return {
        "id": run_id,
        "created": now,
        "updated": now,
        "name": random_run_name(),
        "flow_id": deployment.flow_id,
        "deployment_id": deployment.id,
        "deployment_version": deployment.version,
        "work_queue_id": deployment.work_queue_id,
        "work_queue_name": deployment.work_queue_name,
        "parameters": {**deployment.parameters, **schedule.parameters},
        "idempotency_key": idempotency_key(deployment.id, schedule.id, date),
        "context": {},
        "empirical_policy": FlowRunPolicy(),
        "tags": list(dict.fromkeys([AUTO_SCHEDULED_TAG, *deployment.tags])),
        "labels": {
            **deployment.labels,
            "prefect.flow.id": str(deployment.flow_id),
            "prefect.deployment.id": str(deployment.id),
        },
        "job_variables": None,
        "created_by": CreatedBy(id=schedule.id, type="SCHEDULE", display_value=schedule.slug or kind),
        "auto_scheduled": True,
        "run_count": 0,
        "total_run_time": 0.0,
        "expected_start_time": date,
        "next_scheduled_start_time": date,
        **_current_state(state, details),
    }


def _current_state(state: State, details: Any) -> dict[str, Any]:
    return {
        "state_id": state.id,
        "state_type": state.type,
        "state_name": state.name,
        "state_timestamp": state.timestamp,
        "state_message": state.message,
        "state_details": details,
    }


def _state_values(run: dict[str, Any]) -> dict[str, Any]:
    return {
        "id": run["state_id"],
        "created": run["created"],
        "updated": run["updated"],
        "flow_run_id": run["id"],
        "type": run["state_type"],
        "name": run["state_name"],
        "timestamp": run["state_timestamp"],
        "message": run["state_message"],
        "state_details": run["state_details"],
    }
