"""Flow runs as answered: with the pool each one's queue is in."""

from uuid import UUID

from fastapi import Response
from pydantic import TypeAdapter

from penstock.schemas.responses import FlowRunResponse
from penstock.server.api.json_answers import json_answer, json_text
from penstock.server.database.orm_models import FlowRun
from penstock.server.database.plain import Statements
from penstock.server.database.told import dump_told
from penstock.server.events.run_context import RunContext
from penstock.server.models.told_flow_runs import read_told_flow_run

FLOW_RUN = TypeAdapter(FlowRunResponse)


async def wanted_flow_run(statements: Statements, flow_run_id: UUID, *, is_new: bool) -> Response:
    """Return the answer to whoever wanted a run created that is there now, new (201) or not (200)."""
    told = await read_told_flow_run(statements, flow_run_id)
    assert told is not None
    return json_text(dump_told(told), status_code=201 if is_new else 200)


def new_flow_run(row: FlowRun, context: RunContext) -> Response:
    """Return the answer to whoever created a run in these surroundings (201)."""
    response = FlowRunResponse.from_row(
        row, work_pool_id=context.work_pool_id, work_pool_name=context.work_pool_name
    )
    return json_answer(FLOW_RUN, response, status_code=201)
