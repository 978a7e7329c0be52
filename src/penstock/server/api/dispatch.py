"""Routes by which workers get their runs: the poll and the claim (workers.md 4.3, 8.1)."""

from collections.abc import Sequence
from typing import Annotated

from fastapi import APIRouter, Body, Response
from pydantic import Field, TypeAdapter
from sqlalchemy.ext.asyncio import AsyncSession

from penstock.core.attempts import LeaseTimes
from penstock.core.errors import ObjectNotFoundError
from penstock.schemas.filters.operators import AnyOf
from penstock.schemas.responses import ClaimedFlowRun, FlowRunResponse, WorkerFlowRunResponse
from penstock.schemas.timestamps import Timestamp
from penstock.schemas.values import KeyText, Text
from penstock.server import orchestration
from penstock.server.api.dependencies import (
    CallingWorker,
    ClaimTimes,
    Database,
    ProcessCounters,
    Recorder,
    RenewalSeconds,
)
from penstock.server.api.errors import not_found, work_pool_not_found
from penstock.server.api.json_answers import json_answer
from penstock.server.api.json_requests import JsonRoute
from penstock.server.api.paging import Limit
from penstock.server.database.dispatch import StartWindow
from penstock.server.database.orm_models import FlowRun, WorkPool, WorkQueue
from penstock.server.models import workers
from penstock.server.models.workers.dispatch import read_runs_for_worker
from penstock.server.services import PollRecorder

router = APIRouter(prefix="/work_pools/{work_pool_name}", tags=["Dispatch"], route_class=JsonRoute)

SCHEDULED_RUNS = TypeAdapter(list[WorkerFlowRunResponse])
CLAIMED_RUNS = TypeAdapter(list[ClaimedFlowRun])

WorkQueueNames = Annotated[
    AnyOf[Text] | None, Body(description="Which queues of the pool; all of them when left out or empty.")
]
ClaimLimit = Annotated[int, Field(ge=1, le=200)]


@router.post("/get_scheduled_flow_runs", response_model=list[WorkerFlowRunResponse])
async def read_scheduled_flow_runs(
    work_pool_name: str,
    limit: Limit,
    db: Database,
    polls: Recorder,
    worker_name: CallingWorker,
    work_queue_names: WorkQueueNames = None,
    scheduled_before: Annotated[Timestamp | None, Body()] = None,
    scheduled_after: Annotated[Timestamp | None, Body()] = None,
) -> Response:
    """Read which runs a worker may start, first by queue priority, then by time.

    Nothing is changed: a worker takes a run by setting it PENDING. The queues count as polled. A
    worker that drains, known by the name it sends with the request, is shown nothing.
    """
    async with db.session_context() as session:
        work_pool, work_queues = await _resolve(session, work_pool_name, work_queue_names)
        runs = await read_runs_for_worker(
            session,
            work_pool_ids=[work_pool.id],
            work_queue_ids=[queue.id for queue in work_queues] or None,
            window=StartWindow(before=scheduled_before, after=scheduled_after),
            limit=limit,
            worker_name=worker_name,
        )
    _note(polls, work_pool, work_queues)
    return json_answer(SCHEDULED_RUNS, runs)


@router.post("/claim", response_model=list[ClaimedFlowRun])
async def claim_flow_runs(
    work_pool_name: str,
    worker_name: Annotated[KeyText, Body(min_length=1)],
    db: Database,
    polls: Recorder,
    lease_times: ClaimTimes,
    renewal_seconds: RenewalSeconds,
    counters: ProcessCounters,
    work_queue_names: WorkQueueNames = None,
    limit: Annotated[ClaimLimit | None, Body()] = 10,
) -> Response:
    """Take due runs for a worker: they are PENDING in the answer, and no limit is exceeded.

    No two workers are given the same run. The queues count as polled.
    """
    async with db.session_context(begin_transaction=True) as session:
        work_pool, work_queues = await _resolve(session, work_pool_name, work_queue_names)
        claimed = await orchestration.claim_flow_runs(
            session=session,
            work_pool_id=work_pool.id,
            worker_name=worker_name,
            work_queue_ids=[queue.id for queue in work_queues] or None,
            limit=limit or 10,
            lease_times=lease_times,
        )
        answer = [_claimed(flow_run, work_pool, lease_times, renewal_seconds) for flow_run in claimed]
    counters.claims += 1
    counters.claimed_runs += len(answer)
    _note(polls, work_pool, work_queues)
    return json_answer(CLAIMED_RUNS, answer)


def _claimed(
    flow_run: FlowRun, work_pool: WorkPool, lease_times: LeaseTimes, renewal_seconds: float
) -> ClaimedFlowRun:
    assert flow_run.work_queue_id is not None
    return ClaimedFlowRun(
        work_pool_id=work_pool.id,
        work_queue_id=flow_run.work_queue_id,
        flow_run=FlowRunResponse.from_row(flow_run, work_pool_id=work_pool.id, work_pool_name=work_pool.name),
        attempt=flow_run.attempt,
        lease_seconds=lease_times.claim_seconds,
        renewal_seconds=renewal_seconds,
    )


def _note(polls: PollRecorder, work_pool: WorkPool, work_queues: Sequence[WorkQueue]) -> None:
    if work_queues:
        polls.note(work_queue_ids=[queue.id for queue in work_queues])
    else:
        polls.note(work_pool_ids=[work_pool.id])


async def _resolve(
    session: AsyncSession, work_pool_name: str, work_queue_names: list[str] | None
) -> tuple[WorkPool, Sequence[WorkQueue]]:
    try:
        return await workers.resolve_work_queues(
            session=session, work_pool_name=work_pool_name, work_queue_names=work_queue_names or None
        )
    except ObjectNotFoundError as error:
        if error.key == work_pool_name:
            work_pool_not_found(work_pool_name)
        not_found(str(error))
