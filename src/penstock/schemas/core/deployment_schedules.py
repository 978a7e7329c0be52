"""A schedule as one of a deployment's."""

from typing import Any
from uuid import UUID

from pydantic import Field

from penstock.schemas.core.schedules import Schedule
from penstock.schemas.foundations import RecordModel


class DeploymentSchedule(RecordModel):
    """When, with which parameters, and whether at all. ``slug`` is unique in its deployment."""

    deployment_id: UUID | None = None
    schedule: Schedule
    active: bool = True
    max_scheduled_runs: int | None = None
    parameters: dict[str, Any] = Field(default_factory=dict)
    slug: str | None = None
