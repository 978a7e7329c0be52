"""Routes that make and hand out the runs of deployments (orchestration.md 2.5, 2.6)."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Body, HTTPException, Response
from pydantic import TypeAdapter
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncSession

from penstock.core.errors import PenstockError
from penstock.core.states import StateType
from penstock.schemas.actions import DeploymentFlowRunCreate
from penstock.schemas.filters import (
    FlowRunFilter,
    FlowRunFilterDeploymentId,
    FlowRunFilterNextScheduledStartTime,
    FlowRunFilterState,
    FlowRunFilterStateType,
)
from penstock.schemas.filters.operators import AnyOf
from penstock.schemas.responses import FlowRunBulkCreateResponse, FlowRunCreateResult, FlowRunResponse
from penstock.schemas.sorting import FlowRunSort
from penstock.schemas.timestamps import Timestamp
from penstock.server.api.dependencies import Database, Recorder
from penstock.server.api.deployments import deployment_not_found, require_deployment
from penstock.server.api.flow_run_answers import new_flow_run, wanted_flow_run
from penstock.server.api.flow_run_requests import DescribedRuns, read_deployment_run_to_create
from penstock.server.api.json_answers import json_answer, json_text
from penstock.server.api.json_requests import JsonRoute
from penstock.server.api.paging import Limit
from penstock.server.database import DBInterface
from penstock.server.database.orm_models import Deployment
from penstock.server.database.told import dump_told
from penstock.server.models import new_flow_runs
from penstock.server.models.deployments.of_new_runs import read_deployment_of_new_run
from penstock.server.models.told_flow_runs import read_told_flow_runs

router = APIRouter(prefix="/deployments", tags=["Deployments"], route_class=JsonRoute)

RESULTS = TypeAdapter(FlowRunBulkCreateResponse)
MOST_RUNS_AT_ONCE = 100


@router.post("/{deployment_id:uuid}/create_flow_run", status_code=201, response_model=FlowRunResponse)
async def create_flow_run_from_deployment(
    deployment_id: UUID, flow_run: DeploymentFlowRunCreate, db: Database
) -> Response:
    """Create a run of a deployment (201), or return the one of that idempotency key (200).

    Without a state it is scheduled for now.
    """
    if _is_unrelated(flow_run):
        return await _create_unrelated(db, deployment_id, flow_run)
    async with db.session_context(begin_transaction=True) as session:
        deployment = await require_deployment(session, deployment_id, with_schedules=False)
        wanted = await read_deployment_run_to_create(session, deployment, flow_run)
        row = await new_flow_runs.create_flow_run(session=session, flow_run=wanted)
        return await wanted_flow_run(db.statements_of(session), row.id, is_new=row.id == wanted.id)


def _is_unrelated(asked: DeploymentFlowRunCreate) -> bool:
    """Return whether nothing else is written with the run: neither a parent's state nor a new queue."""
    return (
        asked.idempotency_key is None and asked.parent_task_run_id is None and asked.work_queue_name is None
    )


async def _create_unrelated(db: DBInterface, deployment_id: UUID, asked: DeploymentFlowRunCreate) -> Response:
    async with db.single_write_context() as (session, statements):
        found = await read_deployment_of_new_run(statements, deployment_id)
        if found is None:
            deployment_not_found()
        deployment, context = found
        wanted = await read_deployment_run_to_create(session, deployment, asked)
        row, context = await new_flow_runs.create_unrelated_flow_run(
            session=session, statements=statements, flow_run=wanted, context=context
        )
    return new_flow_run(row, context)


@router.post("/{deployment_id:uuid}/create_flow_run/bulk", response_model=FlowRunBulkCreateResponse)
async def create_flow_runs_from_deployment(
    deployment_id: UUID, wanted: Annotated[list[DeploymentFlowRunCreate], Body()], db: Database
) -> Response:
    """Create several runs of a deployment; one that cannot be created is told and stops no other."""
    if len(wanted) > MOST_RUNS_AT_ONCE:
        raise HTTPException(400, f"At most {MOST_RUNS_AT_ONCE} runs can be created by one request.")
    async with db.session_context(begin_transaction=True) as session:
        deployment = await require_deployment(session, deployment_id, with_schedules=False)
        results = await _create_all(session, deployment, wanted)
        if results is None:
            results = [await _create_one(session, deployment, one) for one in wanted]
    return json_answer(RESULTS, FlowRunBulkCreateResponse(results=results))


async def _create_all(
    session: AsyncSession, deployment: Deployment, asked: list[DeploymentFlowRunCreate]
) -> list[FlowRunCreateResult] | None:
    """Create all runs together; None, with nothing changed, when one of them cannot be."""
    try:
        async with session.begin_nested():
            described = DescribedRuns(session, deployment)
            wanted = [await described.read(one) for one in asked]
            rows = await new_flow_runs.create_flow_runs(session=session, flow_runs=wanted)
    except (PenstockError, HTTPException, SQLAlchemyError):
        return None
    return [FlowRunCreateResult(flow_run_id=row.id, status="CREATED") for row in rows]


async def _create_one(
    session: AsyncSession, deployment: Deployment, asked: DeploymentFlowRunCreate
) -> FlowRunCreateResult:
    try:
        async with session.begin_nested():
            wanted = await read_deployment_run_to_create(session, deployment, asked)
            row = await new_flow_runs.create_flow_run(session=session, flow_run=wanted)
            return FlowRunCreateResult(flow_run_id=row.id, status="CREATED")
    except PenstockError as error:
        return FlowRunCreateResult(status="FAILED", error=str(error))
    except HTTPException as error:
        return FlowRunCreateResult(status="FAILED", error=str(error.detail))
    except SQLAlchemyError:
        return FlowRunCreateResult(status="FAILED", error="The database refused the run.")


@router.post("/get_scheduled_flow_runs", response_model=list[FlowRunResponse])
async def read_scheduled_flow_runs_of_deployments(
    deployment_ids: Annotated[AnyOf[UUID], Body()],
    limit: Limit,
    db: Database,
    polls: Recorder,
    scheduled_before: Annotated[
        Timestamp | None, Body(description="Only runs planned for then or earlier; all when left out.")
    ] = None,
) -> Response:
    """Read the scheduled runs of deployments that are served without a work pool, by start time."""
    due = FlowRunFilter(
        deployment_id=FlowRunFilterDeploymentId(any_=deployment_ids),
        state=FlowRunFilterState(type=FlowRunFilterStateType(any_=[StateType.SCHEDULED])),
        next_scheduled_start_time=(
            None
            if scheduled_before is None
            else FlowRunFilterNextScheduledStartTime(before_=scheduled_before)
        ),
    )
    async with db.looking_context() as session:
        told = await read_told_flow_runs(
            session, flow_run_filter=due, sort=FlowRunSort.NEXT_SCHEDULED_START_TIME_ASC, limit=limit
        )
    polls.note(deployment_ids=deployment_ids)
    return json_text(dump_told(told))
