"""Calls about the schedules of deployments."""

from collections.abc import Sequence
from uuid import UUID

from pydantic import TypeAdapter

from penstock.client.calls import NUMBER, Calls
from penstock.schemas.actions import DeploymentScheduleCreate, DeploymentScheduleUpdate
from penstock.schemas.lists import list_of
from penstock.schemas.responses import DeploymentOutlook, DeploymentScheduleResponse

_NEW_SCHEDULES = list_of(DeploymentScheduleCreate)
_SCHEDULES = list_of(DeploymentScheduleResponse)
_OUTLOOK = TypeAdapter(DeploymentOutlook)


class ScheduleCalls(Calls):
    """Create, read, change and delete the schedules of a deployment."""

    async def create_deployment_schedules(
        self, deployment_id: UUID, schedules: Sequence[DeploymentScheduleCreate]
    ) -> list[DeploymentScheduleResponse]:
        """Add schedules to a deployment.

        Raises ``NotFound`` for the deployment, ``Conflict`` for a slug that is taken, ``Invalid``.
        """
        path = f"/deployments/{deployment_id}/schedules"
        body = _NEW_SCHEDULES.dump_json(list(schedules), exclude_unset=True)
        return await self._http.fetch(_SCHEDULES, "POST", path, body, repeatable=False)

    async def read_deployment_schedules(self, deployment_id: UUID) -> list[DeploymentScheduleResponse]:
        """Return the schedules of a deployment, the last changed first. Raises ``NotFound``."""
        path = f"/deployments/{deployment_id}/schedules"
        return await self._http.fetch(_SCHEDULES, "GET", path, repeatable=True)

    async def read_deployment_outlook(self, deployment_id: UUID, *, starts: int = 10) -> DeploymentOutlook:
        """Return when the schedules of a deployment are due next, that many starts of each.

        Raises ``NotFound``, ``Invalid``.
        """
        path = f"/overview/deployments/{deployment_id}"
        return await self._http.fetch(_OUTLOOK, "GET", path, params={"starts": starts}, repeatable=True)

    async def count_scheduled_runs(self, deployment_id: UUID) -> int:
        """Return how many runs the schedules of a deployment have made that wait. Raises ``NotFound``."""
        path = f"/overview/deployments/{deployment_id}/scheduled_runs"
        return await self._http.fetch(NUMBER, "GET", path, repeatable=True)

    async def update_deployment_schedule(
        self, deployment_id: UUID, schedule_id: UUID, schedule: DeploymentScheduleUpdate
    ) -> None:
        """Change the fields that are set. Raises ``NotFound``, ``Conflict``, ``Invalid``."""
        path = f"/deployments/{deployment_id}/schedules/{schedule_id}"
        await self._http.send("PATCH", path, schedule, repeatable=True)

    async def delete_deployment_schedule(self, deployment_id: UUID, schedule_id: UUID) -> None:
        """Delete a schedule, with all waiting runs that schedules of the deployment made.

        Raises ``NotFound``.
        """
        path = f"/deployments/{deployment_id}/schedules/{schedule_id}"
        await self._http.send("DELETE", path, repeatable=True)
