"""The older routes of work queues, by id and by name alone (workers.md 4.4)."""

from collections.abc import Sequence
from functools import partial
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Body, Header, Response
from pydantic import TypeAdapter
from sqlalchemy.ext.asyncio import AsyncSession

from penstock.schemas.actions import WorkQueueCreate, WorkQueueUpdate
from penstock.schemas.core import WorkQueueStatusDetail
from penstock.schemas.filters import WorkPoolFilter, WorkPoolFilterId, WorkQueueFilter
from penstock.schemas.lists import list_of
from penstock.schemas.responses import FlowRunResponse, WorkQueueResponse
from penstock.schemas.timestamps import Timestamp
from penstock.server.api.dependencies import Actor, Database, Recorder
from penstock.server.api.errors import conflict_on_value_error, not_found, unless_taken
from penstock.server.api.held_runs import Force, refuse_while_queue_is_held
from penstock.server.api.json_answers import json_answer, no_content
from penstock.server.api.json_requests import JsonRoute
from penstock.server.api.paging import Limit, Offset
from penstock.server.database.orm_models import WorkQueue
from penstock.server.models import work_queues, workers
from penstock.server.models.workers.pauses import say_who_acts

router = APIRouter(prefix="/work_queues", tags=["Work queues"], route_class=JsonRoute)

QUEUE = TypeAdapter(WorkQueueResponse)
QUEUES = list_of(WorkQueueResponse)
STATUS = TypeAdapter(WorkQueueStatusDetail)
RUNS = list_of(FlowRunResponse)


@router.post("/", status_code=201, response_model=WorkQueueResponse)
async def create_work_queue(work_queue: WorkQueueCreate, db: Database, actor: Actor) -> Response:
    """Create a work queue in the default agent pool, which is created when it is missing."""
    async with db.session_context(begin_transaction=True) as session:
        say_who_acts(session, actor)
        with unless_taken("Work queue", work_queue.name):
            created = await work_queues.create_work_queue(session=session, work_queue=work_queue)
        response = await _response(session, created)
    return json_answer(QUEUE, response, status_code=201)


@router.get("/{work_queue_id:uuid}", response_model=WorkQueueResponse)
async def read_work_queue(work_queue_id: UUID, db: Database) -> Response:
    """Read a work queue by id."""
    async with db.session_context() as session:
        work_queue = await work_queues.read_work_queue(session=session, work_queue_id=work_queue_id)
        if work_queue is None:
            not_found("work queue not found")
        response = await _response(session, work_queue)
    return json_answer(QUEUE, response)


@router.get("/name/{name}", response_model=WorkQueueResponse)
async def read_work_queue_by_name(name: str, db: Database) -> Response:
    """Read a work queue of the default agent pool by name; of any pool while there is no such pool."""
    async with db.session_context() as session:
        work_queue = await work_queues.read_work_queue_by_name(session=session, name=name)
        if work_queue is None:
            not_found("work queue not found")
        response = await _response(session, work_queue)
    return json_answer(QUEUE, response)


@router.post("/filter", response_model=list[WorkQueueResponse])
async def read_work_queues(
    limit: Limit,
    offset: Offset,
    db: Database,
    queue_filter: Annotated[WorkQueueFilter | None, Body(alias="work_queues")] = None,
) -> Response:
    """Read the work queues of all pools, by name."""
    async with db.session_context() as session:
        found = await work_queues.read_work_queues(
            session=session, offset=offset, limit=limit, work_queue_filter=queue_filter
        )
        responses = await _responses(session, found)
    return json_answer(QUEUES, responses)


@router.patch("/{work_queue_id:uuid}", status_code=204)
async def update_work_queue(
    work_queue_id: UUID, work_queue: WorkQueueUpdate, db: Database, actor: Actor
) -> Response:
    """Change the fields that are present in the body."""
    async with db.session_context(begin_transaction=True) as session:
        say_who_acts(session, actor)
        with unless_taken("Work queue", work_queue.name):
            updated = await work_queues.update_work_queue(
                session=session,
                work_queue_id=work_queue_id,
                work_queue=work_queue,
                emit_status_change=partial(workers.emit_work_queue_status_event, session),
            )
    if not updated:
        not_found(f"Work Queue {work_queue_id} not found")
    return no_content()


@router.delete("/{work_queue_id:uuid}", status_code=204)
async def delete_work_queue(work_queue_id: UUID, db: Database, force: Force = None) -> Response:
    """Delete a work queue; what has not ended goes to the pool's default queue, which can't be deleted."""
    async with db.session_context(begin_transaction=True) as session:
        if force is False:
            work_queue = await work_queues.read_work_queue(session=session, work_queue_id=work_queue_id)
            if work_queue is not None:
                await refuse_while_queue_is_held(session, work_queue)
        with conflict_on_value_error():
            deleted = await work_queues.delete_work_queue(session=session, work_queue_id=work_queue_id)
    if not deleted:
        not_found("work queue not found")
    return no_content()


@router.post("/{work_queue_id:uuid}/get_runs", response_model=list[FlowRunResponse])
async def read_runs_in_work_queue(
    work_queue_id: UUID,
    limit: Limit,
    db: Database,
    polls: Recorder,
    scheduled_before: Annotated[Timestamp | None, Body()] = None,
    x_prefect_ui: Annotated[
        bool | None,
        Header(description="True for somebody who only looks: the queue does not count as polled."),
    ] = False,
) -> Response:
    """Read which runs of one queue may start now, by start time; changes nothing."""
    async with db.session_context() as session:
        _, runs = await work_queues.get_runs_in_work_queue(
            session=session, work_queue_id=work_queue_id, limit=limit, scheduled_before=scheduled_before
        )
        responses = [FlowRunResponse.from_row(run) for run in runs]
    if not x_prefect_ui:
        polls.note(work_queue_ids=[work_queue_id])
    return json_answer(RUNS, responses)


@router.get("/{work_queue_id:uuid}/status", response_model=WorkQueueStatusDetail)
async def read_work_queue_status(work_queue_id: UUID, db: Database) -> Response:
    """Read whether a work queue is polled lately and has no late runs."""
    async with db.session_context() as session:
        status = await work_queues.read_work_queue_status(session=session, work_queue_id=work_queue_id)
    return json_answer(STATUS, status)


async def _response(session: AsyncSession, work_queue: WorkQueue) -> WorkQueueResponse:
    return (await _responses(session, [work_queue]))[0]


async def _responses(session: AsyncSession, found: Sequence[WorkQueue]) -> list[WorkQueueResponse]:
    pool_ids = list({work_queue.work_pool_id for work_queue in found})
    pools = await workers.read_work_pools(
        session=session, work_pool_filter=WorkPoolFilter(id=WorkPoolFilterId(any_=pool_ids))
    )
    pool_names = {pool.id: pool.name for pool in pools}
    limited = [work_queue.id for work_queue in found if work_queue.concurrency_limit is not None]
    slots = await work_queues.count_work_queue_active_slots_bulk(session=session, work_queue_ids=limited)
    return [
        WorkQueueResponse.from_row(
            work_queue, pool_names.get(work_queue.work_pool_id), slots.get(work_queue.id)
        )
        for work_queue in found
    ]
