"""Routes of the work queues of one pool (workers.md 4.2)."""

from collections.abc import Mapping, Sequence
from functools import partial
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Body, Response
from pydantic import TypeAdapter
from sqlalchemy.ext.asyncio import AsyncSession

from penstock.schemas.actions import WorkQueueCreate, WorkQueueUpdate
from penstock.schemas.filters import WorkQueueFilter
from penstock.schemas.lists import list_of
from penstock.schemas.responses import WorkQueueResponse
from penstock.server.api.dependencies import Actor, Database
from penstock.server.api.errors import conflict_on_value_error, not_found, unless_taken
from penstock.server.api.held_runs import Force, refuse_while_queue_is_held
from penstock.server.api.json_answers import json_answer, no_content
from penstock.server.api.json_requests import JsonRoute
from penstock.server.api.paging import Limit, Offset
from penstock.server.api.work_pools import require_work_pool
from penstock.server.database.orm_models import WorkQueue
from penstock.server.models import workers
from penstock.server.models.workers.pauses import say_who_acts

router = APIRouter(prefix="/work_pools/{work_pool_name}/queues", tags=["Work queues"], route_class=JsonRoute)

QUEUE = TypeAdapter(WorkQueueResponse)
QUEUES = list_of(WorkQueueResponse)


async def require_work_queue(session: AsyncSession, work_pool_name: str, work_queue_name: str) -> WorkQueue:
    """Return the queue, or answer 404 for whichever of the two is missing."""
    work_queue = await workers.read_work_queue_by_name(
        session=session, work_pool_name=work_pool_name, work_queue_name=work_queue_name
    )
    if work_queue is None:
        await require_work_pool(session, work_pool_name)
        not_found(f"Work pool queue '{work_pool_name}/{work_queue_name}' not found.")
    return work_queue


@router.post("", status_code=201, response_model=WorkQueueResponse)
async def create_work_queue(
    work_pool_name: str, work_queue: WorkQueueCreate, db: Database, actor: Actor
) -> Response:
    """Create a work queue in a pool; without a priority it gets the first free one."""
    async with db.session_context(begin_transaction=True) as session:
        say_who_acts(session, actor)
        work_pool = await require_work_pool(session, work_pool_name)
        with unless_taken("Work queue", f"{work_pool_name}/{work_queue.name}"):
            created = await workers.create_work_queue(
                session=session, work_pool_id=work_pool.id, work_queue=work_queue
            )
        response = _response(created, work_pool_name, {})
    return json_answer(QUEUE, response, status_code=201)


@router.get("/{work_queue_name}", response_model=WorkQueueResponse)
async def read_work_queue(work_pool_name: str, work_queue_name: str, db: Database) -> Response:
    """Read a work queue by name."""
    async with db.looking_context() as session:
        work_queue = await require_work_queue(session, work_pool_name, work_queue_name)
        active_slots = await _count_active_slots(session, [work_queue])
    return json_answer(QUEUE, _response(work_queue, work_pool_name, active_slots))


@router.post("/filter", response_model=list[WorkQueueResponse])
async def read_work_queues(
    work_pool_name: str,
    limit: Limit,
    offset: Offset,
    db: Database,
    work_queues: Annotated[WorkQueueFilter | None, Body()] = None,
) -> Response:
    """Read the work queues of a pool, ordered by priority."""
    async with db.looking_context() as session:
        work_pool = await require_work_pool(session, work_pool_name)
        found = await workers.read_work_queues(
            session=session,
            work_pool_id=work_pool.id,
            work_queue_filter=work_queues,
            limit=limit,
            offset=offset,
        )
        active_slots = await _count_active_slots(session, found)
    return json_answer(QUEUES, [_response(work_queue, work_pool_name, active_slots) for work_queue in found])


@router.patch("/{work_queue_name}", status_code=204)
async def update_work_queue(
    work_pool_name: str, work_queue_name: str, work_queue: WorkQueueUpdate, db: Database, actor: Actor
) -> Response:
    """Change the fields that are present in the body; a new priority pushes others down."""
    async with db.session_context(begin_transaction=True) as session:
        say_who_acts(session, actor)
        existing = await require_work_queue(session, work_pool_name, work_queue_name)
        with unless_taken("Work queue", f"{work_pool_name}/{work_queue.name}"):
            await workers.update_work_queue(
                session=session,
                work_queue_id=existing.id,
                work_queue=work_queue,
                emit_status_change=partial(workers.emit_work_queue_status_event, session),
            )
    return no_content()


@router.delete("/{work_queue_name}", status_code=204)
async def delete_work_queue(
    work_pool_name: str, work_queue_name: str, db: Database, force: Force = None
) -> Response:
    """Delete a work queue; what has not ended goes to the pool's default queue, which can't be deleted."""
    async with db.session_context(begin_transaction=True) as session:
        work_queue = await require_work_queue(session, work_pool_name, work_queue_name)
        if force is False:
            await refuse_while_queue_is_held(session, work_queue)
        with conflict_on_value_error():
            await workers.delete_work_queue(session=session, work_queue_id=work_queue.id)
    return no_content()


async def _count_active_slots(session: AsyncSession, work_queues: Sequence[WorkQueue]) -> dict[UUID, int]:
    limited = [work_queue.id for work_queue in work_queues if work_queue.concurrency_limit is not None]
    return await workers.count_work_queue_active_slots_bulk(session=session, work_queue_ids=limited)


def _response(
    work_queue: WorkQueue, work_pool_name: str, active_slots: Mapping[UUID, int]
) -> WorkQueueResponse:
    return WorkQueueResponse.from_row(work_queue, work_pool_name, active_slots.get(work_queue.id))
