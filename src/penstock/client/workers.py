"""Calls that workers make, and calls about workers."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from pydantic import TypeAdapter

from penstock.client.calls import Calls, page, segment
from penstock.schemas.actions import HeldAttempt
from penstock.schemas.filters import WorkerFilter
from penstock.schemas.lists import list_of
from penstock.schemas.responses import (
    AttemptStanding,
    ClaimedFlowRun,
    DrainStatus,
    RenewedAttempts,
    WorkerFlowRunResponse,
    WorkerResponse,
)

_WORKERS = list_of(WorkerResponse)
_CLAIMED = list_of(ClaimedFlowRun)
_DRAIN = TypeAdapter(DrainStatus)
_RENEWED = TypeAdapter(RenewedAttempts)
_STANDING = TypeAdapter(AttemptStanding)
_DRAIN = TypeAdapter(DrainStatus)
_SCHEDULED = list_of(WorkerFlowRunResponse)


class WorkerCalls(Calls):
    """Heartbeats, claims, renewals and the list of workers."""

    async def send_worker_heartbeat(
        self, pool: str, worker_name: str, heartbeat_interval_seconds: int | None = None
    ) -> None:
        """Say that a worker is alive; the first time makes it known. Raises ``NotFound`` for the pool."""
        body: dict[str, Any] = {"name": worker_name}
        if heartbeat_interval_seconds is not None:
            body["heartbeat_interval_seconds"] = heartbeat_interval_seconds
        await self._http.send("POST", f"{_workers_of(pool)}/heartbeat", body, repeatable=True)

    async def read_workers(
        self,
        pool: str,
        worker_filter: WorkerFilter | None = None,
        limit: int | None = None,
        offset: int = 0,
    ) -> list[WorkerResponse]:
        """Return the workers of a pool, newest heartbeat first. Raises ``NotFound`` for the pool."""
        body = page(limit, offset, workers=worker_filter)
        return await self._http.fetch(_WORKERS, "POST", f"{_workers_of(pool)}/filter", body, repeatable=True)

    async def delete_worker(self, pool: str, name: str) -> None:
        """Take a worker off the list. Raises ``NotFound``."""
        await self._http.send("DELETE", f"{_workers_of(pool)}/{segment(name)}", repeatable=True)

    async def drain_worker(self, pool: str, name: str) -> DrainStatus:
        """Have a worker given no more runs. Raises ``NotFound``."""
        path = f"{_workers_of(pool)}/{segment(name)}/drain"
        return await self._http.fetch(_DRAIN, "POST", path, repeatable=True)

    async def resume_worker(self, pool: str, name: str) -> DrainStatus:
        """Have a worker that drains given runs again. Raises ``NotFound``."""
        path = f"{_workers_of(pool)}/{segment(name)}/resume"
        return await self._http.fetch(_DRAIN, "POST", path, repeatable=True)

    async def claim_flow_runs(
        self,
        pool: str,
        worker_name: str,
        work_queue_names: Sequence[str] | None = None,
        limit: int = 10,
        wait_seconds: float = 0.0,
    ) -> list[ClaimedFlowRun]:
        """Take up to ``limit`` due runs for a worker; they are PENDING already and hold their slots.

        Without names all queues of the pool are asked. When nothing is due, the server answers as soon
        as something is, or after ``wait_seconds`` (at most 30). Raises ``NotFound`` for the pool or a queue.
        """
        body: dict[str, Any] = {
            "worker_name": worker_name,
            "work_queue_names": list(work_queue_names) if work_queue_names else None,
            "limit": limit,
        }
        if wait_seconds:
            body["wait_seconds"] = wait_seconds
        path = f"/work_pools/{segment(pool)}/claim"
        return await self._http.fetch(
            _CLAIMED, "POST", path, body, repeatable=False, longer_by_seconds=wait_seconds
        )

    async def renew_attempts(
        self,
        pool: str,
        worker_name: str,
        attempts: Mapping[UUID, int],
        heartbeat_interval_seconds: int | None = None,
    ) -> RenewedAttempts:
        """Renew the leases of the runs a worker is at, and learn how each stands; counts as its heartbeat.

        ``attempts`` has the number of the attempt that was claimed, by run; at most 1000 in one call.
        Raises ``NotFound`` for the pool, ``Invalid``.
        """
        body: dict[str, Any] = {
            "worker_name": worker_name,
            "attempts": [HeldAttempt(flow_run_id=run, attempt=number) for run, number in attempts.items()],
        }
        if heartbeat_interval_seconds is not None:
            body["heartbeat_interval_seconds"] = heartbeat_interval_seconds
        path = f"/work_pools/{segment(pool)}/renew"
        return await self._http.fetch(_RENEWED, "POST", path, body, repeatable=True)

    async def renew_attempt(self, flow_run_id: UUID, worker_name: str, attempt: int) -> AttemptStanding:
        """Renew the lease of one run. Raises ``Conflict`` when its attempt is over, ``NotFound``."""
        body = {"worker_name": worker_name, "attempt": attempt}
        return await self._http.fetch(
            _STANDING, "POST", f"/flow_runs/{flow_run_id}/renew", body, repeatable=True
        )

    async def get_scheduled_flow_runs(
        self,
        pool: str,
        work_queue_names: Sequence[str] | None = None,
        scheduled_before: datetime | None = None,
        limit: int | None = None,
    ) -> list[WorkerFlowRunResponse]:
        """Return the runs a worker could start now, without taking them (workers.md 3.12)."""
        body: dict[str, Any] = {}
        if work_queue_names:
            body["work_queue_names"] = list(work_queue_names)
        if scheduled_before is not None:
            body["scheduled_before"] = scheduled_before.isoformat()
        if limit is not None:
            body["limit"] = limit
        path = f"/work_pools/{segment(pool)}/get_scheduled_flow_runs"
        return await self._http.fetch(_SCHEDULED, "POST", path, body, repeatable=True)


def _workers_of(pool: str) -> str:
    return f"/work_pools/{segment(pool)}/workers"
