"""Routes of concurrency limits: the limits themselves (orchestration.md 4.8)."""

from uuid import UUID

from fastapi import APIRouter, Response
from pydantic import TypeAdapter
from sqlalchemy.ext.asyncio import AsyncSession

from penstock.schemas.actions import ConcurrencyLimitV2Create, ConcurrencyLimitV2Update
from penstock.schemas.lists import list_of
from penstock.schemas.responses import ConcurrencyLimitV2, GlobalConcurrencyLimitResponse
from penstock.server.api.concurrency_limit_answers import global_limit, new_limit
from penstock.server.api.dependencies import Database
from penstock.server.api.errors import not_found, unless_taken
from penstock.server.api.json_answers import json_answer, no_content
from penstock.server.api.json_requests import JsonRoute
from penstock.server.api.paging import Limit, Offset
from penstock.server.database.orm_models import ConcurrencyLimit
from penstock.server.models import concurrency_limits

router = APIRouter(prefix="/v2/concurrency_limits", tags=["Concurrency limits"], route_class=JsonRoute)

NEW_LIMIT = TypeAdapter(ConcurrencyLimitV2)
LIMIT = TypeAdapter(GlobalConcurrencyLimitResponse)
LIMITS = list_of(GlobalConcurrencyLimitResponse)

KIND = "Concurrency limit"


async def require_limit(session: AsyncSession, id_or_name: str) -> ConcurrencyLimit:
    """Return the limit of that id, else of that name, or answer 404."""
    row = None
    try:
        limit_id = UUID(id_or_name)
    except ValueError:
        pass
    else:
        row = await concurrency_limits.read_concurrency_limit(session=session, concurrency_limit_id=limit_id)
    if row is None:
        row = await concurrency_limits.read_concurrency_limit(session=session, name=id_or_name)
    if row is None:
        not_found("Concurrency Limit not found")
    return row


@router.post("/", status_code=201, response_model=ConcurrencyLimitV2)
async def create_concurrency_limit(concurrency_limit: ConcurrencyLimitV2Create, db: Database) -> Response:
    """Create a limit; a name that is taken is answered 409."""
    with unless_taken(KIND, concurrency_limit.name):
        async with db.session_context(begin_transaction=True) as session:
            row = await concurrency_limits.create_concurrency_limit(
                session=session, concurrency_limit=concurrency_limit
            )
    return json_answer(NEW_LIMIT, new_limit(row), status_code=201)


@router.post("/filter", response_model=list[GlobalConcurrencyLimitResponse])
async def read_concurrency_limits(limit: Limit, offset: Offset, db: Database) -> Response:
    """Read limits, by name."""
    async with db.session_context() as session:
        rows = await concurrency_limits.read_concurrency_limits(session=session, offset=offset, limit=limit)
    return json_answer(LIMITS, [global_limit(row) for row in rows])


@router.get("/{id_or_name}", response_model=GlobalConcurrencyLimitResponse)
async def read_concurrency_limit(id_or_name: str, db: Database) -> Response:
    """Read a limit by id or by name."""
    async with db.session_context() as session:
        row = await require_limit(session, id_or_name)
    return json_answer(LIMIT, global_limit(row))


@router.patch("/{id_or_name}", status_code=204)
async def update_concurrency_limit(
    id_or_name: str, concurrency_limit: ConcurrencyLimitV2Update, db: Database
) -> Response:
    """Change the fields that are present in the body."""
    with unless_taken(KIND, concurrency_limit.name):
        async with db.session_context(begin_transaction=True) as session:
            row = await require_limit(session, id_or_name)
            updated = await concurrency_limits.update_concurrency_limit(
                session=session, concurrency_limit_id=row.id, values=concurrency_limit.set_fields()
            )
    if not updated:
        not_found("Concurrency Limit not found")
    return no_content()


@router.delete("/{id_or_name}", status_code=204)
async def delete_concurrency_limit(id_or_name: str, db: Database) -> Response:
    """Delete a limit; what it stood over is unlimited then."""
    async with db.session_context(begin_transaction=True) as session:
        row = await require_limit(session, id_or_name)
        await concurrency_limits.delete_concurrency_limit(session=session, concurrency_limit_id=row.id)
    return no_content()
