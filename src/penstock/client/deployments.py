"""Calls about deployments, and runs made from them."""

from uuid import UUID

from pydantic import TypeAdapter

from penstock.client.calls import NUMBER, Calls, page, segment
from penstock.schemas.actions import DeploymentCreate, DeploymentFlowRunCreate, DeploymentUpdate
from penstock.schemas.filters import (
    DeploymentFilter,
    FlowFilter,
    FlowRunFilter,
    WorkPoolFilter,
    WorkQueueFilter,
)
from penstock.schemas.lists import list_of
from penstock.schemas.responses import DeploymentResponse, FlowRunResponse

_DEPLOYMENT = TypeAdapter(DeploymentResponse)
_DEPLOYMENTS = list_of(DeploymentResponse)
_FLOW_RUN = TypeAdapter(FlowRunResponse)


class DeploymentCalls(Calls):
    """Create, read, change, delete and run deployments."""

    async def create_deployment(self, deployment: DeploymentCreate) -> DeploymentResponse:
        """Create a deployment, or change the one of that flow and name. Raises ``NotFound``, ``Invalid``."""
        return await self._http.fetch(_DEPLOYMENT, "POST", "/deployments/", deployment, repeatable=True)

    async def read_deployment(self, deployment_id: UUID) -> DeploymentResponse:
        """Return a deployment. Raises ``NotFound``."""
        return await self._http.fetch(_DEPLOYMENT, "GET", f"/deployments/{deployment_id}", repeatable=True)

    async def read_deployment_by_name(self, flow_name: str, name: str) -> DeploymentResponse:
        """Return a deployment. Raises ``NotFound``."""
        path = f"/deployments/name/{segment(flow_name)}/{segment(name)}"
        return await self._http.fetch(_DEPLOYMENT, "GET", path, repeatable=True)

    async def read_deployments(
        self,
        deployment_filter: DeploymentFilter | None = None,
        *,
        flow_filter: FlowFilter | None = None,
        flow_run_filter: FlowRunFilter | None = None,
        work_pool_filter: WorkPoolFilter | None = None,
        work_queue_filter: WorkQueueFilter | None = None,
        sort: str | None = None,
        limit: int | None = None,
        offset: int = 0,
    ) -> list[DeploymentResponse]:
        """Return deployments that fit every filter, by name unless sorted otherwise."""
        body = page(
            limit,
            offset,
            sort=sort,
            deployments=deployment_filter,
            flows=flow_filter,
            flow_runs=flow_run_filter,
            work_pools=work_pool_filter,
            work_pool_queues=work_queue_filter,
        )
        return await self._http.fetch(_DEPLOYMENTS, "POST", "/deployments/filter", body, repeatable=True)

    async def count_deployments(
        self,
        *,
        work_pool_filter: WorkPoolFilter | None = None,
        work_queue_filter: WorkQueueFilter | None = None,
    ) -> int:
        """Return how many deployments fit every filter."""
        body = page(None, 0, work_pools=work_pool_filter, work_pool_queues=work_queue_filter)
        return await self._http.fetch(NUMBER, "POST", "/deployments/count", body, repeatable=True)

    async def update_deployment(self, deployment_id: UUID, deployment: DeploymentUpdate) -> None:
        """Change the fields that are set. Raises ``NotFound``, ``Conflict``, ``Invalid``."""
        await self._http.send("PATCH", f"/deployments/{deployment_id}", deployment, repeatable=True)

    async def delete_deployment(self, deployment_id: UUID) -> None:
        """Delete a deployment and its runs that never started. Raises ``NotFound``."""
        await self._http.send("DELETE", f"/deployments/{deployment_id}", repeatable=True)

    async def create_flow_run_from_deployment(
        self, deployment_id: UUID, flow_run: DeploymentFlowRunCreate
    ) -> FlowRunResponse:
        """Create a run, or return the one made before with the same idempotency key.

        Raises ``NotFound`` for the deployment, ``Conflict`` for unfit parameters, ``Invalid``.
        """
        return await self._http.fetch(
            _FLOW_RUN,
            "POST",
            f"/deployments/{deployment_id}/create_flow_run",
            flow_run,
            repeatable=flow_run.idempotency_key is not None,
        )
