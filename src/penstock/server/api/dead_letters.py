"""Routes of the dead letters: infrastructure that nobody could tear down."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Body, Response
from pydantic import Field, TypeAdapter

from penstock.schemas.lists import list_of
from penstock.schemas.responses import DeadLetterResponse
from penstock.schemas.values import Text
from penstock.server.api.dependencies import Database
from penstock.server.api.errors import not_found
from penstock.server.api.json_answers import json_answer, no_content
from penstock.server.api.json_requests import JsonRoute
from penstock.server.api.paging import Limit, Offset
from penstock.server.models import cleanup_messages
from penstock.server.models.cleanup_messages import DeadLetter

router = APIRouter(prefix="/dead_letters", tags=["Cleanup"], route_class=JsonRoute)

DEAD_LETTERS = list_of(DeadLetterResponse)
COUNT = TypeAdapter(int)
MISSING = "Dead letter not found."

PoolNames = Annotated[list[Text], Field(max_length=1000)]


@router.post("/filter", response_model=list[DeadLetterResponse])
async def read_dead_letters(
    limit: Limit,
    offset: Offset,
    db: Database,
    work_pool_names: Annotated[PoolNames | None, Body(description="Only of these pools.")] = None,
) -> Response:
    """Read what was given up, the newest first."""
    async with db.session_context() as session:
        found = await cleanup_messages.read_dead_letters(
            session=session, work_pool_names=work_pool_names, limit=limit, offset=offset
        )
    return json_answer(DEAD_LETTERS, [_response(one) for one in found])


@router.post("/count", response_model=int)
async def count_dead_letters(
    db: Database, work_pool_names: Annotated[PoolNames | None, Body(embed=True)] = None
) -> Response:
    """Count what was given up."""
    async with db.session_context() as session:
        count = await cleanup_messages.count_dead_letters(session=session, work_pool_names=work_pool_names)
    return json_answer(COUNT, count)


@router.post("/{message_id:uuid}/retry", status_code=204)
async def retry_dead_letter(message_id: UUID, db: Database) -> Response:
    """Hand it out to workers again, with all its attempts."""
    async with db.session_context(begin_transaction=True) as session:
        found = await cleanup_messages.retry_dead_letter(session=session, message_id=message_id)
    if not found:
        not_found(MISSING)
    return no_content()


@router.delete("/{message_id:uuid}", status_code=204)
async def delete_dead_letter(message_id: UUID, db: Database) -> Response:
    """Take it off the list, because somebody has seen to it."""
    async with db.session_context(begin_transaction=True) as session:
        found = await cleanup_messages.forget_dead_letter(session=session, message_id=message_id)
    if not found:
        not_found(MISSING)
    return no_content()


def _response(dead: DeadLetter) -> DeadLetterResponse:
    message = dead.message
    assert message.settled_at is not None
    assert message.dead_letter_reason is not None
    return DeadLetterResponse(
        id=message.id,
        kind=message.kind,
        flow_run_id=message.target.get("flow_run_id"),
        infrastructure_pid=message.target.get("infrastructure_pid"),
        work_pool_name=dead.work_pool_name,
        reason=message.dead_letter_reason,
        attempts=message.delivery_count,
        asked_at=message.created,
        dead_since=message.settled_at,
    )
