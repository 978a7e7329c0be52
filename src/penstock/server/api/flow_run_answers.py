"""Flow runs as answered: with the pool each one's queue is in."""

from collections.abc import Sequence

from pydantic import TypeAdapter
from sqlalchemy.ext.asyncio import AsyncSession

from penstock.schemas.lists import list_of
from penstock.schemas.responses import FlowRunResponse
from penstock.server.database.orm_models import FlowRun
from penstock.server.events.run_context import RunContext
from penstock.server.models import flow_runs

FLOW_RUN = TypeAdapter(FlowRunResponse)
FLOW_RUNS = list_of(FlowRunResponse)


async def flow_run_responses(session: AsyncSession, rows: Sequence[FlowRun]) -> list[FlowRunResponse]:
    """Return the runs in their order; one more statement for all their pools together."""
    pools = await flow_runs.read_work_pools_of_runs(session=session, flow_runs=rows)
    responses = []
    for row in rows:
        pool_id, pool_name = pools.get(row.work_queue_id, (None, None)) if row.work_queue_id else (None, None)
        responses.append(FlowRunResponse.from_row(row, work_pool_id=pool_id, work_pool_name=pool_name))
    return responses


async def flow_run_response(session: AsyncSession, row: FlowRun) -> FlowRunResponse:
    """Return one run."""
    return (await flow_run_responses(session, [row]))[0]


def new_flow_run_response(row: FlowRun, context: RunContext) -> FlowRunResponse:
    """Return a run that was created in these surroundings."""
    return FlowRunResponse.from_row(
        row, work_pool_id=context.work_pool_id, work_pool_name=context.work_pool_name
    )
