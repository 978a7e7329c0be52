"""Flow runs read as they are stored, and told as they are stored.

What is told is what ``schemas.responses.FlowRunResponse`` tells of the same runs (orchestration.md 1.8).
"""

from datetime import datetime
from functools import cache
from typing import Any
from uuid import UUID

import orjson
import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncSession

from penstock.core.clock import utc_now
from penstock.core.slices import make_each
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
_READ = ("state_type", "state_timestamp", "expected_start_time", "start_time", "total_run_time")
_NAMES = [name for name in FlowRunResponse.model_fields if name not in _ELSEWHERE]
_TOLD = ToldColumns(FlowRun, [*_NAMES, *_STATE_ONLY], _READ)
_COLUMNS = [*_TOLD.selected, sa.cast(FlowRun.state_details, sa.Text())]
_STATE, _STATE_TIME, _EXPECTED, _STARTED, _RUN_TIME = map(_TOLD.names.index, _READ)
_DETAILS = len(_TOLD.selected)
_IN_ORDER = dict.fromkeys(FlowRunResponse.model_fields)

Pool = tuple[str | None, str | None]
"""Its id, as it is told, and its name."""

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
        pool = _NO_POOL if pool_id is None else (str(pool_id), pool_name)
        return _told(row, _TOLD.told(row), pool, utc_now())
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
    stored = await make_each(_TOLD.told, rows)
    pools = await _read_pools(session, {one["work_queue_id"] for one in stored} - {None})
    now = utc_now()

    def told(both: tuple[Row, Told]) -> Told:
        row, one = both
        return _told(row, one, pools.get(one["work_queue_id"], _NO_POOL), now)

    return await make_each(told, zip(rows, stored, strict=True))


async def _read_pools(session: AsyncSession, queue_ids: set[str]) -> dict[str, Pool]:
    """Read the pool of each queue, by the queue's id."""
    if not queue_ids:
        return {}
    found = await session.execute(_POOLS_OF_QUEUES, {"work_queue_ids": list(map(UUID, queue_ids))})
    return {str(queue_id): (str(pool_id), name) for queue_id, pool_id, name in found}


def _told(row: Row, stored: Told, pool: Pool, now: datetime) -> Told:
    told = _IN_ORDER | stored
    state_type, state_time = row[_STATE], row[_STATE_TIME]
    told["state"] = _told_state(row, stored)
    for name in _STATE_ONLY:
        del told[name]
    told["estimated_run_time"] = estimated_run_time(row[_RUN_TIME], state_type, state_time, now)
    told["estimated_start_time_delta"] = estimated_start_time_delta(
        row[_EXPECTED], row[_STARTED], state_type, now
    )
    told["work_pool_id"], told["work_pool_name"] = pool
    return told


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
        "state_details": _told_details(row, stored),
    }


def _told_details(row: Row, stored: Told) -> Told:
    text, without = row[_DETAILS], _no_details()
    details: Told = without.copy() if text is None else orjson.loads(text)
    if details.keys() != without.keys():
        # stored by an earlier version
        details = {name: details.get(name, default) for name, default in without.items()}
    if details["scheduled_time"] is None and row[_STATE] is StateType.SCHEDULED:
        details["scheduled_time"] = stored["state_timestamp"]
    return details


@cache
def _no_details() -> Told:
    """Return what is told of a state that was stored without details."""
    return StateDetails().model_dump(mode="json")
