"""Routes that show pools and queues at a glance, for pages that are read again and again."""

from typing import Annotated

from fastapi import APIRouter, Query, Response

from penstock.schemas.lists import list_of
from penstock.schemas.responses import WorkPoolOverview, WorkQueueOverview
from penstock.schemas.values import LARGEST_INTEGER
from penstock.server.api.dependencies import Database, SharedCounts
from penstock.server.api.json_answers import json_answer
from penstock.server.api.late_routes import LateRoute
from penstock.server.api.work_pools import require_work_pool
from penstock.server.models import overview

router = APIRouter(prefix="/overview", tags=["Overview"], route_class=LateRoute)

POOLS = list_of(WorkPoolOverview)
QUEUES = list_of(WorkQueueOverview)

MOST_QUEUES = 1000


@router.get("/work_pools", response_model=list[WorkPoolOverview])
async def read_work_pool_overviews(db: Database, counts: SharedCounts) -> Response:
    """Read the pools, by name, with their slots, workers, backlogs and starts; at most 500."""
    kept = await counts.read()
    async with db.session_context() as session:
        found = await overview.read_work_pool_overviews(
            session=session, backlogs=kept.backlogs, starts=kept.starts
        )
    return json_answer(POOLS, found)


@router.get("/work_pools/{work_pool_name}/queues", response_model=list[WorkQueueOverview])
async def read_work_queue_overviews(
    work_pool_name: str,
    db: Database,
    counts: SharedCounts,
    limit: Annotated[int, Query(ge=0, le=MOST_QUEUES)] = MOST_QUEUES,
    offset: Annotated[int, Query(ge=0, le=LARGEST_INTEGER)] = 0,
) -> Response:
    """Read the queues of a pool, the most urgent first, with their slots and backlogs."""
    kept = await counts.read()
    async with db.session_context() as session:
        work_pool = await require_work_pool(session, work_pool_name)
        found = await overview.read_work_queue_overviews(
            session=session, work_pool=work_pool, backlogs=kept.backlogs, offset=offset, limit=limit
        )
    return json_answer(QUEUES, found)
