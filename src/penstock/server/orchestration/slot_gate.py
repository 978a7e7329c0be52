"""The gate: limits are locked and counted in the transaction that takes the slot (ADR 0005).

Whoever lets a run into a slot holds the row locks of the limited pool and queue and of the limit of
its deployment until it commits, always in this order. So of two racing transactions the second counts
the first one's run. A pool or queue without a limit is not locked; a limit that is set where
none was waits for the transitions under way (``Dialect.wait_for_transitions``).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any
from uuid import UUID

import sqlalchemy as sa

from penstock.server.database.expressions import is_among
from penstock.server.database.json import dump_ids
from penstock.server.database.orm_models import FlowRun, WorkPool, WorkQueue
from penstock.server.database.plain import Statements
from penstock.server.database.states import holds_slot
from penstock.server.orchestration.limit_locks import POOL_USE, QUEUE_USE, lock_and_count
from penstock.server.orchestration.transition import Transition

_WORK_POOL_ID = sa.bindparam("work_pool_id", type_=sa.Uuid())
_OF_POOL = WorkPool.id == _WORK_POOL_ID
_OF_NAME = WorkPool.name == sa.bindparam("work_pool_name", type_=sa.Text())
_AMONG_QUEUES = is_among(WorkQueue.id, sa.bindparam("work_queue_ids", type_=sa.Text()))
_HAS_SLOT = holds_slot(FlowRun.state_type)

USE_COLUMNS: tuple[sa.ColumnElement[int], ...] = (
    sa.case((_HAS_SLOT, 0), else_=POOL_USE).label("work_pool_use"),
    sa.case((_HAS_SLOT, 0), else_=QUEUE_USE).label("work_queue_use"),
)
"""What is in use of the limits over a run that has no slot, for where nobody else writes meanwhile."""


@dataclass(frozen=True, slots=True)
class ChosenQueues:
    """A pool, by its id or by its name, and some of its queues; None or no queues are all of them."""

    work_pool_id: UUID | None = None
    work_pool_name: str | None = None
    work_queue_ids: Sequence[UUID] | None = None


async def lock_limits(statements: Statements, chosen: ChosenQueues) -> frozenset[UUID]:
    """Lock a pool and its queues, as far as they have limits, until the transaction ends.

    Returns:
        The ids of the pool and the queues that are locked.
    """
    by_name, some = chosen.work_pool_id is None, bool(chosen.work_queue_ids)
    asked = {
        "work_pool_id": chosen.work_pool_id,
        "work_pool_name": chosen.work_pool_name,
        "work_queue_ids": dump_ids(chosen.work_queue_ids or ()),
    }
    return frozenset(row[0] for row in await statements.rows(_lock_limits(by_name, some), asked))


@lru_cache(maxsize=4)
def _lock_limits(by_name: bool, some: bool) -> sa.CompoundSelect[Any]:
    """Return the statement that locks the pool, and after it the queues in the order of their ids."""
    pool = sa.select(WorkPool.id).where(
        _OF_NAME if by_name else _OF_POOL, WorkPool.concurrency_limit.is_not(None)
    )
    queues = sa.select(WorkQueue.id).where(WorkQueue.concurrency_limit.is_not(None))
    if by_name:
        queues = queues.where(
            WorkQueue.work_pool_id == sa.select(WorkPool.id).where(_OF_NAME).scalar_subquery()
        )
    else:
        queues = queues.where(WorkQueue.work_pool_id == _WORK_POOL_ID)
    if some:
        queues = queues.where(_AMONG_QUEUES)
    parts = [
        pool.with_for_update(key_share=True).cte("locked_pool"),
        queues.order_by(WorkQueue.id).with_for_update(key_share=True).cte("locked_queues"),
    ]
    return sa.union_all(*(sa.select(part.c.id) for part in parts))


async def full_limit(transition: Transition) -> str | None:
    """Lock what limits the run and return which limit of pool and queue has no slot left, as a sentence.

    None when the run may take its slot; the locks then keep the slot for it. The limit of its
    deployment is locked and counted with them, for the rule that asks for its slot. Where nobody else
    writes meanwhile, the use was read with the run, and there is nothing to lock.
    """
    if transition.limits.work_pool_use is None:
        await lock_and_count(transition)
    limits, context = transition.limits, transition.context
    if _is_full(limits.work_pool_limit, limits.work_pool_use):
        what = f"work pool '{context.work_pool_name}'"
        return f"All {limits.work_pool_limit} slots of {what} are in use ({limits.work_pool_use})."
    if _is_full(limits.work_queue_limit, limits.work_queue_use):
        what = f"work queue '{context.work_queue_name}'"
        return f"All {limits.work_queue_limit} slots of {what} are in use ({limits.work_queue_use})."
    return None


def _is_full(limit: int | None, use: int | None) -> bool:
    return limit is not None and use is not None and use >= limit
