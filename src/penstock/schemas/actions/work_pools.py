"""Making and changing work pools."""

from typing import Any

from pydantic import Field

from penstock.schemas.core.work_pools import (
    AGENT_POOL_TYPE,
    BaseJobTemplate,
    WorkPoolStorageConfiguration,
)
from penstock.schemas.foundations import ActionModel, UpdateModel
from penstock.schemas.names import NonEmptyName
from penstock.schemas.statuses import WorkPoolStatus
from penstock.schemas.values import KeyText, Limit, NotNull, Text


class WorkPoolCreate(ActionModel):
    """A new work pool; its default queue is made with it."""

    name: NonEmptyName
    description: Text | None = None
    type: KeyText = AGENT_POOL_TYPE
    base_job_template: BaseJobTemplate = Field(default_factory=dict[str, Any])
    is_paused: bool = False
    concurrency_limit: Limit | None = None
    storage_configuration: WorkPoolStorageConfiguration = Field(default_factory=WorkPoolStorageConfiguration)


class WorkPoolUpdate(UpdateModel):
    """Changes to a work pool. Null clears the description, the limit and the reason of the pause;
    nothing else may be null.

    ``storage_configuration`` replaces the stored one as a whole.
    """

    description: Text | None = None
    is_paused: NotNull[bool] = None
    base_job_template: NotNull[BaseJobTemplate] = None
    concurrency_limit: Limit | None = None
    storage_configuration: NotNull[WorkPoolStorageConfiguration] = None
    pause_reason: Text | None = None


class InternalWorkPoolUpdate(WorkPoolUpdate):
    """Changes the server itself makes, the status among them; never read from a request."""

    status: NotNull[WorkPoolStatus] = None
