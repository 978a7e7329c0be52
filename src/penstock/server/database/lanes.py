"""The lanes of a queue: its waiting runs, deployment by deployment (ADR 0007).

Where a deployment's limit is full, its runs are passed over as a lane and not one by one, so that
ten thousand of them in front of a free run cost one step in ``ix_flow_run__due_of_deployment``.
"""

from collections.abc import Sequence
from functools import lru_cache
from typing import Any, NamedTuple
from uuid import UUID

import sqlalchemy as sa

from penstock.server.database.dispatch import (
    WHOLE,
    Condition,
    DueRuns,
    Parameters,
    RunColumns,
    StartWindow,
    runs_of_deployments,
    start_conditions,
)
from penstock.server.database.expressions import is_among
from penstock.server.database.json import dump_ids
from penstock.server.database.orm_models import Deployment, FlowRun, WorkQueue
from penstock.server.database.states import is_dispatchable, is_scheduled

_START = sa.inspect(FlowRun).columns["next_scheduled_start_time"]


class LaneKey(NamedTuple):
    """Queue, deployment or none, and which of the window's start conditions its runs satisfy."""

    work_queue_id: UUID
    deployment_id: UUID | None
    condition: int


def read_lanes(work_queue_ids: Sequence[UUID], window: StartWindow) -> tuple[sa.Select[Any], Parameters]:
    """Select the lanes of queues that have something due, in no particular order.

    Columns: queue id, deployment id (null for runs without one), number of the start condition,
    id and start time of the lane's first run, the deployment's limit and concurrency options.
    """
    parameters = window.parameters | {"work_queue_ids": dump_ids(work_queue_ids)}
    return _read_lanes(window.shape), parameters


@lru_cache(maxsize=16)
def _read_lanes(shape: tuple[bool, bool, bool]) -> sa.Select[Any]:
    lane = _deployments_of_queues()
    loose = sa.alias(WorkQueue.__table__, "loose")
    chosen = sa.bindparam("work_queue_ids", type_=sa.Text())
    heads = []
    for number, condition in enumerate(start_conditions(shape)):
        of_lane = _head(lane.c.work_queue_id, FlowRun.deployment_id == lane.c.deployment_id, condition)
        of_none = _head(loose.c.id, FlowRun.deployment_id.is_(None), condition)
        heads += [
            sa.select(
                lane.c.work_queue_id,
                lane.c.deployment_id,
                sa.literal_column(str(number), sa.Integer()).label("condition"),
                of_lane.label("head_id"),
            ).where(lane.c.deployment_id.is_not(None)),
            sa.select(
                loose.c.id,
                sa.cast(sa.null(), sa.Uuid()),
                sa.literal_column(str(number), sa.Integer()),
                of_none,
            ).where(is_among(loose.c.id, chosen)),
        ]
    head = sa.union_all(*heads).cte("head").prefix_with("MATERIALIZED")
    # a scalar subquery each, so that no planner thinks of reading all runs to join them
    head_start = sa.select(_START).where(FlowRun.id == head.c.head_id).scalar_subquery()
    return (
        sa.select(
            head.c.work_queue_id,
            head.c.deployment_id,
            head.c.condition,
            head.c.head_id,
            head_start,
            Deployment.concurrency_limit_id,
            Deployment.concurrency_options,
        )
        .outerjoin(Deployment, Deployment.id == head.c.deployment_id)
        .where(head.c.head_id.is_not(None))
    )


def _deployments_of_queues() -> sa.CTE:
    """Walk from one deployment of a queue to the next, each by one step in the index."""
    queue = sa.alias(WorkQueue.__table__, "lane_queue")
    chosen = sa.bindparam("work_queue_ids", type_=sa.Text())
    first = sa.select(
        queue.c.id.label("work_queue_id"),
        _next_deployment(queue.c.id, sa.literal(UUID(int=0), sa.Uuid())).label("deployment_id"),
    ).where(is_among(queue.c.id, chosen))
    lane = first.cte("lane", recursive=True)
    following = _next_deployment(lane.c.work_queue_id, lane.c.deployment_id)
    return lane.union_all(sa.select(lane.c.work_queue_id, following).where(lane.c.deployment_id.is_not(None)))


