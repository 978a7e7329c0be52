"""Flows, deployments and flow runs by what they are related to.

Each related filter that asks something becomes "there is such a row". Task runs are not kept
here, so a filter that asks for one matches nothing.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from penstock.schemas.filters import (
    DeploymentFilter,
    FlowFilter,
    FlowRunFilter,
    TaskRunFilter,
    WorkPoolFilter,
    WorkQueueFilter,
)
from penstock.schemas.foundations import FilterModel
from penstock.server.database.filters.deployments import deployment_conditions
from penstock.server.database.filters.flow_runs import flow_run_conditions
from penstock.server.database.filters.flows import flow_conditions
from penstock.server.database.filters.operators import Condition, operations
from penstock.server.database.filters.work_pools import work_pool_conditions
from penstock.server.database.filters.work_queues import work_queue_conditions
from penstock.server.database.orm_models import Deployment, Flow, FlowRun, WorkPool, WorkQueue


@dataclass(frozen=True, slots=True)
class FlowRelations:
    """What is asked of rows related to flows."""

    flow_runs: FlowRunFilter | None = None
    task_runs: TaskRunFilter | None = None
    deployments: DeploymentFilter | None = None
    work_pools: WorkPoolFilter | None = None


@dataclass(frozen=True, slots=True)
class FlowRunRelations:
    """What is asked of rows related to flow runs."""

    flows: FlowFilter | None = None
    task_runs: TaskRunFilter | None = None
    deployments: DeploymentFilter | None = None
    work_pools: WorkPoolFilter | None = None
    work_pool_queues: WorkQueueFilter | None = None


@dataclass(frozen=True, slots=True)
class DeploymentRelations:
    """What is asked of rows related to deployments."""

    flows: FlowFilter | None = None
    flow_runs: FlowRunFilter | None = None
    task_runs: TaskRunFilter | None = None
    work_pools: WorkPoolFilter | None = None
    work_pool_queues: WorkQueueFilter | None = None


def flow_criteria(flow_filter: FlowFilter | None, relations: FlowRelations | None = None) -> Condition:
    """Return the condition on ``flow``. Its pools are those of its deployments."""
    asked = relations or FlowRelations()
    pool_of_deployment = (Deployment.flow_id == Flow.id, *_pool_of(Deployment))
    return _all(
        _own(flow_filter, flow_conditions),
        _related(Flow, asked.flow_runs, flow_run_conditions, FlowRun.flow_id == Flow.id),
        _related(Flow, asked.deployments, deployment_conditions, Deployment.flow_id == Flow.id),
        _related(Flow, asked.work_pools, work_pool_conditions, *pool_of_deployment),
        _no_task_runs(asked.task_runs),
    )


def flow_run_criteria(
    flow_run_filter: FlowRunFilter | None, relations: FlowRunRelations | None = None
) -> Condition:
    """Return the condition on ``flow_run``."""
    asked = relations or FlowRunRelations()
    of_deployment = Deployment.id == FlowRun.deployment_id
    of_queue = WorkQueue.id == FlowRun.work_queue_id
    return _all(
        _own(flow_run_filter, flow_run_conditions),
        _related(FlowRun, asked.flows, flow_conditions, Flow.id == FlowRun.flow_id),
        _related(FlowRun, asked.deployments, deployment_conditions, of_deployment),
        _related(FlowRun, asked.work_pools, work_pool_conditions, *_pool_of(FlowRun)),
        _related(FlowRun, asked.work_pool_queues, work_queue_conditions, of_queue),
        _no_task_runs(asked.task_runs),
    )


def deployment_criteria(
    deployment_filter: DeploymentFilter | None, relations: DeploymentRelations | None = None
) -> Condition:
    """Return the condition on ``deployment``."""
    asked = relations or DeploymentRelations()
    of_runs = FlowRun.deployment_id == Deployment.id
    of_queue = WorkQueue.id == Deployment.work_queue_id
    return _all(
        _own(deployment_filter, deployment_conditions),
        _related(Deployment, asked.flows, flow_conditions, Flow.id == Deployment.flow_id),
        _related(Deployment, asked.flow_runs, flow_run_conditions, of_runs),
        _related(Deployment, asked.work_pools, work_pool_conditions, *_pool_of(Deployment)),
        _related(Deployment, asked.work_pool_queues, work_queue_conditions, of_queue),
        _no_task_runs(asked.task_runs),
    )


def _pool_of(owner: type[Deployment] | type[FlowRun]) -> tuple[Condition, Condition]:
    return WorkQueue.id == owner.work_queue_id, WorkPool.id == WorkQueue.work_pool_id


def _own(given: Any, conditions_of: Callable[[Any], list[Condition]]) -> list[Condition]:
    return [] if given is None else conditions_of(given)


def _related(
    outer: type[Any],
    given: FilterModel | None,
    conditions_of: Callable[[Any], list[Condition]],
    *joins: Condition,
) -> list[Condition]:
    found = _own(given, conditions_of)
    if not found:
        return []
    return [sa.exists(sa.select(1).where(*joins, *found).correlate(outer))]


def _no_task_runs(given: TaskRunFilter | None) -> list[Condition]:
    asks = given is not None and any(list(operations(value)) for _, value in operations(given))
    return [sa.false()] if asks else []


def _all(*groups: Iterable[Condition]) -> Condition:
    return sa.and_(sa.true(), *(condition for group in groups for condition in group))
