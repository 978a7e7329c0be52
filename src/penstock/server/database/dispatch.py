"""The statements of dispatch: which queues can give runs, and which runs are due in them.

Their cost does not depend on the backlog: every queue is entered through the index
``ix_flow_run__due``, which holds waiting runs in the order in which they go (ADR 0002). A
statement is built once for each shape; values are parameters.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from typing import Any
from uuid import UUID

import sqlalchemy as sa

from penstock.server.database.expressions import database_now, is_among
from penstock.server.database.json import dump_ids
from penstock.server.database.orm_models import Deployment, FlowRun, Worker, WorkPool, WorkQueue
from penstock.server.database.slots import occupied_in_pool, occupied_in_queue
from penstock.server.database.states import is_dispatchable
from penstock.server.database.types import Timestamp

Condition = sa.ColumnElement[bool]
Parameters = dict[str, Any]
DueRuns = sa.Select[Any]
"""Runs, each with the limit and the concurrency options of its deployment (the last two columns)."""


@dataclass(frozen=True, eq=False)
class RunColumns:
    """What a statement reads of a run."""

    selected: Sequence[Any]


WHOLE = RunColumns((FlowRun,))
"""The object of the session."""

_START = sa.inspect(FlowRun).columns["next_scheduled_start_time"]


@dataclass(frozen=True, slots=True)
class StartWindow:
    """Which start times qualify, both ends included (workers.md 3.12 d-f, h).

    ``due_now`` sets the end to the database's own clock.
    """

    before: datetime | None = None
    after: datetime | None = None
    due_now: bool = False

    @property
    def shape(self) -> tuple[bool, bool, bool]:
        """Which ends are given."""
        return self.before is not None, self.after is not None, self.due_now

    @property
    def parameters(self) -> Parameters:
        """The values of the ends that are given."""
        ends = {"before": self.before, "after": self.after}
        return {name: value for name, value in ends.items() if value is not None}


def _ends(shape: tuple[bool, bool, bool]) -> list[Condition]:
    """Return what the window asks of a run's start time; nothing when it has no end."""
    has_before, has_after, due_now = shape
    ends = []
    if has_before:
        ends.append(sa.bindparam("before", type_=Timestamp()) >= _START)
    if due_now:
        ends.append(database_now() >= _START)
    if has_after:
        ends.append(sa.bindparam("after", type_=Timestamp()) <= _START)
    return ends


def start_conditions(shape: tuple[bool, bool, bool]) -> list[Condition]:
    """Return what a run's start time may satisfy: the window, or one of planned and unplanned."""
    ends = _ends(shape)
    return [sa.and_(*ends)] if ends else [_START.is_not(None), _START.is_(None)]


def open_queues(
    work_pool_ids: Sequence[UUID] | None,
    work_queue_ids: Sequence[UUID] | None,
    window: StartWindow,
    worker_name: str | None = None,
    work_pool_name: str | None = None,
) -> tuple[sa.Select[UUID, UUID, int, int | None, int | None, int | None, int | None], Parameters]:
    """Select the queues that have something due, by priority, with their limits and use.

    Columns: queue id, pool id, priority, queue limit, queue slots occupied, pool limit, pool
    slots occupied. Slots are counted only where there is a limit. Paused queues and the
    queues of paused pools are left out; an empty selection means no restriction. Pools in which
    the worker of that name drains have nothing for it. A pool can also be chosen by its name.

    Returns:
        The statement and its parameters.
    """
    parameters = window.parameters
    if work_pool_ids:
        parameters["work_pool_ids"] = dump_ids(work_pool_ids)
    if work_queue_ids:
        parameters["work_queue_ids"] = dump_ids(work_queue_ids)
    if worker_name is not None:
        parameters["worker_name"] = worker_name
    if work_pool_name is not None:
        parameters["work_pool_name"] = work_pool_name
    shape = (
        bool(work_pool_ids),
        bool(work_queue_ids),
        worker_name is not None,
        work_pool_name is not None,
    )
    return _open_queues(shape, window.shape), parameters


def drains(worker_name: sa.ColumnElement[str | None]) -> sa.Exists:
    """Return whether the worker of that name drains in the pool; one probe of a unique index."""
    return (
        sa.select(sa.literal(1))
        .where(
            Worker.work_pool_id == WorkPool.id,
            Worker.name == worker_name,
            Worker.draining_since.is_not(None),
        )
        .correlate(WorkPool)
        .exists()
    )


@lru_cache(maxsize=64)
def _open_queues(asked: tuple[bool, bool, bool, bool], shape: tuple[bool, bool, bool]) -> sa.Select[Any]:
    of_pools, of_queues, for_worker, by_name = asked
    is_chosen = is_among(WorkQueue.id, sa.bindparam("work_queue_ids", type_=sa.Text()))
    pools = sa.select(
        WorkPool.id,
        WorkPool.concurrency_limit,
        sa.case((WorkPool.concurrency_limit.is_not(None), occupied_in_pool(WorkPool.id))).label("occupied"),
    ).where(WorkPool.is_paused.is_(False))
    if for_worker:
        pools = pools.where(sa.not_(drains(sa.bindparam("worker_name", type_=sa.Text()))))
    if by_name:
        pools = pools.where(WorkPool.name == sa.bindparam("work_pool_name", type_=sa.Text()))
    if of_pools:
        pools = pools.where(is_among(WorkPool.id, sa.bindparam("work_pool_ids", type_=sa.Text())))
    elif of_queues and not by_name:
        pools_of_queues = sa.select(WorkQueue.work_pool_id).where(is_chosen)
        pools = pools.where(WorkPool.id.in_(pools_of_queues))
    # materialised, so that the slots of a pool are counted once and not once a queue
    pool = pools.cte("pool").prefix_with("MATERIALIZED")
    statement = (
        sa.select(
            WorkQueue.id,
            WorkQueue.work_pool_id,
            WorkQueue.priority,
            WorkQueue.concurrency_limit,
            sa.case((WorkQueue.concurrency_limit.is_not(None), occupied_in_queue(WorkQueue.id))),
            pool.c.concurrency_limit,
            pool.c.occupied,
        )
        .join(pool, pool.c.id == WorkQueue.work_pool_id)
        .where(WorkQueue.is_paused.is_(False), _has_run(_ends(shape)))
        .order_by(WorkQueue.priority, WorkQueue.id)
    )
    return statement.where(is_chosen) if of_queues else statement


