"""Calls about work pools."""

from pydantic import TypeAdapter

from penstock.client.calls import Calls, force_of, page, segment
from penstock.schemas.actions import WorkPoolCreate, WorkPoolUpdate
from penstock.schemas.filters import WorkPoolFilter
from penstock.schemas.lists import list_of
from penstock.schemas.responses import MaintenanceStatus, WorkPoolConcurrencyStatus, WorkPoolResponse

_POOL = TypeAdapter(WorkPoolResponse)
_POOLS = list_of(WorkPoolResponse)
_STATUS = TypeAdapter(WorkPoolConcurrencyStatus)
_MAINTENANCE = TypeAdapter(MaintenanceStatus)


class PoolCalls(Calls):
    """Create, read, change and delete work pools."""

    async def create_work_pool(self, work_pool: WorkPoolCreate) -> WorkPoolResponse:
        """Create a work pool with its default queue. Raises ``Conflict`` when the name is taken."""
        return await self._http.fetch(_POOL, "POST", "/work_pools/", work_pool, repeatable=False)

    async def read_work_pool(self, name: str) -> WorkPoolResponse:
        """Return a work pool. Raises ``NotFound``."""
        return await self._http.fetch(_POOL, "GET", f"/work_pools/{segment(name)}", repeatable=True)

    async def read_work_pools(
        self, work_pool_filter: WorkPoolFilter | None = None, limit: int | None = None, offset: int = 0
    ) -> list[WorkPoolResponse]:
        """Return work pools by name; without a limit as many as the server gives at once."""
        body = page(limit, offset, work_pools=work_pool_filter)
        return await self._http.fetch(_POOLS, "POST", "/work_pools/filter", body, repeatable=True)

    async def update_work_pool(self, name: str, work_pool: WorkPoolUpdate) -> None:
        """Change the fields that are set. Raises ``NotFound``."""
        await self._http.send("PATCH", f"/work_pools/{segment(name)}", work_pool, repeatable=True)

    async def delete_work_pool(self, name: str, force: bool | None = None) -> None:
        """Delete a work pool with its queues and workers.

        Raises ``NotFound``, and ``Conflict`` when ``force`` is False while runs of it are held.
        """
        await self._http.send(
            "DELETE", f"/work_pools/{segment(name)}", params=force_of(force), repeatable=True
        )

    async def read_maintenance(self, name: str) -> MaintenanceStatus:
        """Return whether a pool is paused, why, and what is still held of it. Raises ``NotFound``."""
        return await self._http.fetch(_MAINTENANCE, "GET", _maintenance(name), repeatable=True)

    async def begin_maintenance(self, name: str, reason: str) -> MaintenanceStatus:
        """Pause a pool and say why. Raises ``NotFound``."""
        body = {"reason": reason}
        return await self._http.fetch(_MAINTENANCE, "POST", _maintenance(name), body, repeatable=True)

    async def end_maintenance(self, name: str) -> MaintenanceStatus:
        """Resume a pool. Raises ``NotFound``."""
        return await self._http.fetch(_MAINTENANCE, "DELETE", _maintenance(name), repeatable=True)

    async def read_work_pool_concurrency_status(
        self, name: str, page: int = 1, limit: int | None = None, flow_run_limit: int | None = None
    ) -> WorkPoolConcurrencyStatus:
        """Return who holds the slots of a pool, one page of queues at a time. Raises ``NotFound``."""
        body = {"page": page, "limit": limit, "flow_run_limit": flow_run_limit}
        return await self._http.fetch(
            _STATUS,
            "POST",
            f"/work_pools/{segment(name)}/concurrency_status",
            {key: value for key, value in body.items() if value is not None},
            repeatable=True,
        )


def _maintenance(name: str) -> str:
    return f"/work_pools/{segment(name)}/maintenance"
