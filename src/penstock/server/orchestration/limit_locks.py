"""Locking what limits one run, and counting it: two statements, however much it is.

The count is a statement of its own, so that it sees what the locks waited for.
"""

from collections.abc import Mapping
from dataclasses import replace
from functools import lru_cache
from typing import Any
from uuid import UUID

import sqlalchemy as sa

from penstock.server.database.loose_rows import stored_columns, stored_row
from penstock.server.database.orm_models import Base, ConcurrencyLimit, TaskRun, WorkPool, WorkQueue
from penstock.server.database.slots import occupied_in_pool, occupied_in_queue
from penstock.server.models.concurrency_limits.deployment_slots import (
    SLOT_COLUMNS,
    DeploymentSlots,
    read_deployment_slots,
)
from penstock.server.orchestration.transition import Transition

_LIMIT_ID = sa.bindparam("limit_id", type_=sa.Uuid())
_WORK_QUEUE_ID = sa.bindparam("work_queue_id", type_=sa.Uuid())

POOL_USE = sa.case((WorkPool.concurrency_limit.is_not(None), occupied_in_pool(WorkPool.id)), else_=0)
QUEUE_USE = sa.case((WorkQueue.concurrency_limit.is_not(None), occupied_in_queue(WorkQueue.id)), else_=0)
"""What is occupied of a limit; not counted where there is none."""

_USE = (
    sa.select(WorkPool.concurrency_limit, POOL_USE, WorkQueue.concurrency_limit, QUEUE_USE)
    .join(WorkPool, WorkPool.id == WorkQueue.work_pool_id)
    .where(WorkQueue.id == _WORK_QUEUE_ID)
)
_USE_WITH_DEPLOYMENT = _USE.add_columns(*SLOT_COLUMNS).outerjoin(
    ConcurrencyLimit, sa.and_(ConcurrencyLimit.id == _LIMIT_ID, ConcurrencyLimit.active)
)
"""The same with the limit of the run's deployment, and the lease that the run has kept over it."""

_ROWS: Mapping[str, tuple[type[Base], sa.ColumnElement[bool]]] = {
    "work_pool_id": (WorkPool, WorkPool.id == sa.bindparam("work_pool_id", type_=sa.Uuid())),
    "work_queue_id": (WorkQueue, WorkQueue.id == _WORK_QUEUE_ID),
    "limit_id": (ConcurrencyLimit, ConcurrencyLimit.id == _LIMIT_ID),
    "parent_id": (TaskRun, TaskRun.id == sa.bindparam("parent_id", type_=sa.Uuid())),
}
"""What can be locked, in the order in which it is (ADR 0007)."""


async def lock_and_count(transition: Transition) -> None:
    """Lock the limits over a run, and the task run it stands for, and note their use at the transition.

    Nothing is locked where nothing limits the run.
    """
    limits, context = transition.limits, transition.context
    deployment_limit = transition.deployment_limit if transition.takes_deployment_slot else None
    limit_id = deployment_limit.limit_id if deployment_limit is not None else None
    is_limited = limits.work_pool_limit is not None or limits.work_queue_limit is not None
    if not is_limited and limit_id is None:
        return
    rows = {
        "work_pool_id": context.work_pool_id if limits.work_pool_limit is not None else None,
        "work_queue_id": context.work_queue_id if limits.work_queue_limit is not None else None,
        "limit_id": limit_id,
        "parent_id": transition.flow_run.parent_task_run_id if transition.parent is None else None,
    }
    await _lock(transition, {name: one for name, one in rows.items() if one is not None})
    if is_limited:
        await _count(transition, limit_id)
    elif limit_id is not None:
        transition.deployment_slots = await read_deployment_slots(
            transition.statements, transition.flow_run.id, limit_id
        )


async def _lock(transition: Transition, rows: Mapping[str, UUID]) -> None:
    """Lock rows, given by their ids, until the transaction ends; if one is gone, all others one by one."""
    names = tuple(rows)
    if "parent_id" in rows and transition.in_session:
        # the session may know the parent, and then its object is what is changed
        found: Any = (await transition.session.execute(_lock_of(names, TaskRun), rows)).first()
    else:
        found = next(iter(await transition.statements.rows(_lock_of(names), rows)), None)
    if found is None:
        for name in names:
            await transition.statements.rows(_lock_of((name,)), rows)
    elif "parent_id" in rows:
        transition.parent = found[0] if transition.in_session else stored_row(TaskRun, found)


@lru_cache(maxsize=32)
def _lock_of(names: tuple[str, ...], selected: type[TaskRun] | None = None) -> sa.Select[Any]:
    """Return the statement that locks these rows, if all are there, in the order of the names.

    Args:
        selected: what it returns; else the columns of the parent, if that is locked, or an id.
    """
    (first, condition), *others = (_ROWS[name] for name in names)
    chosen: list[type[Base]] = [first, *(table for table, _ in others)]
    parent = stored_columns(TaskRun).values()
    columns = [selected] if selected else parent if "parent_id" in names else [first.id]
    lock: sa.Select[Any] = sa.select(*columns).select_from(first).where(condition)
    for table, its_condition in others:
        lock = lock.join(table, its_condition)
    return lock.with_for_update(of=chosen, key_share=True).execution_options(populate_existing=True)


async def _count(transition: Transition, limit_id: UUID | None) -> None:
    asked = {
        "work_queue_id": transition.context.work_queue_id,
        "limit_id": limit_id,
        "flow_run_id": transition.flow_run.id,
    }
    found = await transition.statements.rows(_USE if limit_id is None else _USE_WITH_DEPLOYMENT, asked)
    if not found:
        return
    pool_limit, pool_use, queue_limit, queue_use, *slots = found[0]
    if slots:
        transition.deployment_slots = DeploymentSlots.of(slots)
    transition.limits = replace(
        transition.limits,
        work_pool_limit=pool_limit,
        work_pool_use=pool_use,
        work_queue_limit=queue_limit,
        work_queue_use=queue_use,
    )
