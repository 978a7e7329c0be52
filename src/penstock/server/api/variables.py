"""Routes of variables (orchestration.md 4.6)."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Body, Response
from pydantic import TypeAdapter
from sqlalchemy.ext.asyncio import AsyncSession

from penstock.schemas.actions import VariableCreate, VariableUpdate
from penstock.schemas.core import Variable
from penstock.schemas.filters import VariableFilter
from penstock.schemas.lists import list_of
from penstock.schemas.sorting import VariableSort
from penstock.server.api.dependencies import Database
from penstock.server.api.errors import not_found, unless_taken
from penstock.server.api.json_answers import json_answer, no_content
from penstock.server.api.json_requests import JsonRoute
from penstock.server.api.paging import Limit, Offset
from penstock.server.database import orm_models
from penstock.server.models import variables

router = APIRouter(prefix="/variables", tags=["Variables"], route_class=JsonRoute)

VARIABLE = TypeAdapter(Variable)
VARIABLES = list_of(Variable)
COUNT = TypeAdapter(int)


async def _require(session: AsyncSession, given: UUID | str) -> orm_models.Variable:
    row = (
        await variables.read_variable(session=session, variable_id=given)
        if isinstance(given, UUID)
        else await variables.read_variable_by_name(session=session, name=given)
    )
    if row is None:
        not_found("Variable not found.")
    return row


@router.post("/", status_code=201, response_model=Variable)
async def create_variable(variable: VariableCreate, db: Database) -> Response:
    """Create a variable."""
    async with db.session_context(begin_transaction=True) as session:
        with unless_taken("Variable", variable.name):
            row = await variables.create_variable(session=session, variable=variable)
    return json_answer(VARIABLE, Variable.model_validate(row), status_code=201)


@router.get("/{variable_id:uuid}", response_model=Variable)
async def read_variable(variable_id: UUID, db: Database) -> Response:
    """Read a variable by id."""
    async with db.session_context() as session:
        row = await _require(session, variable_id)
    return json_answer(VARIABLE, Variable.model_validate(row))


@router.get("/name/{name}", response_model=Variable)
async def read_variable_by_name(name: str, db: Database) -> Response:
    """Read a variable by name."""
    async with db.session_context() as session:
        row = await _require(session, name)
    return json_answer(VARIABLE, Variable.model_validate(row))


@router.post("/filter", response_model=list[Variable])
async def read_variables(
    limit: Limit,
    offset: Offset,
    db: Database,
    variable_filter: Annotated[VariableFilter | None, Body(alias="variables")] = None,
    sort: Annotated[VariableSort | None, Body()] = VariableSort.NAME_ASC,
) -> Response:
    """Read variables, by name unless asked otherwise."""
    async with db.session_context() as session:
        rows = await variables.read_variables(
            session=session,
            variable_filter=variable_filter,
            sort=sort or VariableSort.NAME_ASC,
            offset=offset,
            limit=limit,
        )
    return json_answer(VARIABLES, [Variable.model_validate(row) for row in rows])


@router.post("/count", response_model=int)
async def count_variables(
    db: Database,
    variable_filter: Annotated[VariableFilter | None, Body(alias="variables", embed=True)] = None,
) -> Response:
    """Count variables."""
    async with db.session_context() as session:
        count = await variables.count_variables(session=session, variable_filter=variable_filter)
    return json_answer(COUNT, count)


@router.patch("/{variable_id:uuid}", status_code=204)
async def update_variable(variable_id: UUID, variable: VariableUpdate, db: Database) -> Response:
    """Change the fields that are present in the body."""
    return await _update(db, variable_id, variable)


@router.patch("/name/{name}", status_code=204)
async def update_variable_by_name(name: str, variable: VariableUpdate, db: Database) -> Response:
    """Change the fields that are present in the body."""
    return await _update(db, name, variable)


async def _update(db: Database, given: UUID | str, changes: VariableUpdate) -> Response:
    async with db.session_context(begin_transaction=True) as session:
        row = await _require(session, given)
        with unless_taken("Variable", changes.name):
            await variables.update_variable(session=session, variable=row, changes=changes)
    return no_content()


@router.delete("/{variable_id:uuid}", status_code=204)
async def delete_variable(variable_id: UUID, db: Database) -> Response:
    """Delete a variable by id."""
    return await _delete(db, variable_id)


@router.delete("/name/{name}", status_code=204)
async def delete_variable_by_name(name: str, db: Database) -> Response:
    """Delete a variable by name."""
    return await _delete(db, name)


async def _delete(db: Database, given: UUID | str) -> Response:
    async with db.session_context(begin_transaction=True) as session:
        await variables.delete_variable(session=session, variable=await _require(session, given))
    return no_content()
