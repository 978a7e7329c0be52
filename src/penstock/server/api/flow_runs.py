"""Routes of flow runs (orchestration.md 2.7)."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Body, Query, Response
from pydantic import TypeAdapter

from penstock.schemas.actions import FlowRunCreate, FlowRunUpdate
from penstock.schemas.filters import FlowRunFilter
from penstock.schemas.responses import (
    BulkDeleteResponse,
    FlowRunPaginationResponse,
    FlowRunResponse,
    count_pages,
)
from penstock.schemas.sorting import FlowRunSort
from penstock.schemas.values import LARGEST_INTEGER, Labels
from penstock.server.api.dependencies import Database
from penstock.server.api.errors import not_found
from penstock.server.api.flow_run_answers import new_flow_run, wanted_flow_run
from penstock.server.api.flow_run_requests import check_job_variables_can_change, read_flow_run_to_create
from penstock.server.api.json_answers import json_answer, json_text, no_content
from penstock.server.api.json_requests import JsonRoute
from penstock.server.api.paging import BulkLimit, Limit, Offset, Page
from penstock.server.api.related_filters import Filters
from penstock.server.database.told import dump_told
from penstock.server.models import flow_runs, new_flow_runs
from penstock.server.models.told_flow_runs import read_told_flow_run, read_told_flow_runs

router = APIRouter(prefix="/flow_runs", tags=["Flow runs"], route_class=JsonRoute)

COUNT = TypeAdapter(int)
DELETED = TypeAdapter(BulkDeleteResponse)

Sort = Annotated[FlowRunSort | None, Body()]


@router.post("/", status_code=201, response_model=FlowRunResponse)
async def create_flow_run(flow_run: FlowRunCreate, db: Database) -> Response:
    """Create a run (201), or return the one of that idempotency key unchanged (200)."""
    if flow_run.idempotency_key is None and flow_run.parent_task_run_id is None:
        async with db.single_write_context() as (session, statements):
            wanted = await read_flow_run_to_create(session, flow_run)
            row, context = await new_flow_runs.create_unrelated_flow_run(
                session=session, statements=statements, flow_run=wanted
            )
        return new_flow_run(row, context)
    async with db.session_context(begin_transaction=True) as session:
        wanted = await read_flow_run_to_create(session, flow_run)
        row = await new_flow_runs.create_flow_run(session=session, flow_run=wanted)
        return await wanted_flow_run(db.statements_of(session), row.id, is_new=row.id == wanted.id)


@router.get("/{flow_run_id:uuid}", response_model=FlowRunResponse)
async def read_flow_run(flow_run_id: UUID, db: Database) -> Response:
    """Read a run by id."""
    async with db.direct_context() as statements:
        told = await read_told_flow_run(statements, flow_run_id)
    if told is None:
        not_found("Flow run not found")
    return json_text(dump_told(told))


@router.post("/filter", response_model=list[FlowRunResponse])
async def read_flow_runs(
    filters: Filters, limit: Limit, offset: Offset, db: Database, sort: Sort = FlowRunSort.ID_DESC
) -> Response:
    """Read runs, the newest first unless asked otherwise."""
    async with db.listing_context() as session:
        told = await read_told_flow_runs(
            session,
            flow_run_filter=filters.flow_runs,
            relations=filters.of_flow_runs(),
            sort=sort or FlowRunSort.ID_DESC,
            offset=offset,
            limit=limit,
        )
    return json_text(dump_told(told))


@router.post("/paginate", response_model=FlowRunPaginationResponse)
async def read_page_of_flow_runs(
    filters: Filters, limit: Limit, page: Page, db: Database, sort: Sort = FlowRunSort.ID_DESC
) -> Response:
    """Read one numbered page of runs, and how many there are."""
    async with db.listing_context() as session:
        told = await read_told_flow_runs(
            session,
            flow_run_filter=filters.flow_runs,
            relations=filters.of_flow_runs(),
            sort=sort or FlowRunSort.ID_DESC,
            offset=(page - 1) * limit,
            limit=limit,
        )
        count = await flow_runs.count_flow_runs(
            session=session, flow_run_filter=filters.flow_runs, relations=filters.of_flow_runs()
        )
    pages = count_pages(count, limit)
    answer = {"results": told, "count": count, "limit": limit, "pages": pages, "page": page}
    return json_text(dump_told(answer))


@router.post("/count", response_model=int)
async def count_flow_runs(filters: Filters, db: Database) -> Response:
    """Count runs."""
    async with db.looking_context() as session:
        count = await flow_runs.count_flow_runs(
            session=session, flow_run_filter=filters.flow_runs, relations=filters.of_flow_runs()
        )
    return json_answer(COUNT, count)


@router.patch("/{flow_run_id:uuid}", status_code=204)
async def update_flow_run(
    flow_run_id: UUID,
    flow_run: FlowRunUpdate,
    db: Database,
    attempt: Annotated[
        int | None,
        Query(
            ge=1, le=LARGEST_INTEGER, description="The attempt that the caller claimed; 409 when it is over."
        ),
    ] = None,
) -> Response:
    """Change the fields that are present in the body; each replaces the stored one as a whole."""
    async with db.session_context(begin_transaction=True) as session:
        if flow_run.job_variables is not None:
            await check_job_variables_can_change(session, flow_run_id, flow_run.job_variables)
        updated = await flow_runs.update_flow_run(
            session=session, flow_run_id=flow_run_id, flow_run=flow_run, attempt=attempt
        )
    if not updated:
        not_found("Flow run not found")
    return no_content()


@router.patch("/{flow_run_id:uuid}/labels", status_code=204)
async def update_flow_run_labels(
    flow_run_id: UUID, labels: Annotated[Labels, Body()], db: Database
) -> Response:
    """Add these labels to the run's."""
    async with db.session_context(begin_transaction=True) as session:
        updated = await flow_runs.update_flow_run_labels(
            session=session, flow_run_id=flow_run_id, labels=labels
        )
    if not updated:
        not_found("Flow run not found")
    return no_content()


@router.delete("/{flow_run_id:uuid}", status_code=204)
async def delete_flow_run(flow_run_id: UUID, db: Database) -> Response:
    """Delete a run with its history and logs."""
    async with db.session_context(begin_transaction=True) as session:
        deleted = await flow_runs.delete_flow_run(session=session, flow_run_id=flow_run_id)
    if not deleted:
        not_found("Flow run not found")
    return no_content()


@router.post("/bulk_delete", response_model=BulkDeleteResponse)
async def delete_flow_runs(
    db: Database,
    chosen: Annotated[FlowRunFilter | None, Body(alias="flow_runs")] = None,
    limit: BulkLimit = 50,
) -> Response:
    """Delete the newest runs that match, each with its history and logs."""
    async with db.session_context(begin_transaction=True) as session:
        rows = await flow_runs.read_flow_runs(session=session, flow_run_filter=chosen, limit=limit)
        ids = [row.id for row in rows]
        deleted = [one for one in ids if await flow_runs.delete_flow_run(session=session, flow_run_id=one)]
    return json_answer(DELETED, BulkDeleteResponse(deleted=deleted))
