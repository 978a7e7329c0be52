"""Routes that tell of many runs at once: over time, and how late they are (orchestration.md 2.7)."""

from datetime import timedelta
from typing import Annotated

from fastapi import APIRouter, Body, Response
from pydantic import Field, TypeAdapter

from penstock.schemas.lists import list_of
from penstock.schemas.responses import HistoryResponse
from penstock.schemas.timestamps import Timestamp
from penstock.server.api.dependencies import Database
from penstock.server.api.json_answers import json_answer
from penstock.server.api.json_requests import JsonRoute
from penstock.server.api.related_filters import Filters
from penstock.server.database.filters import flow_run_criteria
from penstock.server.models import run_history

router = APIRouter(prefix="/flow_runs", tags=["Flow runs"], route_class=JsonRoute)

HISTORY = list_of(HistoryResponse)
SECONDS = TypeAdapter(float | None)

LONGEST_INTERVAL = timedelta(days=36_525)

Interval = Annotated[timedelta, Field(ge=timedelta(seconds=1), le=LONGEST_INTERVAL)]


@router.post("/history", response_model=list[HistoryResponse])
async def read_flow_run_history(
    history_start: Annotated[Timestamp, Body()],
    history_end: Annotated[Timestamp, Body()],
    history_interval_seconds: Annotated[Interval, Body(description="Seconds, at least 1.")],
    filters: Filters,
    db: Database,
) -> Response:
    """Count runs by when they were meant to start and by state; at most 500 intervals."""
    async with db.session_context() as session:
        history = await run_history.read_run_history(
            session=session,
            table=db.FlowRun,
            criteria=flow_run_criteria(filters.flow_runs, filters.of_flow_runs()),
            start=history_start,
            end=history_end,
            interval=history_interval_seconds,
        )
    return json_answer(HISTORY, history)


@router.post("/lateness", response_model=float | None)
async def read_average_lateness(filters: Filters, db: Database) -> Response:
    """Read by how many seconds runs are late on average; null when there are none."""
    async with db.session_context() as session:
        seconds = await run_history.read_average_lateness(
            session=session,
            table=db.FlowRun,
            criteria=flow_run_criteria(filters.flow_runs, filters.of_flow_runs()),
        )
    return json_answer(SECONDS, seconds)
