"""The route that says why a run is not running."""

from uuid import UUID

from fastapi import APIRouter, Response
from pydantic import TypeAdapter

from penstock.schemas.responses import FlowRunExplanation
from penstock.server.api.dependencies import Database
from penstock.server.api.errors import not_found
from penstock.server.api.json_answers import json_answer
from penstock.server.api.late_routes import LateRoute
from penstock.server.models.explain import explain_flow_run

router = APIRouter(prefix="/flow_runs", tags=["Flow runs"], route_class=LateRoute)

EXPLANATION = TypeAdapter(FlowRunExplanation)


@router.get("/{flow_run_id:uuid}/explain", response_model=FlowRunExplanation)
async def read_explanation(flow_run_id: UUID, db: Database) -> Response:
    """Read why a run is not running, the first obstacle first, and when it is likely to start."""
    async with db.session_context() as session:
        explanation = await explain_flow_run(session=session, flow_run_id=flow_run_id)
    if explanation is None:
        not_found("Flow run not found")
    return json_answer(EXPLANATION, explanation)
