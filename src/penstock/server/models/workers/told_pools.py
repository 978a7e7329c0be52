"""The list of all work pools, read as it is stored, and told as it is stored.

What is told is what ``schemas.responses.WorkPoolResponse`` tells of the same pool (workers.md 2.1).
"""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

import sqlalchemy as sa

from penstock.schemas.core.work_pools import AGENT_POOL_TYPE
from penstock.schemas.responses import WorkPoolResponse
from penstock.server.database.orm_models import WorkPool
from penstock.server.database.plain import Row, Statements
from penstock.server.database.told import ToldColumns, dump_told
from penstock.server.models.workers.slots import count_active_slots_of_pools

_TOLD = ToldColumns(
    WorkPool, (name for name in WorkPoolResponse.model_fields if name != "active_slots"), read=("id",)
)
_ID, _LIMIT = _TOLD.names.index("id"), _TOLD.names.index("concurrency_limit")

_POOLS = (
    sa.select(*_TOLD.selected)
    .order_by(WorkPool.name)
    .offset(sa.bindparam("offset", type_=sa.Integer()))
    .limit(sa.bindparam("limit", type_=sa.Integer()))
)


async def read_told_work_pools(statements: Statements, offset: int, limit: int) -> bytes:
    """Return the JSON text of an answer that lists the work pools by name."""
    rows = await statements.rows(_POOLS, {"offset": offset, "limit": limit})
    limited = [row[_ID] for row in rows if row[_LIMIT] is not None]
    counts = await count_active_slots_of_pools(statements, limited)
    return dump_told([_told(row, counts) for row in rows])


def _told(row: Row, active_slots: Mapping[UUID, int]) -> dict[str, Any]:
    told = _TOLD.told(row)
    if told["type"] == AGENT_POOL_TYPE:
        told["status"] = None
    is_limited = row[_LIMIT] is not None
    told["active_slots"] = active_slots.get(row[_ID], 0) if is_limited else None
    return told
