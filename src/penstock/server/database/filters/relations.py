"""Flows, deployments, flow runs, task runs and artifacts by what they are related to.

Each related filter that asks something becomes "there is such a row".
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from penstock.schemas.filters import (
    ArtifactCollectionFilter,
    ArtifactFilter,
    DeploymentFilter,
    FlowFilter,
    FlowRunFilter,
    Operator,
    TaskRunFilter,
    WorkPoolFilter,
    WorkQueueFilter,
)
from penstock.schemas.foundations import FilterModel
from penstock.server.database.filters.artifacts import (
    artifact_collection_conditions,
    artifact_conditions,
)
from penstock.server.database.filters.deployments import deployment_conditions
from penstock.server.database.filters.flow_runs import flow_run_conditions
from penstock.server.database.filters.flows import flow_conditions
from penstock.server.database.filters.operators import Condition
from penstock.server.database.filters.task_runs import task_run_conditions
from penstock.server.database.filters.work_pools import work_pool_conditions
from penstock.server.database.filters.work_queues import work_queue_conditions
from penstock.server.database.orm_models import (
    Artifact,
    ArtifactCollection,
    Deployment,
    Flow,
    FlowRun,
    TaskRun,
    WorkPool,
    WorkQueue,
)


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


@dataclass(frozen=True, slots=True)
class TaskRunRelations:
    """What is asked of rows related to task runs."""

    flows: FlowFilter | None = None
    flow_runs: FlowRunFilter | None = None
    deployments: DeploymentFilter | None = None


@dataclass(frozen=True, slots=True)
class ArtifactRelations:
    """What is asked of rows related to artifacts, through the runs that made them."""

    flow_runs: FlowRunFilter | None = None
    task_runs: TaskRunFilter | None = None
    flows: FlowFilter | None = None
    deployments: DeploymentFilter | None = None


def flow_criteria(flow_filter: FlowFilter | None, relations: FlowRelations | None = None) -> Condition:
    """Return the condition on ``flow``. Its pools are those of its deployments."""
    asked = relations or FlowRelations()
    pool_of_deployment = (Deployment.flow_id == Flow.id, *_pool_of(Deployment))
    return _all(
        _own(flow_filter, flow_conditions),
        _related(Flow, asked.flow_runs, flow_run_conditions, FlowRun.flow_id == Flow.id),
        _related(Flow, asked.deployments, deployment_conditions, Deployment.flow_id == Flow.id),
        _related(Flow, asked.work_pools, work_pool_conditions, *pool_of_deployment),
        _related(Flow, asked.task_runs, task_run_conditions, *_in_run_of(FlowRun.flow_id == Flow.id)),
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
        _related(FlowRun, asked.task_runs, task_run_conditions, TaskRun.flow_run_id == FlowRun.id),
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
        _related(Deployment, asked.task_runs, task_run_conditions, *_in_run_of(of_runs)),
    )


def task_run_criteria(
    task_run_filter: TaskRunFilter | None, relations: TaskRunRelations | None = None
) -> Condition:
    """Return the condition on ``task_run``. Its flow and deployment are those of its flow run."""
    asked = relations or TaskRunRelations()
    in_run = FlowRun.id == TaskRun.flow_run_id
    of_flow, of_deployment = Flow.id == FlowRun.flow_id, Deployment.id == FlowRun.deployment_id
    return _all(
        _own(task_run_filter, task_run_conditions),
        _in_named_runs(asked.flow_runs),
        _related(TaskRun, asked.flow_runs, flow_run_conditions, in_run),
        _related(TaskRun, asked.flows, flow_conditions, in_run, of_flow),
        _related(TaskRun, asked.deployments, deployment_conditions, in_run, of_deployment),
    )


def artifact_criteria(
    artifact_filter: ArtifactFilter | None, relations: ArtifactRelations | None = None
) -> Condition:
    """Return the condition on ``artifact``."""
    return _all(_own(artifact_filter, artifact_conditions), _made_by(Artifact, relations))


def artifact_collection_criteria(
    collection_filter: ArtifactCollectionFilter | None, relations: ArtifactRelations | None = None
) -> Condition:
    """Return the condition on ``artifact_collection``, whose run is that of its newest artifact."""
    return _all(
        _own(collection_filter, artifact_collection_conditions), _made_by(ArtifactCollection, relations)
    )


def _made_by(
    table: type[Artifact] | type[ArtifactCollection], relations: ArtifactRelations | None
) -> list[Condition]:
    asked = relations or ArtifactRelations()
    in_run = FlowRun.id == table.flow_run_id
    of_flow, of_deployment = Flow.id == FlowRun.flow_id, Deployment.id == FlowRun.deployment_id
    return [
        *_related(table, asked.flow_runs, flow_run_conditions, in_run),
        *_related(table, asked.task_runs, task_run_conditions, TaskRun.id == table.task_run_id),
        *_related(table, asked.flows, flow_conditions, in_run, of_flow),
        *_related(table, asked.deployments, deployment_conditions, in_run, of_deployment),
    ]


def _in_named_runs(given: FlowRunFilter | None) -> list[Condition]:
    """Say it again where runs are asked for by their ids: SQLite would look into each task run for them."""
    if given is None or given.operator is Operator.or_ or given.id is None or given.id.any_ is None:
        return []
    return [TaskRun.flow_run_id.in_(given.id.any_)]


def _in_run_of(of_runs: Condition) -> tuple[Condition, Condition]:
    return TaskRun.flow_run_id == FlowRun.id, of_runs


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


def _all(*groups: Iterable[Condition]) -> Condition:
    return sa.and_(sa.true(), *(condition for group in groups for condition in group))
