"""Routes of the history of flow runs (orchestration.md 1.3)."""

from uuid import UUID

from fastapi import APIRouter, Response
from pydantic import TypeAdapter

from penstock.schemas.lists import list_of
from penstock.schemas.states import State
from penstock.server.api.dependencies import Database
from penstock.server.api.errors import not_found
from penstock.server.api.json_answers import json_answer
from penstock.server.api.late_routes import LateRoute
from penstock.server.models import flow_run_states

router = APIRouter(prefix="/flow_run_states", tags=["Flow run states"], route_class=LateRoute)

STATE = TypeAdapter(State)
STATES = list_of(State)


@router.get("/{state_id:uuid}", response_model=State)
async def read_flow_run_state(state_id: UUID, db: Database) -> Response:
    """Read one state of a run's history."""
    async with db.session_context() as session:
        row = await flow_run_states.read_flow_run_state(session=session, flow_run_state_id=state_id)
    if row is None:
        not_found("Flow run state not found")
    return json_answer(STATE, State.model_validate(row))


@router.get("/", response_model=list[State])
async def read_flow_run_states(flow_run_id: UUID, db: Database) -> Response:
    """Read the states a run has had, the oldest first."""
    async with db.session_context() as session:
        rows = await flow_run_states.read_flow_run_states(session=session, flow_run_id=flow_run_id)
    return json_answer(STATES, [State.model_validate(row) for row in rows])
