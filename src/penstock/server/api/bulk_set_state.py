"""The route that proposes one state for many runs (orchestration.md 1.3)."""

import logging
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Body, Response
from pydantic import TypeAdapter
from sqlalchemy.exc import SQLAlchemyError

from penstock.core.errors import PenstockError
from penstock.schemas.actions import StateCreate
from penstock.schemas.filters import FlowRunFilter
from penstock.schemas.responses import (
    FlowRunBulkSetStateResponse,
    FlowRunOrchestrationResult,
    SetStateStatus,
    StateAbortDetails,
)
from penstock.server import orchestration
from penstock.server.api.dependencies import Database
from penstock.server.api.json_answers import json_answer
from penstock.server.api.json_requests import JsonRoute
from penstock.server.api.paging import BulkLimit
from penstock.server.database import DBInterface
from penstock.server.models import flow_runs

router = APIRouter(prefix="/flow_runs", tags=["Flow runs"], route_class=JsonRoute)
logger = logging.getLogger(__name__)

RESULTS = TypeAdapter(FlowRunBulkSetStateResponse)


@router.post("/bulk_set_state", response_model=FlowRunBulkSetStateResponse)
async def set_flow_run_states(
    state: Annotated[StateCreate, Body()],
    db: Database,
    chosen: Annotated[FlowRunFilter | None, Body(alias="flow_runs")] = None,
    force: Annotated[bool | None, Body()] = False,
    limit: BulkLimit = 50,
) -> Response:
    """Propose a state for the newest runs that match, each in a transaction of its own."""
    async with db.session_context() as session:
        rows = await flow_runs.read_flow_runs(session=session, flow_run_filter=chosen, limit=limit)
        ids = [row.id for row in rows]
    results = [await _set_state(db, flow_run_id, state, bool(force)) for flow_run_id in ids]
    return json_answer(RESULTS, FlowRunBulkSetStateResponse(results=results))


async def _set_state(
    db: DBInterface, flow_run_id: UUID, state: StateCreate, force: bool
) -> FlowRunOrchestrationResult:
    """Return what became of one proposal; one that fails is an ABORT and stops no other."""
    try:
        result = await orchestration.propose_flow_run_state(db, flow_run_id, state.to_state(), force=force)
    except (PenstockError, SQLAlchemyError) as error:
        logger.warning("The state of flow run %s could not be set: %s", flow_run_id, error)
        reason = str(error) if isinstance(error, PenstockError) else "The database refused the change."
        return FlowRunOrchestrationResult(
            flow_run_id=flow_run_id,
            state=None,
            status=SetStateStatus.ABORT,
            details=StateAbortDetails(reason=reason),
        )
    return FlowRunOrchestrationResult(
        flow_run_id=flow_run_id, state=result.state, status=result.status, details=result.details
    )
