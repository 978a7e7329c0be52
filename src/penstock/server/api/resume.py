"""The route that lets a paused run go on (orchestration.md 1.7)."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Body, Response

from penstock.core.clock import utc_now
from penstock.schemas.responses import OrchestrationResult
from penstock.schemas.values import JsonObject
from penstock.server import orchestration
from penstock.server.api.dependencies import Database
from penstock.server.api.json_answers import json_answer
from penstock.server.api.json_requests import JsonRoute
from penstock.server.api.set_state import RESULT

router = APIRouter(prefix="/flow_runs", tags=["Flow runs"], route_class=JsonRoute)


@router.post("/{flow_run_id:uuid}/resume", response_model=OrchestrationResult)
async def resume_flow_run(
    flow_run_id: UUID,
    db: Database,
    run_input: Annotated[
        JsonObject | None, Body(embed=True, description="What the run waits to be told.")
    ] = None,
) -> Response:
    """Let a paused run go on, with its input where it asked for some. 201 when a state was written."""
    asked_at = utc_now()
    async with db.session_context(begin_transaction=True) as session:
        result = await orchestration.resume_flow_run(
            session=session, flow_run_id=flow_run_id, run_input=run_input
        )
    is_written = result.state is not None and result.state.timestamp >= asked_at
    return json_answer(RESULT, result, status_code=201 if is_written else 200)
