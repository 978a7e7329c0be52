"""Work pools."""

from typing import Annotated, Any
from uuid import UUID

from pydantic import AfterValidator, ConfigDict, Field

from penstock.schemas.foundations import RecordModel, WireModel
from penstock.schemas.job_templates.validation import check_base_job_template
from penstock.schemas.names import NonEmptyName
from penstock.schemas.statuses import WorkPoolStatus
from penstock.schemas.timestamps import Timestamp
from penstock.schemas.values import JsonObject, Limit, Text

AGENT_POOL_TYPE = "prefect-agent"
"""The type of pools whose status is never told (workers.md 1.5)."""

BaseJobTemplate = Annotated[JsonObject, AfterValidator(check_base_job_template)]


def _refuse_missing_queue(queue_id: UUID | None) -> UUID:
    if queue_id is None:
        raise ValueError(
            "A work pool has a default queue, so this may not be null; "
            "to make a new work pool use WorkPoolCreate."
        )
    return queue_id


DefaultQueueId = Annotated[UUID | None, AfterValidator(_refuse_missing_queue)]
"""May be left out where a pool is described, but not be null."""


class WorkPoolStorageConfiguration(WireModel):
    """Where the code and the results of a pool's runs are kept."""

    model_config = ConfigDict(extra="forbid")

    bundle_upload_step: JsonObject | None = None
    bundle_execution_step: JsonObject | None = None
    default_result_storage_block_id: UUID | None = None


class WorkPool(RecordModel):
    """A named group of queues that one kind of worker serves."""

    name: NonEmptyName
    description: Text | None = None
    type: Text = AGENT_POOL_TYPE
    base_job_template: BaseJobTemplate = Field(default_factory=dict[str, Any])
    is_paused: bool = False
    concurrency_limit: Limit | None = None
    status: WorkPoolStatus | None = None
    default_queue_id: DefaultQueueId = None
    storage_configuration: WorkPoolStorageConfiguration = Field(default_factory=WorkPoolStorageConfiguration)
    last_transitioned_status_at: Timestamp | None = None
    last_status_event_id: UUID | None = None
