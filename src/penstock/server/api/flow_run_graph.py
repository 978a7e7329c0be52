"""The route that shows what a run ran (orchestration.md 2.7)."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, HTTPException, Query, Response
from pydantic import TypeAdapter

from penstock.schemas.responses.graphs import Graph
from penstock.schemas.timestamps import Timestamp
from penstock.server.api.dependencies import Database
from penstock.server.api.errors import not_found
from penstock.server.api.json_answers import json_answer
from penstock.server.api.late_routes import LateRoute
from penstock.server.models.flow_run_graphs import GraphTooLargeError, read_flow_run_graph

router = APIRouter(prefix="/flow_runs", tags=["Flow runs"], route_class=LateRoute)

GRAPH = TypeAdapter(Graph)


@router.get("/{flow_run_id:uuid}/graph-v2", response_model=Graph)
async def read_graph(
    flow_run_id: UUID,
    db: Database,
    since: Annotated[Timestamp | None, Query(description="Only what was going on then or later.")] = None,
) -> Response:
    """Read the task runs and runs of other flows of a run, and what depended on what."""
    async with db.session_context() as session:
        try:
            graph = await read_flow_run_graph(session=session, flow_run_id=flow_run_id, since=since)
        except GraphTooLargeError as error:
            raise HTTPException(400, str(error)) from None
    if graph is None:
        not_found("Flow run not found")
    return json_answer(GRAPH, graph)
