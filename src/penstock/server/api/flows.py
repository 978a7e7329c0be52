"""Routes of flows (orchestration.md 2.1)."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Body, Response
from pydantic import TypeAdapter

from penstock.core.ids import uuid7
from penstock.schemas.actions import FlowCreate, FlowUpdate
from penstock.schemas.core import Flow
from penstock.schemas.filters import FlowFilter
from penstock.schemas.lists import list_of
from penstock.schemas.responses import BulkDeleteResponse, FlowPaginationResponse, count_pages
from penstock.schemas.sorting import FlowSort
from penstock.server.api.dependencies import Database
from penstock.server.api.errors import not_found
from penstock.server.api.json_answers import json_answer, no_content
from penstock.server.api.json_requests import JsonRoute
from penstock.server.api.paging import BulkLimit, Limit, Offset, Page
from penstock.server.api.related_filters import Filters
from penstock.server.models import flows

router = APIRouter(prefix="/flows", tags=["Flows"], route_class=JsonRoute)

FLOW = TypeAdapter(Flow)
FLOWS = list_of(Flow)
COUNT = TypeAdapter(int)
PAGE_OF_FLOWS = TypeAdapter(FlowPaginationResponse)
DELETED = TypeAdapter(BulkDeleteResponse)


@router.post("/", status_code=201, response_model=Flow)
async def create_flow(flow: FlowCreate, db: Database) -> Response:
    """Create a flow (201), or return the one of that name unchanged (200)."""
    wanted = Flow(id=uuid7(), name=flow.name, tags=flow.tags, labels=flow.labels)
    async with db.session_context() as session:
        row = await flows.read_flow_by_name(session=session, name=flow.name)
    if row is None:
        async with db.session_context(begin_transaction=True) as session:
            row = await flows.create_flow(session=session, flow=wanted)
    return json_answer(FLOW, Flow.model_validate(row), status_code=201 if row.id == wanted.id else 200)


@router.get("/{flow_id:uuid}", response_model=Flow)
async def read_flow(flow_id: UUID, db: Database) -> Response:
    """Read a flow by id."""
    async with db.session_context() as session:
        row = await flows.read_flow(session=session, flow_id=flow_id)
    if row is None:
        not_found("Flow not found")
    return json_answer(FLOW, Flow.model_validate(row))


@router.get("/name/{name}", response_model=Flow)
async def read_flow_by_name(name: str, db: Database) -> Response:
    """Read a flow by name."""
    async with db.session_context() as session:
        row = await flows.read_flow_by_name(session=session, name=name)
    if row is None:
        not_found("Flow not found")
    return json_answer(FLOW, Flow.model_validate(row))


@router.post("/filter", response_model=list[Flow])
async def read_flows(
    filters: Filters,
    limit: Limit,
    offset: Offset,
    db: Database,
    sort: Annotated[FlowSort | None, Body()] = FlowSort.NAME_ASC,
) -> Response:
    """Read flows."""
    async with db.session_context() as session:
        rows = await flows.read_flows(
            session=session,
            flow_filter=filters.flows,
            relations=filters.of_flows(),
            sort=sort or FlowSort.NAME_ASC,
            offset=offset,
            limit=limit,
        )
    return json_answer(FLOWS, [Flow.model_validate(row) for row in rows])


@router.post("/count", response_model=int)
async def count_flows(filters: Filters, db: Database) -> Response:
    """Count flows."""
    async with db.session_context() as session:
        count = await flows.count_flows(
            session=session, flow_filter=filters.flows, relations=filters.of_flows()
        )
    return json_answer(COUNT, count)


@router.post("/paginate", response_model=FlowPaginationResponse)
async def read_page_of_flows(
    filters: Filters,
    limit: Limit,
    page: Page,
    db: Database,
    sort: Annotated[FlowSort | None, Body()] = FlowSort.NAME_ASC,
) -> Response:
    """Read one numbered page of flows, and how many there are."""
    async with db.session_context() as session:
        rows = await flows.read_flows(
            session=session,
            flow_filter=filters.flows,
            relations=filters.of_flows(),
            sort=sort or FlowSort.NAME_ASC,
            offset=(page - 1) * limit,
            limit=limit,
        )
        count = await flows.count_flows(
            session=session, flow_filter=filters.flows, relations=filters.of_flows()
        )
    answer = FlowPaginationResponse(
        results=[Flow.model_validate(row) for row in rows],
        count=count,
        limit=limit,
        pages=count_pages(count, limit),
        page=page,
    )
    return json_answer(PAGE_OF_FLOWS, answer)


@router.patch("/{flow_id:uuid}", status_code=204)
async def update_flow(flow_id: UUID, flow: FlowUpdate, db: Database) -> Response:
    """Change the fields that are present in the body."""
    async with db.session_context(begin_transaction=True) as session:
        updated = await flows.update_flow(session=session, flow_id=flow_id, flow=flow)
    if not updated:
        not_found("Flow not found")
    return no_content()


@router.delete("/{flow_id:uuid}", status_code=204)
async def delete_flow(flow_id: UUID, db: Database) -> Response:
    """Delete a flow with its deployments and runs."""
    async with db.session_context(begin_transaction=True) as session:
        deleted = await flows.delete_flow(session=session, flow_id=flow_id)
    if not deleted:
        not_found("Flow not found")
    return no_content()


@router.post("/bulk_delete", response_model=BulkDeleteResponse)
async def delete_flows(
    db: Database,
    chosen: Annotated[FlowFilter | None, Body(alias="flows")] = None,
    limit: BulkLimit = 50,
) -> Response:
    """Delete the first flows that match, with their deployments and runs."""
    async with db.session_context(begin_transaction=True) as session:
        rows = await flows.read_flows(session=session, flow_filter=chosen, limit=limit)
        ids = [row.id for row in rows]
        deleted = [one for one in ids if await flows.delete_flow(session=session, flow_id=one)]
    return json_answer(DELETED, BulkDeleteResponse(deleted=deleted))
