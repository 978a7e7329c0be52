"""Routes of the workers of one pool (workers.md 4.2)."""

from typing import Annotated

from fastapi import APIRouter, Body, Response

from penstock.schemas.actions import WorkerHeartbeat
from penstock.schemas.filters import WorkerFilter
from penstock.schemas.lists import list_of
from penstock.schemas.responses import WorkerResponse
from penstock.server.api.dependencies import ClaimTimes, Database, Heartbeats
from penstock.server.api.errors import not_found
from penstock.server.api.json_answers import json_answer, no_content
from penstock.server.api.json_requests import JsonRoute
from penstock.server.api.paging import Limit, Offset
from penstock.server.api.work_pools import require_work_pool
from penstock.server.models import attempts, workers

router = APIRouter(prefix="/work_pools/{work_pool_name}/workers", tags=["Workers"], route_class=JsonRoute)

WORKERS = list_of(WorkerResponse)


@router.post("/heartbeat", status_code=204)
async def record_heartbeat(
    work_pool_name: str, heartbeat: WorkerHeartbeat, db: Database, heartbeats: Heartbeats
) -> Response:
    """Record that a worker is alive; the first heartbeat registers it and makes its pool ready."""
    interval = heartbeat.heartbeat_interval_seconds
    if heartbeats.note(work_pool_name, heartbeat.name, interval):
        return no_content()
    async with db.session_context(begin_transaction=True, brief=True) as session:
        work_pool = await require_work_pool(session, work_pool_name)
        worker = await workers.record_worker_heartbeat(
            session=session,
            work_pool=work_pool,
            worker_name=heartbeat.name,
            heartbeat_interval_seconds=interval,
            emit_status_change=workers.emit_work_pool_status_event,
            return_worker=True,
        )
    assert worker is not None
    heartbeats.learn(work_pool_name, heartbeat.name, worker.id, worker.heartbeat_interval_seconds)
    return no_content()


@router.post("/filter", response_model=list[WorkerResponse])
async def read_workers(
    work_pool_name: str,
    limit: Limit,
    offset: Offset,
    db: Database,
    heartbeats: Heartbeats,
    workers_filter: Annotated[WorkerFilter | None, Body(alias="workers")] = None,
) -> Response:
    """Read the workers of a pool, the one heard from last first."""
    await heartbeats.flush()
    async with db.looking_context() as session:
        work_pool = await require_work_pool(session, work_pool_name)
        found = await workers.read_workers(
            session=session,
            work_pool_id=work_pool.id,
            worker_filter=workers_filter,
            limit=limit,
            offset=offset,
        )
        names = [worker.name for worker in found]
        held = await workers.count_held_runs(session=session, work_pool_id=work_pool.id, worker_names=names)
        responses = [
            WorkerResponse.model_validate(worker).model_copy(update={"held_runs": held.get(worker.name, 0)})
            for worker in found
        ]
    return json_answer(WORKERS, responses)


@router.delete("/{worker_name}", status_code=204)
async def delete_worker(
    work_pool_name: str, worker_name: str, db: Database, lease_times: ClaimTimes, heartbeats: Heartbeats
) -> Response:
    """Forget a worker; its next heartbeat registers it again.

    What it holds without renewing leases is treated as what an offline worker leaves behind.
    """
    heartbeats.forget(work_pool_name, worker_name)
    async with db.session_context(begin_transaction=True) as session:
        work_pool = await require_work_pool(session, work_pool_name)
        deleted = await workers.delete_worker(
            session=session, work_pool_id=work_pool.id, worker_name=worker_name
        )
        if deleted:
            await attempts.shorten_leases_of_worker(
                session=session,
                work_pool_id=work_pool.id,
                worker_name=worker_name,
                pending_seconds=0,
                seconds=lease_times.orphan_seconds,
            )
    if not deleted:
        not_found("Worker not found.")
    return no_content()
