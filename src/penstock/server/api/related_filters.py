"""The filters that listings of flows, deployments and runs share (orchestration.md 2.8)."""

from dataclasses import dataclass
from typing import Annotated

from fastapi import Body, Depends

from penstock.schemas.filters import (
    DeploymentFilter,
    FlowFilter,
    FlowRunFilter,
    TaskRunFilter,
    WorkPoolFilter,
    WorkQueueFilter,
)
from penstock.server.database.filters import (
    DeploymentRelations,
    FlowRelations,
    FlowRunRelations,
    TaskRunRelations,
)


@dataclass(frozen=True, slots=True)
class RelatedFilters:
    """Rows must match every filter that is given, their own kind's and those of related rows."""

    flows: FlowFilter | None
    flow_runs: FlowRunFilter | None
    task_runs: TaskRunFilter | None
    deployments: DeploymentFilter | None
    work_pools: WorkPoolFilter | None
    work_pool_queues: WorkQueueFilter | None

    def of_flows(self) -> FlowRelations:
        """Return what is asked of rows related to flows."""
        return FlowRelations(
            flow_runs=self.flow_runs,
            task_runs=self.task_runs,
            deployments=self.deployments,
            work_pools=self.work_pools,
        )

    def of_flow_runs(self) -> FlowRunRelations:
        """Return what is asked of rows related to flow runs."""
        return FlowRunRelations(
            flows=self.flows,
            task_runs=self.task_runs,
            deployments=self.deployments,
            work_pools=self.work_pools,
            work_pool_queues=self.work_pool_queues,
        )

    def of_deployments(self) -> DeploymentRelations:
        """Return what is asked of rows related to deployments."""
        return DeploymentRelations(
            flows=self.flows,
            flow_runs=self.flow_runs,
            task_runs=self.task_runs,
            work_pools=self.work_pools,
            work_pool_queues=self.work_pool_queues,
        )

    def of_task_runs(self) -> TaskRunRelations:
        """Return what is asked of rows related to task runs."""
        return TaskRunRelations(flows=self.flows, flow_runs=self.flow_runs, deployments=self.deployments)


async def _related_filters(
    flows: Annotated[FlowFilter | None, Body()] = None,
    flow_runs: Annotated[FlowRunFilter | None, Body()] = None,
    task_runs: Annotated[TaskRunFilter | None, Body()] = None,
    deployments: Annotated[DeploymentFilter | None, Body()] = None,
    work_pools: Annotated[WorkPoolFilter | None, Body()] = None,
    work_pool_queues: Annotated[WorkQueueFilter | None, Body()] = None,
) -> RelatedFilters:
    return RelatedFilters(flows, flow_runs, task_runs, deployments, work_pools, work_pool_queues)


Filters = Annotated[RelatedFilters, Depends(_related_filters)]
"""The filters in the body of a listing."""
