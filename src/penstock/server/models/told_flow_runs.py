"""Flow runs read as they are stored, and told as they are stored.

What is told is what ``schemas.responses.FlowRunResponse`` tells of the same runs (orchestration.md 1.8).
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

import orjson
import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncSession

from penstock.core.clock import utc_now
from penstock.core.states import StateType, default_state_name
from penstock.schemas.filters import FlowRunFilter
from penstock.schemas.responses import FlowRunResponse
from penstock.schemas.run_times import estimated_run_time, estimated_start_time_delta
from penstock.schemas.sorting import FlowRunSort
from penstock.schemas.states import StateDetails
from penstock.server.database.filters import FlowRunRelations, flow_run_criteria, flow_run_ordering
from penstock.server.database.orm_models import FlowRun, WorkPool, WorkQueue
from penstock.server.database.plain import Row, Statements
from penstock.server.database.told import ToldColumns

Told = dict[str, Any]
"""For ``database.told.dump_told``."""

_ELSEWHERE = ("state", "work_pool_id", "work_pool_name", "estimated_run_time", "estimated_start_time_delta")
_STATE_ONLY = ("state_timestamp", "state_message", "state_data")
_READ = (
    "work_queue_id",
    "state_type",
    "state_timestamp",
    "expected_start_time",
    "start_time",
    "total_run_time",
)
_NAMES = [name for name in FlowRunResponse.model_fields if name not in _ELSEWHERE]
_TOLD = ToldColumns(FlowRun, [*_NAMES, *_STATE_ONLY], _READ)
_COLUMNS = [*_TOLD.selected, sa.cast(FlowRun.state_details, sa.Text())]
_QUEUE, _STATE, _STATE_TIME, _EXPECTED, _STARTED, _RUN_TIME = map(_TOLD.names.index, _READ)
_DETAILS = len(_TOLD.selected)

Pool = tuple[UUID | None, str | None]
_NO_POOL: Pool = (None, None)
_POOL = (WorkPool.id, WorkPool.name)
_POOLS_OF_QUEUES = (
    sa.select(WorkQueue.id, *_POOL)
    .join(WorkPool, WorkPool.id == WorkQueue.work_pool_id)
    .where(WorkQueue.id.in_(sa.bindparam("work_queue_ids", expanding=True)))
)
_RUN = (
    sa.select(*_COLUMNS, *_POOL)
    .outerjoin(WorkQueue, WorkQueue.id == FlowRun.work_queue_id)
    .outerjoin(WorkPool, WorkPool.id == WorkQueue.work_pool_id)
    .where(FlowRun.id == sa.bindparam("flow_run_id", type_=sa.Uuid()))
)


async def read_told_flow_run(statements: Statements, flow_run_id: UUID) -> Told | None:
    """Read a run by id; None when there is none."""
    rows = await statements.rows(_RUN, {"flow_run_id": flow_run_id})
    for row in rows:
        pool_id, pool_name = row[_DETAILS + 1 :]
        return _told(row, (pool_id, pool_name), utc_now())
    return None


async def read_told_flow_runs(
    session: AsyncSession,
    *,
    flow_run_filter: FlowRunFilter | None = None,
    relations: FlowRunRelations | None = None,
    sort: FlowRunSort = FlowRunSort.ID_DESC,
    offset: int | None = None,
    limit: int | None = None,
) -> list[Told]:
    """Read the runs that match, in their order; one more statement for all their pools together."""
    statement = sa.select(*_COLUMNS).order_by(*flow_run_ordering(sort)).offset(offset).limit(limit)
    rows = (await session.execute(statement.where(flow_run_criteria(flow_run_filter, relations)))).all()
    pools = await _read_pools(session, rows)
    now = utc_now()
    return [_told(row, pools.get(row[_QUEUE], _NO_POOL), now) for row in rows]


async def _read_pools(session: AsyncSession, rows: Sequence[Row]) -> dict[UUID, Pool]:
    """Read id and name of the pool of each queue that the runs are in, by queue id."""
    queue_ids = {row[_QUEUE] for row in rows} - {None}
    if not queue_ids:
        return {}
    found = await session.execute(_POOLS_OF_QUEUES, {"work_queue_ids": list(queue_ids)})
    return {queue_id: (pool_id, name) for queue_id, pool_id, name in found}


def _told(row: Row, pool: Pool, now: datetime) -> Told:
    stored = _TOLD.told(row)
    state_type, state_time = row[_STATE], row[_STATE_TIME]
    stored["state"] = _told_state(row, stored)
    stored["estimated_run_time"] = estimated_run_time(row[_RUN_TIME], state_type, state_time, now)
    stored["estimated_start_time_delta"] = estimated_start_time_delta(
        row[_EXPECTED], row[_STARTED], state_type, now
    )
    pool_id, stored["work_pool_name"] = pool
    stored["work_pool_id"] = None if pool_id is None else str(pool_id)
    return {name: stored[name] for name in FlowRunResponse.model_fields}


def _told_state(row: Row, stored: Told) -> Told | None:
    """Return the present state as ``schemas.states.State`` is written; None before the first one."""
    if stored["state_id"] is None or row[_STATE] is None or row[_STATE_TIME] is None:
        return None
    return {
        "id": stored["state_id"],
        "type": row[_STATE],
        "name": default_state_name(row[_STATE]) if stored["state_name"] is None else stored["state_name"],
        "timestamp": stored["state_timestamp"],
        "message": stored["state_message"],
        "data": stored["state_data"],
        "state_details": _told_details(row),
    }


def _told_details(row: Row) -> orjson.Fragment:
    text = row[_DETAILS]
    details = StateDetails() if text is None else StateDetails.model_validate_json(text)
    if details.scheduled_time is None and row[_STATE] is StateType.SCHEDULED:
        details.scheduled_time = row[_STATE_TIME]
    return orjson.Fragment(details.model_dump_json())