def _next_deployment(
    work_queue_id: sa.ColumnElement[UUID], after: sa.ColumnElement[UUID]
) -> sa.ScalarSelect[Any]:
    """Return the queue's next deployment, or null.

    The pair is compared, and not the deployment within the queue, because no other index has
    the runs in the order of the pair.
    """
    place = sa.tuple_(FlowRun.work_queue_id, FlowRun.deployment_id)
    return (
        sa.select(sa.case((FlowRun.work_queue_id == work_queue_id, FlowRun.deployment_id)))
        .where(
            is_scheduled(FlowRun.state_type),
            FlowRun.deployment_id.is_not(None),
            place > sa.tuple_(work_queue_id, after),
        )
        .order_by(FlowRun.work_queue_id, FlowRun.deployment_id)
        .limit(1)
        .correlate_except(FlowRun)
        .scalar_subquery()
    )


def _head(
    work_queue_id: sa.ColumnElement[UUID], of_lane: Condition, condition: Condition
) -> sa.ScalarSelect[Any]:
    return (
        sa.select(FlowRun.id)
        .where(
            FlowRun.work_queue_id == work_queue_id,
            of_lane,
            is_dispatchable(FlowRun.state_type, FlowRun.retry_type),
            condition,
        )
        .order_by(_START, FlowRun.id)
        .limit(1)
        .correlate_except(FlowRun)
        .scalar_subquery()
    )


def first_runs_of_lanes(
    takes: Sequence[tuple[LaneKey, int]],
    window: StartWindow,
    *,
    columns: RunColumns = WHOLE,
    lock: bool = False,
) -> tuple[DueRuns, Parameters]:
    """Select the first runs of several lanes with their deployments' limits, in no particular order.

    Args:
        takes: lanes, each with how many of its runs are wanted at the most.
        window: which start times qualify.
        columns: as for ``first_due_runs``.
        lock: as for ``first_due_runs``.
    """
    parameters = window.parameters
    shapes = []
    # in an order of their own, so that few statements serve all mixtures of lanes
    ordered = sorted(takes, key=lambda take: (take[0].deployment_id is not None, take[0].condition))
    for number, ((queue_id, deployment_id, condition), most) in enumerate(ordered):
        parameters |= {f"queue_{number}": queue_id, f"take_{number}": most}
        if deployment_id is not None:
            parameters[f"deployment_{number}"] = deployment_id
        shapes.append((deployment_id is not None, condition))
    return _first_runs_of_lanes(tuple(shapes), window.shape, columns, lock), parameters


@lru_cache(maxsize=256)
def _first_runs_of_lanes(
    lanes: tuple[tuple[bool, int], ...], shape: tuple[bool, bool, bool], columns: RunColumns, lock: bool
) -> DueRuns:
    conditions = start_conditions(shape)
    parts = []
    for number, (has_deployment, condition) in enumerate(lanes):
        of_lane: Condition = FlowRun.deployment_id.is_(None)
        if has_deployment:
            of_lane = FlowRun.deployment_id == sa.bindparam(f"deployment_{number}", type_=sa.Uuid())
        first = (
            sa.select(FlowRun.id)
            .where(
                FlowRun.work_queue_id == sa.bindparam(f"queue_{number}", type_=sa.Uuid()),
                of_lane,
                is_dispatchable(FlowRun.state_type, FlowRun.retry_type),
                conditions[condition],
            )
            .order_by(_START, FlowRun.id)
            .limit(sa.bindparam(f"take_{number}", type_=sa.Integer()))
        )
        if lock:
            first = first.with_for_update(skip_locked=True)
        parts.append(sa.select(first.subquery().c.id))
    return runs_of_deployments(sa.union_all(*parts), columns)
