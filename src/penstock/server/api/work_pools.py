"""Routes of work pools (workers.md 4.1)."""

from collections.abc import Mapping, Sequence
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Body, Response
from pydantic import TypeAdapter
from sqlalchemy.ext.asyncio import AsyncSession

from penstock.core.clock import utc_now
from penstock.core.errors import ForbiddenError
from penstock.core.ids import uuid7
from penstock.schemas.actions import WorkPoolCreate, WorkPoolUpdate
from penstock.schemas.filters import WorkPoolFilter
from penstock.schemas.lists import list_of
from penstock.schemas.responses import WorkPoolResponse
from penstock.server.api.dependencies import Actor, Database, IsOldClient
from penstock.server.api.errors import unless_taken, work_pool_not_found
from penstock.server.api.held_runs import Force, refuse_while_held
from penstock.server.api.job_templates import check_template_defaults
from penstock.server.api.json_answers import json_answer, json_text, no_content
from penstock.server.api.json_requests import JsonRoute
from penstock.server.api.paging import Limit, Offset
from penstock.server.database.orm_models import WorkPool
from penstock.server.models import workers
from penstock.server.models.workers.pauses import say_who_acts
from penstock.server.models.workers.pool_changes import TOLD_AT_ONCE, announce_work_pool_change
from penstock.server.models.workers.told_pools import read_told_work_pools

router = APIRouter(prefix="/work_pools", tags=["Work pools"], route_class=JsonRoute)

POOL = TypeAdapter(WorkPoolResponse)
POOLS = list_of(WorkPoolResponse)
COUNT = TypeAdapter(int)

RESERVED_PREFIX = "prefect"
CHANGEABLE_WHEN_RESERVED = {"is_paused", "pause_reason", "concurrency_limit"}
HIDDEN_FROM_OLD_CLIENTS = {"storage_configuration": {"default_result_storage_block_id"}}


def is_reserved(work_pool_name: str) -> bool:
    """Return whether the name belongs to pools that clients may not create, rename or delete."""
    return work_pool_name.lower().startswith(RESERVED_PREFIX)


async def require_work_pool(session: AsyncSession, work_pool_name: str) -> WorkPool:
    """Return the pool, or answer 404."""
    work_pool = await workers.read_work_pool_by_name(session=session, work_pool_name=work_pool_name)
    if work_pool is None:
        work_pool_not_found(work_pool_name)
    return work_pool


@router.post("/", status_code=201, response_model=WorkPoolResponse)
async def create_work_pool(
    work_pool: WorkPoolCreate, db: Database, actor: Actor, is_old_client: IsOldClient
) -> Response:
    """Create a work pool with its default queue."""
    if is_reserved(work_pool.name):
        raise ForbiddenError(f"Names of work pools that begin with '{RESERVED_PREFIX}' are reserved.")
    async with db.session_context(begin_transaction=True) as session:
        say_who_acts(session, actor)
        await check_template_defaults(session, work_pool.base_job_template)
        with unless_taken("Work pool", work_pool.name):
            created = await workers.create_work_pool(session=session, work_pool=work_pool)
        await workers.emit_work_pool_status_event(
            event_id=uuid7(), occurred=utc_now(), pre_update_work_pool=None, work_pool=created
        )
        response = _response(created, {})
    return json_answer(POOL, response, status_code=201, exclude=_hidden(is_old_client))


@router.get("/{work_pool_name}", response_model=WorkPoolResponse)
async def read_work_pool(work_pool_name: str, db: Database, is_old_client: IsOldClient) -> Response:
    """Read a work pool by name."""
    async with db.looking_context() as session:
        work_pool = await require_work_pool(session, work_pool_name)
        response = _response(work_pool, await _count_active_slots(session, [work_pool]))
    return json_answer(POOL, response, exclude=_hidden(is_old_client))


@router.post("/filter", response_model=list[WorkPoolResponse])
async def read_work_pools(
    limit: Limit,
    offset: Offset,
    db: Database,
    is_old_client: IsOldClient,
    work_pools: Annotated[WorkPoolFilter | None, Body()] = None,
) -> Response:
    """Read work pools, ordered by name."""
    if work_pools is None and not is_old_client:
        async with db.direct_context() as statements:
            told = await read_told_work_pools(statements, offset=offset, limit=limit)
        return json_text(told)
    async with db.looking_context() as session:
        found = await workers.read_work_pools(
            session=session, work_pool_filter=work_pools, offset=offset, limit=limit
        )
        active_slots = await _count_active_slots(session, found)
        responses = [_response(work_pool, active_slots) for work_pool in found]
    return json_answer(POOLS, responses, exclude={"__all__": _hidden(True)} if is_old_client else None)


@router.post("/count", response_model=int)
async def count_work_pools(
    db: Database, work_pools: Annotated[WorkPoolFilter | None, Body(embed=True)] = None
) -> Response:
    """Count work pools."""
    async with db.looking_context() as session:
        count = await workers.count_work_pools(session=session, work_pool_filter=work_pools)
    return json_answer(COUNT, count)


@router.patch("/{work_pool_name}", status_code=204)
async def update_work_pool(
    work_pool_name: str, work_pool: WorkPoolUpdate, db: Database, actor: Actor
) -> Response:
    """Change the fields that are present in the body."""
    if is_reserved(work_pool_name) and not work_pool.model_fields_set <= CHANGEABLE_WHEN_RESERVED:
        raise ForbiddenError(
            f"Work pool '{work_pool_name}' is reserved: only its pause and its limit can be changed."
        )
    async with db.session_context(begin_transaction=True) as session:
        say_who_acts(session, actor)
        existing = await require_work_pool(session, work_pool_name)
        await check_template_defaults(session, work_pool.base_job_template)
        await workers.update_work_pool(
            session=session,
            work_pool_id=existing.id,
            work_pool=work_pool,
            emit_status_change=workers.emit_work_pool_status_event,
        )
        if work_pool.model_fields_set & TOLD_AT_ONCE:
            announce_work_pool_change(session, existing.id)
    return no_content()


@router.delete("/{work_pool_name}", status_code=204)
async def delete_work_pool(work_pool_name: str, db: Database, force: Force = None) -> Response:
    """Delete a work pool with its queues and workers; its runs stay, without a queue."""
    if is_reserved(work_pool_name):
        raise ForbiddenError(f"Work pool '{work_pool_name}' is reserved and cannot be deleted.")
    async with db.session_context(begin_transaction=True) as session:
        work_pool = await require_work_pool(session, work_pool_name)
        if force is False:
            await refuse_while_held(session, f"work pool '{work_pool_name}'", work_pool.id)
        await workers.delete_work_pool(session=session, work_pool_id=work_pool.id)
        announce_work_pool_change(session, work_pool.id)
    return no_content()


async def _count_active_slots(session: AsyncSession, work_pools: Sequence[WorkPool]) -> dict[UUID, int]:
    limited = [work_pool.id for work_pool in work_pools if work_pool.concurrency_limit is not None]
    return await workers.count_work_pool_active_slots_bulk(session=session, work_pool_ids=limited)


def _response(work_pool: WorkPool, active_slots: Mapping[UUID, int]) -> WorkPoolResponse:
    return WorkPoolResponse.from_row(work_pool, active_slots.get(work_pool.id))


def _hidden(is_old_client: bool) -> Any:
    return HIDDEN_FROM_OLD_CLIENTS if is_old_client else None
