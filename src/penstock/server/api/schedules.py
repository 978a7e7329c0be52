"""Routes of the schedules of deployments (orchestration.md 2.5)."""

from datetime import timedelta
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Body, Response
from pydantic import Field, TypeAdapter

from penstock.schemas.actions import DeploymentScheduleCreate, DeploymentScheduleUpdate
from penstock.schemas.lists import list_of
from penstock.schemas.responses import DeploymentScheduleResponse
from penstock.schemas.timestamps import Timestamp
from penstock.server.api.dependencies import Database, ScheduleMaker
from penstock.server.api.deployments import require_deployment
from penstock.server.api.errors import not_found, unless_taken
from penstock.server.api.json_answers import json_answer, no_content
from penstock.server.api.json_requests import JsonRoute
from penstock.server.models import deployments, schedules

router = APIRouter(prefix="/deployments", tags=["Deployment schedules"], route_class=JsonRoute)

SCHEDULES = list_of(DeploymentScheduleResponse)
NOTHING = TypeAdapter(None)

MOST_SECONDS = 36_525 * 86_400

RunCount = Annotated[int, Field(ge=0, le=1000)]
Seconds = Annotated[timedelta, Field(ge=timedelta(0), le=timedelta(seconds=MOST_SECONDS))]


@router.get("/{deployment_id:uuid}/schedules", response_model=list[DeploymentScheduleResponse])
async def read_deployment_schedules(deployment_id: UUID, db: Database) -> Response:
    """Read the schedules of a deployment, the last changed first."""
    async with db.session_context() as session:
        await require_deployment(session, deployment_id)
        rows = await schedules.read_deployment_schedules(session=session, deployment_id=deployment_id)
    return json_answer(SCHEDULES, [DeploymentScheduleResponse.model_validate(row) for row in rows])


@router.post(
    "/{deployment_id:uuid}/schedules", status_code=201, response_model=list[DeploymentScheduleResponse]
)
async def create_deployment_schedules(
    deployment_id: UUID, wanted: Annotated[list[DeploymentScheduleCreate], Body()], db: Database
) -> Response:
    """Add schedules to a deployment; runs that are there stay as they are."""
    slugs = ", ".join(one.slug for one in wanted if one.slug is not None)
    async with db.session_context(begin_transaction=True) as session:
        with unless_taken("A schedule of the deployment with the slug", slugs):
            rows = await schedules.create_deployment_schedules(
                session=session, deployment_id=deployment_id, schedules=wanted
            )
    if rows is None:
        not_found("Deployment not found")
    answer = [DeploymentScheduleResponse.model_validate(row) for row in rows]
    return json_answer(SCHEDULES, answer, status_code=201)


@router.patch("/{deployment_id:uuid}/schedules/{schedule_id:uuid}", status_code=204)
async def update_deployment_schedule(
    deployment_id: UUID, schedule_id: UUID, schedule: DeploymentScheduleUpdate, db: Database
) -> Response:
    """Change a schedule; the runs that schedules of the deployment made for the future are made anew."""
    async with db.session_context(begin_transaction=True) as session:
        with unless_taken("A schedule of the deployment with the slug", schedule.slug):
            updated = await schedules.update_deployment_schedule(
                session=session, deployment_id=deployment_id, schedule_id=schedule_id, schedule=schedule
            )
    if not updated:
        not_found("Schedule not found")
    return no_content()


@router.delete("/{deployment_id:uuid}/schedules/{schedule_id:uuid}", status_code=204)
async def delete_deployment_schedule(deployment_id: UUID, schedule_id: UUID, db: Database) -> Response:
    """Delete a schedule, with all waiting runs that schedules of the deployment made."""
    async with db.session_context(begin_transaction=True) as session:
        deleted = await schedules.delete_deployment_schedule(
            session=session, deployment_id=deployment_id, schedule_id=schedule_id
        )
    if not deleted:
        not_found("Schedule not found")
    return no_content()


@router.post("/{deployment_id:uuid}/schedule", response_model=None)
async def schedule_deployment(
    deployment_id: UUID,
    scheduler: ScheduleMaker,
    start_time: Annotated[Timestamp | None, Body(description="Now, when left out; may be past.")] = None,
    end_time: Annotated[Timestamp | None, Body()] = None,
    min_time: Annotated[Seconds | None, Body(description="Seconds to reach at least.")] = None,
    min_runs: Annotated[RunCount | None, Body()] = None,
    max_runs: Annotated[RunCount | None, Body()] = None,
) -> Response:
    """Make the runs of a deployment's schedules now, as far ahead as the server does or as asked for."""
    horizon = scheduler.horizon(
        start=start_time, end=end_time, min_time=min_time, min_runs=min_runs, max_runs=max_runs
    )
    if await scheduler.make_runs(deployment_id, horizon) is None:
        not_found("Deployment not found")
    return json_answer(NOTHING, None)


@router.post("/{deployment_id:uuid}/pause_deployment", response_model=None)
async def pause_deployment(deployment_id: UUID, db: Database) -> Response:
    """Make no more runs from the deployment's schedules, and delete those that wait."""
    async with db.session_context(begin_transaction=True) as session:
        paused = await deployments.set_deployment_paused(
            session=session, deployment_id=deployment_id, paused=True
        )
    if not paused:
        not_found("Deployment not found")
    return json_answer(NOTHING, None)


@router.post("/{deployment_id:uuid}/resume_deployment", response_model=None)
async def resume_deployment(deployment_id: UUID, db: Database) -> Response:
    """Make runs from the deployment's schedules again."""
    async with db.session_context(begin_transaction=True) as session:
        resumed = await deployments.set_deployment_paused(
            session=session, deployment_id=deployment_id, paused=False
        )
    if not resumed:
        not_found("Deployment not found")
    return json_answer(NOTHING, None)
