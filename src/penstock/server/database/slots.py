"""How many slots are taken, as SQL: the definition that counts, limits and dispatch share.

A run *holds a slot* while PENDING or RUNNING. A run that waits inside its process for a
retry shows no slot on the wire, but its machine is still busy; a limit therefore compares
against *occupied* slots, which include it (design, section 3).
"""

from uuid import UUID

import sqlalchemy as sa

from penstock.server.database.orm_models import FlowRun, WorkQueue
from penstock.server.database.states import holds_slot, retries_in_process

Count = sa.ColumnElement[int]


def occupied_in_queue(work_queue_id: sa.SQLColumnExpression[UUID]) -> Count:
    """The occupied slots of one queue, as a scalar subquery."""
    in_queue = FlowRun.work_queue_id == work_queue_id
    return _count(sa.and_(in_queue, holds_slot(FlowRun.state_type))) + _count(
        sa.and_(in_queue, retries_in_process(FlowRun.state_type, FlowRun.retry_type))
    )


def occupied_in_pool(work_pool_id: sa.SQLColumnExpression[UUID]) -> Count:
    """The occupied slots of all queues of one pool, paused ones included, as a scalar subquery."""
    queue = sa.alias(WorkQueue.__table__, "pool_queue")
    in_pool = sa.and_(FlowRun.work_queue_id == queue.c.id, queue.c.work_pool_id == work_pool_id)
    return _count(sa.and_(in_pool, holds_slot(FlowRun.state_type))) + _count(
        sa.and_(in_pool, retries_in_process(FlowRun.state_type, FlowRun.retry_type))
    )


def _count(condition: sa.ColumnElement[bool]) -> Count:
    correlated = sa.select(sa.func.count()).select_from(FlowRun).where(condition)
    return correlated.correlate_except(FlowRun).scalar_subquery()
