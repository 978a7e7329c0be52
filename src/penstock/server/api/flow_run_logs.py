"""The route that gives the log of a run as a file (orchestration.md 2.7)."""

import csv
from collections.abc import AsyncIterator, Iterable
from io import StringIO
from uuid import UUID

from fastapi import APIRouter, Response
from fastapi.responses import StreamingResponse

from penstock.schemas.filters import LogFilter, LogFilterFlowRunId
from penstock.schemas.timestamps import to_wire
from penstock.server.api.dependencies import Database
from penstock.server.api.errors import not_found
from penstock.server.api.late_routes import LateRoute
from penstock.server.database import DBInterface
from penstock.server.database.orm_models import Log
from penstock.server.models import flow_runs, logs

router = APIRouter(prefix="/flow_runs", tags=["Flow runs"], route_class=LateRoute)

COLUMNS = ("timestamp", "level", "flow_run_id", "task_run_id", "message")
LINES_AT_ONCE = 1000


@router.get("/{flow_run_id:uuid}/logs/download", response_class=StreamingResponse)
async def download_logs(flow_run_id: UUID, db: Database) -> Response:
    """Read all log lines of a run, the oldest first, as CSV with a line of names on top."""
    async with db.session_context() as session:
        run = await flow_runs.read_flow_run(session=session, flow_run_id=flow_run_id)
    if run is None:
        not_found("Flow run not found")
    return StreamingResponse(
        _lines(db, flow_run_id),
        media_type="text/csv",
        headers={"Content-Disposition": f'attachment; filename="flow-run-{flow_run_id}-logs.csv"'},
    )


async def _lines(db: DBInterface, flow_run_id: UUID) -> AsyncIterator[str]:
    chosen = LogFilter(flow_run_id=LogFilterFlowRunId(any_=[flow_run_id]))
    yield _as_csv([COLUMNS])
    offset = 0
    while True:
        async with db.session_context() as session:
            rows = await logs.read_logs(
                session=session, log_filter=chosen, offset=offset, limit=LINES_AT_ONCE
            )
        yield _as_csv([_cells(row) for row in rows])
        if len(rows) < LINES_AT_ONCE:
            return
        offset += len(rows)


def _cells(row: Log) -> tuple[object, ...]:
    return to_wire(row.timestamp), row.level, row.flow_run_id, row.task_run_id, row.message


def _as_csv(rows: Iterable[tuple[object, ...]]) -> str:
    text = StringIO()
    csv.writer(text).writerows(rows)
    return text.getvalue()
