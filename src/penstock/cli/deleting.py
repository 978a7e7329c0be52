"""What a delete touches, counted before it is asked whether to go on."""

import asyncio
from dataclasses import dataclass

from penstock.cli.paging import queue_usage
from penstock.client import PenstockClient
from penstock.core.states import StateType
from penstock.schemas.filters import (
    DeploymentFilter,
    DeploymentFilterId,
    FlowRunFilter,
    FlowRunFilterState,
    FlowRunFilterStateType,
    WorkPoolFilter,
    WorkPoolFilterName,
    WorkQueueFilter,
    WorkQueueFilterName,
)
from penstock.schemas.responses import DeploymentResponse

WAITING = FlowRunFilter(state=FlowRunFilterState(type=FlowRunFilterStateType(any_=[StateType.SCHEDULED])))


@dataclass(frozen=True, slots=True)
class Touched:
    """How many runs and deployments are concerned."""

    waiting_runs: int
    held_runs: int
    deployments: int

    def __str__(self) -> str:
        """Return the counts in words, only those that are not zero."""
        parts = [
            counted(self.waiting_runs, "waiting run"),
            counted(self.held_runs, "run under way", "runs under way"),
            counted(self.deployments, "deployment"),
        ]
        return ", ".join(part for part in parts if part) or "no runs and no deployments"


def counted(number: int, noun: str, nouns: str | None = None) -> str:
    """Return a number with its noun, e.g. ``2 runs``; nothing for 0."""
    if not number:
        return ""
    return f"1 {noun}" if number == 1 else f"{number} {nouns or noun + 's'}"


async def touched_by_pool(client: PenstockClient, pool: str) -> Touched:
    """Count what is in a pool."""
    of_pool = WorkPoolFilter(name=WorkPoolFilterName(any_=[pool]))
    waiting, maintenance, deployments = await asyncio.gather(
        client.count_flow_runs(WAITING, work_pool_filter=of_pool),
        client.read_maintenance(pool),
        client.count_deployments(work_pool_filter=of_pool),
    )
    return Touched(waiting, maintenance.held_runs, deployments)


async def touched_by_queue(client: PenstockClient, pool: str, queue: str) -> Touched:
    """Count what is in a queue."""
    of_pool = WorkPoolFilter(name=WorkPoolFilterName(any_=[pool]))
    of_queue = WorkQueueFilter(name=WorkQueueFilterName(any_=[queue]))
    waiting, used, deployments = await asyncio.gather(
        client.count_flow_runs(WAITING, work_pool_filter=of_pool, work_queue_filter=of_queue),
        queue_usage(client, pool),
        client.count_deployments(work_pool_filter=of_pool, work_queue_filter=of_queue),
    )
    return Touched(waiting, used.get(queue, 0), deployments)


async def waiting_of_deployment(client: PenstockClient, deployment: DeploymentResponse) -> int:
    """Count the waiting runs of a deployment."""
    this = DeploymentFilter(id=DeploymentFilterId(any_=[deployment.id]))
    return await client.count_flow_runs(WAITING, deployment_filter=this)