def _has_run(ends: list[Condition]) -> Condition:
    """Return whether the queue has such a run, found by one probe of the due index.

    The limit keeps PostgreSQL from turning it into a join with all due runs of the server,
    which it does with EXISTS.
    """
    first = (
        sa.select(FlowRun.id)
        .where(
            FlowRun.work_queue_id == WorkQueue.id,
            is_dispatchable(FlowRun.state_type, FlowRun.retry_type),
            *ends,
        )
        .order_by(_START, FlowRun.id)
        .limit(1)
    )
    return first.correlate(WorkQueue).scalar_subquery().is_not(None)


def next_start(after: sa.ColumnElement[datetime], *, of_queues: bool) -> sa.ScalarSelect[Any]:
    """Select the earliest start after a time in the queues of ``WorkPool`` that are not paused.

    With ``of_queues`` only in those of the parameter ``work_queue_ids``. One probe of the due index
    for each queue; null when nothing is planned.
    """
    first = (
        sa.select(_START)
        .where(
            FlowRun.work_queue_id == WorkQueue.id,
            is_dispatchable(FlowRun.state_type, FlowRun.retry_type),
            after < _START,
        )
        .order_by(_START, FlowRun.id)
        .limit(1)
        .correlate(WorkQueue)
        .scalar_subquery()
    )
    starts = sa.select(sa.func.min(first, type_=Timestamp())).where(
        WorkQueue.work_pool_id == WorkPool.id, WorkQueue.is_paused.is_(False), WorkPool.is_paused.is_(False)
    )
    if of_queues:
        starts = starts.where(WorkQueue.id.in_(sa.bindparam("work_queue_ids", expanding=True)))
    return starts.correlate(WorkPool).scalar_subquery()


def first_due_runs(
    takes: Sequence[tuple[UUID, int]],
    window: StartWindow,
    *,
    columns: RunColumns = WHOLE,
    lock: bool = False,
    passed_over: Sequence[UUID] = (),
) -> tuple[DueRuns, Parameters]:
    """Select the first runs of several queues with their deployments' limits, in no particular order.

    Args:
        takes: queue ids, each with how many of its runs are wanted at the most.
        window: which start times qualify.
        columns: what is read of a run.
        lock: lock the runs until the transaction ends and pass over those that another
            transaction has locked (PostgreSQL; SQLite has one writer and drops this).
        passed_over: runs that are left out; a few hundred at the most.

    Returns:
        The statement and its parameters.
    """
    parameters = window.parameters
    if passed_over:
        parameters["passed_over"] = dump_ids(passed_over)
    for number, (queue_id, most) in enumerate(takes):
        parameters[f"queue_{number}"] = queue_id
        parameters[f"take_{number}"] = most
    return _first_due_runs(len(takes), window.shape, columns, lock, bool(passed_over)), parameters


@lru_cache(maxsize=256)
def _first_due_runs(
    queues: int, shape: tuple[bool, bool, bool], columns: RunColumns, lock: bool, passes_over: bool
) -> DueRuns:
    parts = [
        _first_of_queue(number, condition, lock, passes_over)
        for condition in start_conditions(shape)
        for number in range(queues)
    ]
    return runs_of_deployments(sa.union_all(*parts), columns)


def runs_of_deployments(chosen: sa.CompoundSelect[Any], columns: RunColumns) -> DueRuns:
    """Select chosen runs, each with the limit and the concurrency options of its deployment."""
    due = chosen.cte("due").prefix_with("MATERIALIZED")
    return (
        sa.select(*columns.selected, Deployment.concurrency_limit_id, Deployment.concurrency_options)
        .join(due, due.c.id == FlowRun.id)
        .outerjoin(Deployment, Deployment.id == FlowRun.deployment_id)
    )


def _first_of_queue(number: int, condition: Condition, lock: bool, passes_over: bool) -> sa.Select[UUID]:
    first = (
        sa.select(FlowRun.id)
        .where(
            FlowRun.work_queue_id == sa.bindparam(f"queue_{number}", type_=sa.Uuid()),
            is_dispatchable(FlowRun.state_type, FlowRun.retry_type),
            condition,
        )
        .order_by(_START, FlowRun.id)
        .limit(sa.bindparam(f"take_{number}", type_=sa.Integer()))
    )
    if passes_over:
        first = first.where(sa.not_(is_among(FlowRun.id, sa.bindparam("passed_over", type_=sa.Text()))))
    if lock:
        first = first.with_for_update(skip_locked=True)
    return sa.select(first.subquery().c.id)
