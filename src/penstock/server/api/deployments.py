"""Routes of deployments (orchestration.md 2.3-2.5)."""

from typing import Annotated, NoReturn
from uuid import UUID

from fastapi import APIRouter, Body, Response
from pydantic import TypeAdapter
from sqlalchemy.ext.asyncio import AsyncSession

from penstock.core.slices import make_each
from penstock.schemas.actions import DeploymentCreate, DeploymentUpdate
from penstock.schemas.filters import DeploymentFilter
from penstock.schemas.lists import list_of
from penstock.schemas.responses import (
    BulkDeleteResponse,
    DeploymentPaginationResponse,
    DeploymentResponse,
    WorkQueueResponse,
    count_pages,
)
from penstock.schemas.sorting import DeploymentSort
from penstock.server.api.concurrency_limit_answers import global_limit
from penstock.server.api.dependencies import Database
from penstock.server.api.deployment_requests import prepare_deployment, values_to_update
from penstock.server.api.deployment_schedules import merge_schedules
from penstock.server.api.errors import not_found
from penstock.server.api.json_answers import json_answer, no_content
from penstock.server.api.json_requests import JsonRoute
from penstock.server.api.paging import BulkLimit, Limit, Offset, Page
from penstock.server.api.related_filters import Filters
from penstock.server.database.orm_models import Deployment
from penstock.server.models import deployments
from penstock.server.orchestration.deletions import delete_deployment as delete_with_waiting_runs

router = APIRouter(prefix="/deployments", tags=["Deployments"], route_class=JsonRoute)

DEPLOYMENT = TypeAdapter(DeploymentResponse)
DEPLOYMENTS = list_of(DeploymentResponse)
PAGE_OF_DEPLOYMENTS = TypeAdapter(DeploymentPaginationResponse)
COUNT = TypeAdapter(int)
DELETED = TypeAdapter(BulkDeleteResponse)
QUEUES = list_of(WorkQueueResponse)

Sort = Annotated[DeploymentSort | None, Body()]


async def require_deployment(
    session: AsyncSession, deployment_id: UUID, *, with_schedules: bool = True
) -> Deployment:
    """Return the deployment, or answer 404."""
    deployment = await deployments.read_deployment(
        session=session, deployment_id=deployment_id, with_schedules=with_schedules
    )
    if deployment is None:
        deployment_not_found()
    return deployment


def deployment_not_found() -> NoReturn:
    """Answer 404 for a deployment."""
    not_found("Deployment not found")


@router.post("/", status_code=201, response_model=DeploymentResponse)
async def create_deployment(deployment: DeploymentCreate, db: Database) -> Response:
    """Create a deployment (201), or bring the one of that flow and name up to date (200).

    Its work queue is created when it is missing; its work pool must exist.
    """
    async with db.session_context(begin_transaction=True) as session:
        prepared = await prepare_deployment(session, deployment)
        row = await deployments.create_deployment(
            session=session, deployment=prepared.deployment, work_queue_id=prepared.work_queue_id
        )
        response = _response(row)
    return json_answer(DEPLOYMENT, response, status_code=201 if prepared.is_new else 200)


@router.get("/{deployment_id:uuid}", response_model=DeploymentResponse)
async def read_deployment(deployment_id: UUID, db: Database) -> Response:
    """Read a deployment by id."""
    async with db.session_context() as session:
        response = _response(await require_deployment(session, deployment_id))
    return json_answer(DEPLOYMENT, response)


@router.get("/name/{flow_name}/{deployment_name}", response_model=DeploymentResponse)
async def read_deployment_by_name(flow_name: str, deployment_name: str, db: Database) -> Response:
    """Read a deployment by the names of its flow and its own."""
    async with db.session_context() as session:
        row = await deployments.read_deployment_by_name(
            session=session, name=deployment_name, flow_name=flow_name
        )
    if row is None:
        not_found("Deployment not found")
    return json_answer(DEPLOYMENT, _response(row))


@router.post("/filter", response_model=list[DeploymentResponse])
async def read_deployments(
    filters: Filters, limit: Limit, offset: Offset, db: Database, sort: Sort = DeploymentSort.NAME_ASC
) -> Response:
    """Read deployments, by name unless asked otherwise."""
    async with db.listing_context() as session:
        rows = await deployments.read_deployments(
            session=session,
            deployment_filter=filters.deployments,
            relations=filters.of_deployments(),
            sort=sort or DeploymentSort.NAME_ASC,
            offset=offset,
            limit=limit,
        )
        answer = await make_each(_response, rows)
    return json_answer(DEPLOYMENTS, answer)


