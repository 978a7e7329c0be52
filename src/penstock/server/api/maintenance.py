"""Routes that take workers and whole pools out of service and back."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Body, Response
from pydantic import AfterValidator, Field, TypeAdapter
from sqlalchemy.ext.asyncio import AsyncSession

from penstock.schemas.actions import WorkPoolUpdate
from penstock.schemas.names import refuse_blank
from penstock.schemas.responses import DrainStatus, HeldRuns, MaintenanceStatus
from penstock.schemas.values import Text
from penstock.server.api.dependencies import Actor, Database
from penstock.server.api.errors import not_found
from penstock.server.api.json_answers import json_answer
from penstock.server.api.json_requests import JsonRoute
from penstock.server.api.work_pools import require_work_pool
from penstock.server.database.orm_models import WorkPool
from penstock.server.models import workers
from penstock.server.models.workers.pauses import say_who_acts
from penstock.server.models.workers.pool_changes import announce_work_pool_change

router = APIRouter(prefix="/work_pools/{work_pool_name}", route_class=JsonRoute)

DRAIN = TypeAdapter(DrainStatus)
MAINTENANCE = TypeAdapter(MaintenanceStatus)
Reason = Annotated[Text, Field(max_length=2000), AfterValidator(refuse_blank)]


@router.post("/workers/{worker_name}/drain", tags=["Workers"], response_model=DrainStatus)
async def drain_worker(work_pool_name: str, worker_name: str, db: Database) -> Response:
    """Give a worker no more runs; what it holds goes on. It drains until it is resumed or forgotten."""
    return await _set_draining(db, work_pool_name, worker_name, draining=True)


@router.post("/workers/{worker_name}/resume", tags=["Workers"], response_model=DrainStatus)
async def resume_worker(work_pool_name: str, worker_name: str, db: Database) -> Response:
    """Give a worker that drains runs again."""
    return await _set_draining(db, work_pool_name, worker_name, draining=False)


@router.get("/maintenance", tags=["Work pools"], response_model=MaintenanceStatus)
async def read_maintenance(work_pool_name: str, db: Database) -> Response:
    """Read whether the pool is paused, why, and what is still held of it."""
    async with db.session_context() as session:
        work_pool = await require_work_pool(session, work_pool_name)
        status = await _status(session, work_pool)
    return json_answer(MAINTENANCE, status)


@router.post("/maintenance", tags=["Work pools"], response_model=MaintenanceStatus)
async def begin_maintenance(
    work_pool_name: str, reason: Annotated[Reason, Body(embed=True)], db: Database, actor: Actor
) -> Response:
    """Pause the pool, saying why; the answer tells what is still held of it."""
    return await _set_maintenance(db, actor, work_pool_name, reason)


@router.delete("/maintenance", tags=["Work pools"], response_model=MaintenanceStatus)
async def end_maintenance(work_pool_name: str, db: Database, actor: Actor) -> Response:
    """Resume the pool."""
    return await _set_maintenance(db, actor, work_pool_name, None)


async def _set_draining(db: Database, work_pool_name: str, worker_name: str, *, draining: bool) -> Response:
    async with db.session_context(begin_transaction=True) as session:
        work_pool = await require_work_pool(session, work_pool_name)
        worker = await workers.set_worker_draining(
            session=session, work_pool_id=work_pool.id, worker_name=worker_name, draining=draining
        )
        if worker is None:
            not_found("Worker not found.")
        held = await workers.count_held_runs(
            session=session, work_pool_id=work_pool.id, worker_names=[worker_name]
        )
    status = DrainStatus(
        name=worker.name, draining_since=worker.draining_since, held_runs=held.get(worker_name, 0)
    )
    return json_answer(DRAIN, status)


async def _set_maintenance(db: Database, actor: str, work_pool_name: str, reason: str | None) -> Response:
    async with db.session_context(begin_transaction=True) as session:
        work_pool = await require_work_pool(session, work_pool_name)
        work_pool_id: UUID = work_pool.id
        say_who_acts(session, actor)
        await workers.update_work_pool(
            session=session,
            work_pool_id=work_pool_id,
            work_pool=WorkPoolUpdate(is_paused=reason is not None, pause_reason=reason),
            emit_status_change=workers.emit_work_pool_status_event,
        )
        announce_work_pool_change(session, work_pool_id)
        status = await _status(session, await require_work_pool(session, work_pool_name))
    return json_answer(MAINTENANCE, status)


async def _status(session: AsyncSession, work_pool: WorkPool) -> MaintenanceStatus:
    held = await workers.count_held_runs(session=session, work_pool_id=work_pool.id)
    return MaintenanceStatus(
        is_paused=work_pool.is_paused,
        reason=work_pool.pause_reason,
        since=work_pool.paused_since,
        held_runs=sum(held.values()),
        held_by=[
            HeldRuns(worker_name=name, count=count)
            for name, count in sorted(held.items(), key=lambda one: one[0] or "")
        ],
    )
