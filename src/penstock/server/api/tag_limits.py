"""Routes of tag limits, the older form of concurrency limits (orchestration.md 4.9)."""

from collections.abc import Sequence
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Body, Response
from pydantic import TypeAdapter
from sqlalchemy.ext.asyncio import AsyncSession

from penstock.schemas.actions import ConcurrencyLimitCreate
from penstock.schemas.filters.operators import AnyOf
from penstock.schemas.lists import list_of
from penstock.schemas.responses import ConcurrencyLimit, MinimalConcurrencyLimitResponse
from penstock.schemas.values import Text
from penstock.server.api.concurrency_limit_answers import minimal_limits, tag_limit
from penstock.server.api.concurrency_slots import answer_no_slots
from penstock.server.api.dependencies import Database
from penstock.server.api.errors import not_found
from penstock.server.api.json_answers import json_answer
from penstock.server.api.json_requests import JsonRoute
from penstock.server.api.paging import Limit, Offset
from penstock.server.database import orm_models
from penstock.server.models import concurrency_limits
from penstock.server.models.concurrency_limits import NoSlots

router = APIRouter(prefix="/concurrency_limits", tags=["Tag limits"], route_class=JsonRoute)

LIMIT = TypeAdapter(ConcurrencyLimit)
LIMITS = list_of(ConcurrencyLimit)
TAKEN = list_of(MinimalConcurrencyLimitResponse)
NOTHING = TypeAdapter(None)

RETRY_AFTER_SECONDS = 10.0

Tags = Annotated[AnyOf[Text], Body(description="Tags; those without a limit are ignored.")]
TaskRunId = Annotated[UUID, Body(description="The task run that holds the slots.")]


async def _require(
    session: AsyncSession, *, limit_id: UUID | None = None, tag: str | None = None
) -> orm_models.ConcurrencyLimit:
    name = None if tag is None else concurrency_limits.name_of(tag)
    row = await concurrency_limits.read_concurrency_limit(
        session=session, concurrency_limit_id=limit_id, name=name
    )
    if row is None or not row.name.startswith(concurrency_limits.TAG_PREFIX):
        not_found("Concurrency limit not found")
    return row


async def _answers(
    session: AsyncSession, rows: Sequence[orm_models.ConcurrencyLimit]
) -> list[ConcurrencyLimit]:
    holders = await concurrency_limits.read_holders(session, [row.id for row in rows])
    return [tag_limit(row, holders[row.id]) for row in rows]


@router.post("/", status_code=201, response_model=ConcurrencyLimit)
async def put_concurrency_limit(concurrency_limit: ConcurrencyLimitCreate, db: Database) -> Response:
    """Give a tag its limit (201), or change the one it has (200)."""
    async with db.session_context(begin_transaction=True) as session:
        row, is_new = await concurrency_limits.put_tag_limit(
            session=session, tag=concurrency_limit.tag, limit=concurrency_limit.concurrency_limit
        )
        [answer] = await _answers(session, [row])
    return json_answer(LIMIT, answer, status_code=201 if is_new else 200)


@router.post("/filter", response_model=list[ConcurrencyLimit])
async def read_concurrency_limits(limit: Limit, offset: Offset, db: Database) -> Response:
    """Read the limits of tags, by tag."""
    async with db.session_context() as session:
        rows = await concurrency_limits.read_concurrency_limits(
            session=session, offset=offset, limit=limit, name_prefix=concurrency_limits.TAG_PREFIX
        )
        answers = await _answers(session, rows)
    return json_answer(LIMITS, answers)


@router.post("/increment", response_model=list[MinimalConcurrencyLimitResponse])
async def increment(names: Tags, task_run_id: TaskRunId, db: Database) -> Response:
    """Take a slot of each tag's limit for a task run, or none: 423 says when to ask again."""
    async with db.session_context(begin_transaction=True) as session:
        taken = await concurrency_limits.take_tag_slots(session=session, tags=names, task_run_id=task_run_id)
    if isinstance(taken, NoSlots):
        answer_no_slots(taken, RETRY_AFTER_SECONDS)
    return json_answer(TAKEN, minimal_limits(taken, as_tags=True))


@router.post("/decrement", response_model=list[MinimalConcurrencyLimitResponse])
async def decrement(names: Tags, task_run_id: TaskRunId, db: Database) -> Response:
    """Free the slots that a task run holds of these tags."""
    async with db.session_context(begin_transaction=True) as session:
        limits = await concurrency_limits.return_tag_slots(
            session=session, task_run_id=task_run_id, tags=names
        )
    return json_answer(TAKEN, minimal_limits(limits, as_tags=True))


@router.get("/{concurrency_limit_id:uuid}", response_model=ConcurrencyLimit)
async def read_concurrency_limit(concurrency_limit_id: UUID, db: Database) -> Response:
    """Read the limit of a tag by id."""
    async with db.session_context() as session:
        row = await _require(session, limit_id=concurrency_limit_id)
        [answer] = await _answers(session, [row])
    return json_answer(LIMIT, answer)


@router.delete("/{concurrency_limit_id:uuid}", status_code=200)
async def delete_concurrency_limit(concurrency_limit_id: UUID, db: Database) -> Response:
    """Delete the limit of a tag by id."""
    async with db.session_context(begin_transaction=True) as session:
        row = await _require(session, limit_id=concurrency_limit_id)
        await concurrency_limits.delete_concurrency_limit(session=session, concurrency_limit_id=row.id)
    return json_answer(NOTHING, None)


@router.post("/tag/{tag:path}/reset", status_code=200)
async def reset_concurrency_limit(
    tag: str,
    db: Database,
    slot_override: Annotated[
        AnyOf[UUID] | None, Body(embed=True, description="The task runs that hold slots from now on.")
    ] = None,
) -> Response:
    """Forget who holds slots of a tag, or say who does."""
    async with db.session_context(begin_transaction=True) as session:
        row = await _require(session, tag=tag)
        await concurrency_limits.reset_tag_limit(
            session=session, concurrency_limit_id=row.id, task_run_ids=slot_override or []
        )
    return json_answer(NOTHING, None)


@router.get("/tag/{tag:path}", response_model=ConcurrencyLimit)
async def read_concurrency_limit_by_tag(tag: str, db: Database) -> Response:
    """Read the limit of a tag."""
    async with db.session_context() as session:
        row = await _require(session, tag=tag)
        [answer] = await _answers(session, [row])
    return json_answer(LIMIT, answer)


@router.delete("/tag/{tag:path}", status_code=200)
async def delete_concurrency_limit_by_tag(tag: str, db: Database) -> Response:
    """Delete the limit of a tag."""
    async with db.session_context(begin_transaction=True) as session:
        row = await _require(session, tag=tag)
        await concurrency_limits.delete_concurrency_limit(session=session, concurrency_limit_id=row.id)
    return json_answer(NOTHING, None)
