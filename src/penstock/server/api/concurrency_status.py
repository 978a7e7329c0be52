"""Routes that show who holds the slots of a pool or of a queue (workers.md 2.5)."""

from collections import defaultdict
from collections.abc import Sequence
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Body, Response
from pydantic import Field, TypeAdapter

from penstock.schemas.responses import (
    FlowRunSlotSummary,
    WorkPoolConcurrencyStatus,
    WorkQueueConcurrencyStatus,
    WorkQueueConcurrencyStatusDetail,
    count_pages,
)
from penstock.server.api.dependencies import Database
from penstock.server.api.errors import not_found
from penstock.server.api.json_answers import json_answer
from penstock.server.api.json_requests import JsonRoute
from penstock.server.api.paging import Limit, Page
from penstock.server.database.orm_models import WorkQueue
from penstock.server.models import workers
from penstock.server.models.workers.slot_holders import (
    ShownHolder,
    read_pool_slots,
    read_shown_slot_holders,
)

router = APIRouter(tags=["Concurrency status"], route_class=JsonRoute)

POOL_STATUS = TypeAdapter(WorkPoolConcurrencyStatus)
QUEUE_STATUS = TypeAdapter(WorkQueueConcurrencyStatus)

FlowRunLimit = Annotated[int, Field(ge=0, le=200)]


@router.post("/work_pools/{work_pool_name}/concurrency_status", response_model=WorkPoolConcurrencyStatus)
async def read_work_pool_concurrency_status(
    work_pool_name: str,
    page: Page,
    limit: Limit,
    db: Database,
    flow_run_limit: Annotated[FlowRunLimit | None, Body(description="Most runs shown of each queue.")] = 10,
) -> Response:
    """Read the slots of a pool, queue by queue; the totals are the pool's, not the page's."""
    async with db.looking_context() as session:
        work_pool = await read_pool_slots(db.statements_of(session), work_pool_name)
        if work_pool is None:
            not_found(f"Work pool '{work_pool_name}' not found.")
        work_queues = await workers.read_work_queues(
            session=session, work_pool_id=work_pool.id, offset=(page - 1) * limit, limit=limit
        )
        count = len(work_queues)
        if page > 1 or count == limit:
            count = await workers.count_work_queues(session=session, work_pool_id=work_pool.id)
        slots = await workers.count_work_pool_slot_holders_by_queue(
            session=session, work_pool_id=work_pool.id
        )
        holders = await read_shown_slot_holders(
            session=session,
            work_pool_id=work_pool.id,
            work_queue_ids=[queue.id for queue in work_queues],
            flow_run_limit=10 if flow_run_limit is None else flow_run_limit,
        )
    runs = _summaries_by_queue(holders)
    status = WorkPoolConcurrencyStatus(
        active_slots=sum(slots.values()),
        concurrency_limit=work_pool.concurrency_limit,
        queues=[_queue_detail(queue, slots.get(queue.id, 0), runs[queue.id]) for queue in work_queues],
        count=count,
        limit=limit,
        pages=count_pages(count, limit),
        page=page,
    )
    return json_answer(POOL_STATUS, status)


@router.post(
    "/work_queues/{work_queue_id:uuid}/concurrency_status", response_model=WorkQueueConcurrencyStatus
)
async def read_work_queue_concurrency_status(
    work_queue_id: UUID, page: Page, limit: Limit, db: Database
) -> Response:
    """Read who holds the slots of a queue, also runs that only carry its name."""
    async with db.looking_context() as session:
        work_queue = await workers.read_work_queue(session=session, work_queue_id=work_queue_id)
        if work_queue is None:
            not_found("Work queue not found.")
        count = await workers.count_work_queue_slot_holders(session=session, work_queue_id=work_queue_id)
        holders = await workers.get_work_queue_slot_holders(
            session=session, work_queue_id=work_queue_id, offset=(page - 1) * limit, limit=limit
        )
    status = WorkQueueConcurrencyStatus(
        active_slots=count,
        concurrency_limit=work_queue.concurrency_limit,
        flow_runs=[FlowRunSlotSummary.from_row(flow_run) for flow_run, _ in holders],
        count=count,
        limit=limit,
        pages=count_pages(count, limit),
        page=page,
    )
    return json_answer(QUEUE_STATUS, status)


def _queue_detail(
    work_queue: WorkQueue, active_slots: int, runs: list[FlowRunSlotSummary]
) -> WorkQueueConcurrencyStatusDetail:
    return WorkQueueConcurrencyStatusDetail(
        queue_id=work_queue.id,
        queue_name=work_queue.name,
        active_slots=active_slots,
        concurrency_limit=work_queue.concurrency_limit,
        flow_runs=runs,
        flow_run_count=active_slots,
    )


def _summaries_by_queue(holders: Sequence[ShownHolder]) -> dict[UUID | None, list[FlowRunSlotSummary]]:
    runs: dict[UUID | None, list[FlowRunSlotSummary]] = defaultdict(list)
    for flow_run in holders:
        runs[flow_run.work_queue_id].append(FlowRunSlotSummary.from_row(flow_run))
    return runs
