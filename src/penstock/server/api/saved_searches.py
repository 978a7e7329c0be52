"""Routes of saved searches."""

from uuid import UUID

from fastapi import APIRouter, Response
from pydantic import TypeAdapter

from penstock.schemas.actions import SavedSearchCreate
from penstock.schemas.core import SavedSearch
from penstock.schemas.lists import list_of
from penstock.server.api.dependencies import Database
from penstock.server.api.errors import not_found
from penstock.server.api.json_answers import json_answer, no_content
from penstock.server.api.json_requests import JsonRoute
from penstock.server.api.paging import Limit, Offset
from penstock.server.models import saved_searches

router = APIRouter(prefix="/saved_searches", tags=["Saved searches"], route_class=JsonRoute)

SEARCH = TypeAdapter(SavedSearch)
SEARCHES = list_of(SavedSearch)

UNKNOWN = "Saved search not found"


@router.put("/", response_model=SavedSearch)
async def save_search(search: SavedSearchCreate, db: Database) -> Response:
    """Save a search: a new one (201), or in place of the one of that name (200)."""
    async with db.session_context(begin_transaction=True) as session:
        row, is_new = await saved_searches.save_search(session=session, search=search)
    return json_answer(SEARCH, SavedSearch.model_validate(row), status_code=201 if is_new else 200)


@router.get("/{saved_search_id:uuid}", response_model=SavedSearch)
async def read_saved_search(saved_search_id: UUID, db: Database) -> Response:
    """Read a saved search."""
    async with db.session_context() as session:
        row = await saved_searches.read_saved_search(session=session, saved_search_id=saved_search_id)
    if row is None:
        not_found(UNKNOWN)
    return json_answer(SEARCH, SavedSearch.model_validate(row))


@router.post("/filter", response_model=list[SavedSearch])
async def read_saved_searches(limit: Limit, offset: Offset, db: Database) -> Response:
    """Read the saved searches, by name."""
    async with db.session_context() as session:
        rows = await saved_searches.read_saved_searches(session=session, offset=offset, limit=limit)
    return json_answer(SEARCHES, [SavedSearch.model_validate(row) for row in rows])


@router.delete("/{saved_search_id:uuid}", status_code=204)
async def delete_saved_search(saved_search_id: UUID, db: Database) -> Response:
    """Delete a saved search."""
    async with db.session_context(begin_transaction=True) as session:
        found = await saved_searches.delete_saved_search(session=session, saved_search_id=saved_search_id)
    if not found:
        not_found(UNKNOWN)
    return no_content()
