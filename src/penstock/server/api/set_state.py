"""The route by which clients propose a run's next state (orchestration.md 1.3)."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Body, Response
from pydantic import Field, TypeAdapter

from penstock.core.clock import utc_now
from penstock.schemas.actions import StateCreate
from penstock.schemas.responses import OrchestrationResult
from penstock.schemas.values import LARGEST_INTEGER
from penstock.server import orchestration
from penstock.server.api.dependencies import (
    CallingProcess,
    CallingWorker,
    ClaimTimes,
    Database,
    RenewsLeases,
    Shown,
)
from penstock.server.api.json_answers import json_answer
from penstock.server.api.json_requests import JsonRoute
from penstock.server.orchestration import Proposer

router = APIRouter(prefix="/flow_runs", tags=["Flow runs"], route_class=JsonRoute)

AttemptNumber = Annotated[int, Field(ge=1, le=LARGEST_INTEGER)]
RESULT = TypeAdapter(OrchestrationResult)


@router.post("/{flow_run_id:uuid}/set_state", status_code=201, response_model=OrchestrationResult)
async def set_flow_run_state(
    flow_run_id: UUID,
    state: Annotated[StateCreate, Body()],
    db: Database,
    renews_leases: RenewsLeases,
    worker_name: CallingWorker,
    process: CallingProcess,
    lease_times: ClaimTimes,
    shown: Shown,
    force: Annotated[
        bool | None, Body(description="Write the state without asking the rules of orchestration.")
    ] = False,
    attempt: Annotated[
        AttemptNumber | None, Body(description="The attempt that the caller claimed; 409 when it is over.")
    ] = None,
) -> Response:
    """Propose a state. 201 when a state was written, 200 when the run stays as it was."""
    proposer = Proposer(worker_name, process=process, attempt=attempt)
    asked_at = utc_now()
    result = await orchestration.propose_flow_run_state(
        db,
        flow_run_id,
        state.to_state(),
        force=bool(force),
        renews_leases=renews_leases,
        proposer=proposer,
        lease_times=lease_times,
    )
    shown.forget(flow_run_id)
    return json_answer(RESULT, result, status_code=status_of(result, asked_at))


def status_of(result: OrchestrationResult, asked_at: datetime) -> int:
    """Return the status of an answer: 201 when a state was written since then, 200 when none was."""
    return 201 if result.state is not None and result.state.timestamp >= asked_at else 200
