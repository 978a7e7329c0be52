"""Calls about flows."""

from uuid import UUID

from pydantic import TypeAdapter

from penstock.client.calls import Calls, page, segment
from penstock.schemas.actions import FlowCreate
from penstock.schemas.core import Flow
from penstock.schemas.filters import DeploymentFilter, FlowFilter, FlowRunFilter, WorkPoolFilter
from penstock.schemas.lists import list_of

_FLOW = TypeAdapter(Flow)
_FLOWS = list_of(Flow)


class FlowCalls(Calls):
    """Create and read flows."""

    async def create_flow(self, flow: FlowCreate) -> Flow:
        """Return the flow of that name, made now if there was none; an existing one is not changed."""
        return await self._http.fetch(_FLOW, "POST", "/flows/", flow, repeatable=True)

    async def read_flow(self, flow_id: UUID) -> Flow:
        """Return a flow. Raises ``NotFound``."""
        return await self._http.fetch(_FLOW, "GET", f"/flows/{flow_id}", repeatable=True)

    async def read_flow_by_name(self, name: str) -> Flow:
        """Return a flow. Raises ``NotFound``."""
        return await self._http.fetch(_FLOW, "GET", f"/flows/name/{segment(name)}", repeatable=True)

    async def read_flows(
        self,
        flow_filter: FlowFilter | None = None,
        *,
        flow_run_filter: FlowRunFilter | None = None,
        deployment_filter: DeploymentFilter | None = None,
        work_pool_filter: WorkPoolFilter | None = None,
        sort: str | None = None,
        limit: int | None = None,
        offset: int = 0,
    ) -> list[Flow]:
        """Return flows that fit every filter, by name unless sorted otherwise."""
        body = page(
            limit,
            offset,
            sort=sort,
            flows=flow_filter,
            flow_runs=flow_run_filter,
            deployments=deployment_filter,
            work_pools=work_pool_filter,
        )
        return await self._http.fetch(_FLOWS, "POST", "/flows/filter", body, repeatable=True)
