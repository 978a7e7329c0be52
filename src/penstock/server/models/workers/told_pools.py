"""The list of all work pools, read as it is stored, and told as it is stored.

What is told is what ``schemas.responses.WorkPoolResponse`` tells of the same pool (workers.md 2.1).
"""

from typing import Any

import sqlalchemy as sa

from penstock.schemas.core.work_pools import AGENT_POOL_TYPE
from penstock.schemas.responses import WorkPoolResponse
from penstock.server.database.orm_models import WorkPool
from penstock.server.database.plain import Row, Statements
from penstock.server.database.told import ToldColumns, dump_told
from penstock.server.models.workers.slots import ACTIVE_SLOTS_OF_POOL

_TOLD = ToldColumns(WorkPool, (name for name in WorkPoolResponse.model_fields if name != "active_slots"))
_ACTIVE_SLOTS = sa.case((WorkPool.concurrency_limit.is_not(None), ACTIVE_SLOTS_OF_POOL))

_POOLS = (
    sa.select(*_TOLD.selected, _ACTIVE_SLOTS)
    .order_by(WorkPool.name)
    .offset(sa.bindparam("offset", type_=sa.Integer()))
    .limit(sa.bindparam("limit", type_=sa.Integer()))
)


async def read_told_work_pools(statements: Statements, offset: int, limit: int) -> bytes:
    """Return the JSON text of an answer that lists the work pools by name."""
    rows = await statements.rows(_POOLS, {"offset": offset, "limit": limit})
    return dump_told([_told(row) for row in rows])


def _told(row: Row) -> dict[str, Any]:
    told = _TOLD.told(row)
    if told["type"] == AGENT_POOL_TYPE:
        told["status"] = None
    told["active_slots"] = row[-1]
    return told