@router.post("/paginate", response_model=DeploymentPaginationResponse)
async def read_page_of_deployments(
    filters: Filters, limit: Limit, page: Page, db: Database, sort: Sort = DeploymentSort.NAME_ASC
) -> Response:
    """Read one numbered page of deployments, and how many there are."""
    async with db.listing_context() as session:
        rows = await deployments.read_deployments(
            session=session,
            deployment_filter=filters.deployments,
            relations=filters.of_deployments(),
            sort=sort or DeploymentSort.NAME_ASC,
            offset=(page - 1) * limit,
            limit=limit,
        )
        count = await deployments.count_deployments(
            session=session, deployment_filter=filters.deployments, relations=filters.of_deployments()
        )
        results = await make_each(_response, rows)
    answer = DeploymentPaginationResponse(
        results=results,
        count=count,
        limit=limit,
        pages=count_pages(count, limit),
        page=page,
    )
    return json_answer(PAGE_OF_DEPLOYMENTS, answer)


@router.post("/count", response_model=int)
async def count_deployments(filters: Filters, db: Database) -> Response:
    """Count deployments."""
    async with db.session_context() as session:
        count = await deployments.count_deployments(
            session=session, deployment_filter=filters.deployments, relations=filters.of_deployments()
        )
    return json_answer(COUNT, count)


@router.patch("/{deployment_id:uuid}", status_code=204)
async def update_deployment(deployment_id: UUID, deployment: DeploymentUpdate, db: Database) -> Response:
    """Change the fields that are present in the body."""
    async with db.session_context(begin_transaction=True) as session:
        existing = await require_deployment(session, deployment_id)
        values = await values_to_update(session, existing, deployment)
        schedules = None
        if "schedules" in deployment.model_fields_set:
            schedules = merge_schedules(existing.schedules, deployment.schedules)
        await deployments.update_deployment(
            session=session, deployment_id=deployment_id, values=values, wanted_schedules=schedules
        )
    return no_content()


@router.delete("/{deployment_id:uuid}", status_code=204)
async def delete_deployment(deployment_id: UUID, db: Database) -> Response:
    """Delete a deployment with its schedules and the runs that have not started."""
    async with db.session_context(begin_transaction=True) as session:
        deleted = await delete_with_waiting_runs(session=session, deployment_id=deployment_id)
    if not deleted:
        not_found("Deployment not found")
    return no_content()


@router.post("/bulk_delete", response_model=BulkDeleteResponse)
async def delete_deployments(
    db: Database,
    chosen: Annotated[DeploymentFilter | None, Body(alias="deployments")] = None,
    limit: BulkLimit = 50,
) -> Response:
    """Delete the first deployments that match, each with its schedules and waiting runs."""
    async with db.session_context(begin_transaction=True) as session:
        rows = await deployments.read_deployments(session=session, deployment_filter=chosen, limit=limit)
        ids = [row.id for row in rows]
        deleted = [one for one in ids if await delete_with_waiting_runs(session=session, deployment_id=one)]
    return json_answer(DELETED, BulkDeleteResponse(deleted=deleted))


@router.get("/{deployment_id:uuid}/work_queue_check", response_model=list[WorkQueueResponse])
async def read_work_queues_of_deployment(deployment_id: UUID, db: Database) -> Response:
    """Read the work queue that the deployment's runs go to, as a list; old clients ask for it."""
    async with db.session_context() as session:
        row = await require_deployment(session, deployment_id)
    if row.work_queue is None or row.work_pool is None:
        return json_answer(QUEUES, [])
    queue = WorkQueueResponse.from_row(row.work_queue, work_pool_name=row.work_pool.name)
    return json_answer(QUEUES, [queue], exclude={"__all__": {"active_slots"}})


def _response(row: Deployment) -> DeploymentResponse:
    return DeploymentResponse.from_row(
        row,
        work_pool_name=row.work_pool.name if row.work_pool else None,
        work_queue_name=row.work_queue.name if row.work_queue else None,
        global_concurrency_limit=global_limit(row.concurrency_limit) if row.concurrency_limit else None,
    )
