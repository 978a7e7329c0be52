"""Routes of logs (orchestration.md 4.1)."""

from typing import Annotated

from fastapi import APIRouter, Body, Response
from pydantic import TypeAdapter

from penstock.core.slices import make_each
from penstock.schemas.actions import LogCreate
from penstock.schemas.core import Log
from penstock.schemas.filters import LogFilter
from penstock.schemas.lists import list_of
from penstock.schemas.sorting import LogSort
from penstock.server.api.dependencies import CallingProcess, Database, Signs
from penstock.server.api.json_answers import json_answer
from penstock.server.api.json_requests import JsonRoute
from penstock.server.api.paging import Limit, Offset
from penstock.server.models import logs

router = APIRouter(prefix="/logs", tags=["Logs"], route_class=JsonRoute)

LOGS = list_of(Log)
NOTHING = TypeAdapter(None)


@router.post("/", status_code=201, response_model=None)
async def create_logs(
    lines: Annotated[list[LogCreate], Body()], db: Database, signs: Signs, process: CallingProcess
) -> Response:
    """Store log lines; whether their runs exist is not asked.

    Those that a flow's process sends show that it lives.
    """
    if process is not None:
        for line in lines:
            if line.flow_run_id is not None:
                signs.note(line.flow_run_id)
    async with db.session_context(begin_transaction=True) as session:
        await logs.create_logs(session=session, logs=lines)
    return json_answer(NOTHING, None, status_code=201)


@router.post("/filter", response_model=list[Log])
async def read_logs(
    limit: Limit,
    offset: Offset,
    db: Database,
    log_filter: Annotated[LogFilter | None, Body(alias="logs")] = None,
    sort: Annotated[LogSort | None, Body()] = LogSort.TIMESTAMP_ASC,
) -> Response:
    """Read log lines, the oldest first unless asked otherwise."""
    async with db.listing_context() as session:
        rows = await logs.read_logs(
            session=session,
            log_filter=log_filter,
            sort=sort or LogSort.TIMESTAMP_ASC,
            offset=offset,
            limit=limit,
        )
        answer = await make_each(Log.model_validate, rows)
    return json_answer(LOGS, answer)
