"""Routes that show deployments at a glance."""

import asyncio
from collections.abc import Mapping
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query, Response
from pydantic import TypeAdapter

from penstock.schemas.responses import (
    DeploymentOutlook,
    DeploymentOverview,
    DeploymentOverviewPage,
    LastRun,
    UpcomingStartsOfSchedule,
    count_pages,
)
from penstock.server.api.concurrency_limit_answers import global_limit
from penstock.server.api.dependencies import Database
from penstock.server.api.deployments import require_deployment
from penstock.server.api.json_answers import json_answer
from penstock.server.api.json_requests import JsonRoute
from penstock.server.api.paging import Limit, Page
from penstock.server.api.related_filters import Filters
from penstock.server.database.orm_models import Deployment
from penstock.server.models import deployments, overview
from penstock.server.models.explain.holders import read_owners_of_limit
from penstock.server.models.schedules import count_scheduled_runs, upcoming_starts

router = APIRouter(prefix="/overview/deployments", tags=["Overview"], route_class=JsonRoute)

PAGE = TypeAdapter(DeploymentOverviewPage)
OUTLOOK = TypeAdapter(DeploymentOutlook)
COUNT = TypeAdapter(int)

MOST_SCHEDULES = 50
"""Schedules of one deployment whose starts are reckoned, the last changed first."""


@router.post("/paginate", response_model=DeploymentOverviewPage)
async def read_page_of_deployment_overviews(
    filters: Filters, limit: Limit, page: Page, db: Database
) -> Response:
    """Read one numbered page of deployments, by name, with their flows, limits and last runs."""
    async with db.session_context() as session:
        rows = await deployments.read_deployments(
            session=session,
            deployment_filter=filters.deployments,
            relations=filters.of_deployments(),
            offset=(page - 1) * limit,
            limit=limit,
        )
        count = await deployments.count_deployments(
            session=session, deployment_filter=filters.deployments, relations=filters.of_deployments()
        )
        flows = await overview.read_flow_names(session=session, flow_ids=[row.flow_id for row in rows])
        last_runs = await overview.read_last_runs(session=session, deployments=rows)
    answer = DeploymentOverviewPage(
        results=[_overview(row, flows, last_runs) for row in rows],
        count=count,
        limit=limit,
        pages=count_pages(count, limit),
        page=page,
    )
    return json_answer(PAGE, answer)


@router.get("/{deployment_id:uuid}", response_model=DeploymentOutlook)
async def read_deployment_outlook(
    deployment_id: UUID, db: Database, starts: Annotated[int, Query(ge=1, le=100)] = 10
) -> Response:
    """Read when the schedules of a deployment are due next, and who holds the slots of its limit."""
    async with db.session_context() as session:
        row = await require_deployment(session, deployment_id)
        flows = await overview.read_flow_names(session=session, flow_ids=[row.flow_id])
        limit_id = row.concurrency_limit_id
        owners = await read_owners_of_limit(session=session, limit_id=limit_id) if limit_id else []
    answer = DeploymentOutlook(
        flow_name=flows[row.flow_id],
        schedules=await asyncio.to_thread(_starts_of_schedules, row, starts),
        slot_owners=owners,
    )
    return json_answer(OUTLOOK, answer)


def _starts_of_schedules(row: Deployment, starts: int) -> list[UpcomingStartsOfSchedule]:
    """Reckon when the schedules are due next; a rule may have a million dates behind it."""
    return [
        UpcomingStartsOfSchedule(schedule_id=one.id, **dict(upcoming_starts(one.schedule, starts)))
        for one in row.schedules[:MOST_SCHEDULES]
    ]


@router.get("/{deployment_id:uuid}/scheduled_runs", response_model=int)
async def count_runs_of_schedules(deployment_id: UUID, db: Database) -> Response:
    """Count the runs that the schedules of a deployment have made and that wait to start."""
    async with db.session_context() as session:
        await require_deployment(session, deployment_id)
        count = await count_scheduled_runs(session=session, deployment_id=deployment_id)
    return json_answer(COUNT, count)


def _overview(
    row: Deployment, flows: Mapping[UUID, str], last_runs: Mapping[UUID, LastRun]
) -> DeploymentOverview:
    return DeploymentOverview(
        id=row.id,
        name=row.name,
        description=row.description,
        flow_id=row.flow_id,
        flow_name=flows[row.flow_id],
        work_pool_name=row.work_pool.name if row.work_pool else None,
        work_queue_name=row.work_queue.name if row.work_queue else row.work_queue_name,
        status=row.status,
        paused=row.paused,
        tags=row.tags,
        schedule_count=len(row.schedules),
        active_schedules=sum(one.active for one in row.schedules),
        limit=global_limit(row.concurrency_limit) if row.concurrency_limit else None,
        last_run=last_runs.get(row.id),
    )
