"""Making and changing the schedules of a deployment."""

from typing import Annotated

from pydantic import Field

from penstock.schemas.core.schedules import Schedule
from penstock.schemas.foundations import ActionModel, UpdateModel
from penstock.schemas.values import JsonObject, KeyText, NotNull, Text

MaxScheduledRuns = Annotated[int, Field(gt=0, le=50)]


class DeploymentScheduleCreate(ActionModel):
    """A schedule to add. ``replaces`` is the slug of one whose place it takes."""

    active: bool = True
    schedule: Schedule
    max_scheduled_runs: MaxScheduledRuns | None = None
    parameters: JsonObject = Field(default_factory=dict)
    slug: KeyText | None = None
    replaces: Text | None = None


class DeploymentScheduleUpdate(UpdateModel):
    """Changes to a schedule, or a new one where no schedule has its slug."""

    active: NotNull[bool] = None
    schedule: NotNull[Schedule] = None
    max_scheduled_runs: MaxScheduledRuns | None = None
    parameters: JsonObject = Field(default_factory=dict)
    slug: KeyText | None = None
    replaces: Text | None = None
