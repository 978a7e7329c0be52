"""The route that shows when a schedule would be due, before anybody keeps it."""

import asyncio
from typing import Annotated

from fastapi import APIRouter, Body, Response
from pydantic import Field, TypeAdapter

from penstock.schemas.core import Schedule
from penstock.schemas.responses import UpcomingStarts
from penstock.server.api.json_answers import json_answer
from penstock.server.api.json_requests import JsonRoute
from penstock.server.models.schedules import upcoming_starts_of

router = APIRouter(prefix="/overview/schedules", tags=["Overview"], route_class=JsonRoute)

STARTS = TypeAdapter(UpcomingStarts)


@router.post("/starts", response_model=UpcomingStarts)
async def preview_starts(
    schedule: Annotated[Schedule, Body()], starts: Annotated[int, Body(), Field(ge=1, le=100)] = 10
) -> Response:
    """Reckon when a schedule would be due next; nothing is stored."""
    # a rule may have a million dates behind it, and others are waiting for this loop
    upcoming = await asyncio.to_thread(upcoming_starts_of, schedule, starts)
    return json_answer(STARTS, upcoming)
