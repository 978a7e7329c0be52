"""No more slots are occupied than the limits of pools, queues and deployments allow.

A limit that was set below its use, runs that came from a queue that was deleted, and runs that a
person put into a slot past it, are overrides: the limit holds for those who enter from then on.
"""

from collections.abc import Callable
from datetime import datetime
from typing import Any
from uuid import UUID

import sqlalchemy as sa

from penstock.schemas.responses import Finding
from penstock.server.database import DBInterface
from penstock.server.database.orm_models import CONCURRENCY_LEASE_LIMIT
from penstock.server.database.slots import occupied_in_pool, occupied_in_queue
from penstock.server.database.states import holds_slot, retries_in_process
from penstock.server.models.doctor.check import Check, Examined, Findings, count_of, rows_of
from penstock.server.models.doctor.overrides import (
    Occupant,
    entered_after,
    read_limit_change,
    read_occupants,
    read_take_over,
)


async def find_overfull_pools(examined: Examined) -> Findings:
    """Find pools with more slots occupied than they have."""
    queue = examined.db.WorkQueue

    def of_pool(pool_id: UUID) -> sa.ColumnElement[bool]:
        queues = sa.select(queue.id).where(queue.work_pool_id == pool_id)
        return examined.db.FlowRun.work_queue_id.in_(queues)

    return await _overfull(examined, "work_pool", examined.db.WorkPool, occupied_in_pool, of_pool)


async def find_overfull_queues(examined: Examined) -> Findings:
    """Find queues with more slots occupied than they have."""

    def of_queue(queue_id: UUID) -> sa.ColumnElement[bool]:
        return examined.db.FlowRun.work_queue_id == queue_id

    return await _overfull(examined, "work_queue", examined.db.WorkQueue, occupied_in_queue, of_queue)


async def _overfull(
    examined: Examined,
    kind: str,
    table: Any,
    occupied_in: Callable[[Any], sa.ColumnElement[int]],
    of_object: Callable[[UUID], sa.ColumnElement[bool]],
) -> Findings:
    occupied = occupied_in(table.id)
    limit = table.concurrency_limit
    statement = sa.select(table.id, table.name, limit.label("limit"), occupied.label("occupied"))
    found = Findings()
    for row in await rows_of(examined, statement.where(limit.is_not(None), occupied > limit)):
        occupants = await read_occupants(examined, of_object(row.id), _occupies_slot(examined))
        changed = await read_limit_change(examined, f"prefect.{kind.replace('_', '-')}.{row.id}")
        moved = await read_take_over(examined, row.id) if table is examined.db.WorkQueue else None
        what = f"The {kind.replace('_', ' ')} '{row.name}'"
        _judge(found, what, {kind: row.id}, (row.occupied, row.limit), occupants, (changed, moved))
    return found


def _occupies_slot(examined: Examined) -> sa.ColumnElement[bool]:
    run = examined.db.FlowRun
    return sa.or_(holds_slot(run.state_type), retries_in_process(run.state_type, run.retry_type))


async def find_overfull_deployment_limits(examined: Examined) -> Findings:
    """Find limits of deployments by which more slots are lent than they have."""
    db, held = examined.db, CONCURRENCY_LEASE_LIMIT.c
    limit, deployment = db.ConcurrencyLimit, db.Deployment
    statement = sa.select(limit).where(
        limit.active,
        limit.id.in_(sa.select(deployment.concurrency_limit_id)),
        limit.leased_slots > limit.limit,
    )
    found = Findings()
    for (row,) in await rows_of(examined, statement):
        lease = db.ConcurrencyLease
        holders = (
            sa.select(lease.flow_run_id)
            .join(CONCURRENCY_LEASE_LIMIT, held.lease_id == lease.id)
            .where(held.limit_id == row.id, held.slots > 0, lease.flow_run_id.is_not(None))
        )
        occupants = await read_occupants(examined, db.FlowRun.id.in_(holders))
        ids = {"concurrency_limit": row.id}
        use = (row.leased_slots, row.limit)
        _judge(found, f"The limit '{row.name}'", ids, use, occupants, (row.updated, None))
    return found


def _judge(
    found: Findings,
    what: str,
    ids: dict[str, UUID],
    use: tuple[int, int],
    occupants: list[Occupant],
    passed: tuple[datetime | None, datetime | None],
) -> None:
    """Tell a limit that did not hold from one that was passed on purpose.

    ``passed``: when the limit was last changed, and when it last got the runs of a deleted queue.
    """
    changed, moved = passed
    ordinary = [one for one in occupants if not one.is_override]
    occupied, limit = use
    has = f"has {occupied} of {limit} slots occupied"
    for one in occupants:
        if one.is_override:
            sentence = f"The run '{one.name}' was put into a slot past all limits. {what} {has}."
            found.overrides.append(Finding(sentence=sentence, ids=ids | {"flow_run": one.flow_run_id}))
    if occupied - (len(occupants) - len(ordinary)) <= limit:
        return
    is_lowered = not entered_after(ordinary, changed)
    if not is_lowered and entered_after(ordinary, moved):
        names = ", ".join(f"'{one.name}'" for one in ordinary[:5])
        found.violations.append(Finding(sentence=f"{what} {has}, among others by {names}.", ids=ids))
    else:
        why = "the limit was set below its use" if is_lowered else "it got runs of a queue that was deleted"
        sentence = f"{what} {has}: {why}, and nobody has entered since."
        found.overrides.append(Finding(sentence=sentence, ids=ids))


def _limited_deployments(db: DBInterface) -> sa.Select[Any]:
    return count_of(db.Deployment, db.Deployment.concurrency_limit_id.is_not(None))


LIMIT_CHECKS = (
    Check(
        "work-pool-limits",
        "No work pool has more slots occupied than its limit allows.",
        lambda db: count_of(db.WorkPool, db.WorkPool.concurrency_limit.is_not(None)),
        find_overfull_pools,
    ),
    Check(
        "work-queue-limits",
        "No work queue has more slots occupied than its limit allows.",
        lambda db: count_of(db.WorkQueue, db.WorkQueue.concurrency_limit.is_not(None)),
        find_overfull_queues,
    ),
    Check(
        "deployment-limits",
        "No more slots are lent to the runs of a deployment than its limit has.",
        _limited_deployments,
        find_overfull_deployment_limits,
    ),
)
