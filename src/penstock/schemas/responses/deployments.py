"""Deployments as answered."""

from typing import Any, Self
from uuid import UUID

from pydantic import Field

from penstock.schemas.core.attribution import CreatedBy, UpdatedBy
from penstock.schemas.core.concurrency_options import ConcurrencyOptions
from penstock.schemas.foundations import RecordModel
from penstock.schemas.responses.concurrency_limits import GlobalConcurrencyLimitResponse
from penstock.schemas.statuses import DeploymentStatus
from penstock.schemas.timestamps import Timestamp
from penstock.schemas.values import Label


class DeploymentScheduleResponse(RecordModel):
    """A schedule as it is stored; ``schedule`` has the keys of its kind."""

    deployment_id: UUID | None = None
    schedule: dict[str, Any]
    active: bool = True
    max_scheduled_runs: int | None = None
    parameters: dict[str, Any] = Field(default_factory=dict)
    slug: str | None = None


class DeploymentResponse(RecordModel):
    """A deployment with its schedules, the newest change first."""

    name: str
    version: str | None = None
    description: str | None = None
    flow_id: UUID
    paused: bool = False
    schedules: list[DeploymentScheduleResponse] = Field(default_factory=list)
    concurrency_limit: int | None = None
    global_concurrency_limit: GlobalConcurrencyLimitResponse | None = None
    concurrency_options: ConcurrencyOptions | None = None
    job_variables: dict[str, Any] = Field(default_factory=dict)
    parameters: dict[str, Any] = Field(default_factory=dict)
    tags: list[str] = Field(default_factory=list)
    labels: dict[str, Label] = Field(default_factory=dict)
    work_queue_name: str | None = None
    work_queue_id: UUID | None = None
    last_polled: Timestamp | None = None
    parameter_openapi_schema: dict[str, Any] | None = None
    path: str | None = None
    pull_steps: list[dict[str, Any]] | None = None
    entrypoint: str | None = None
    storage_document_id: UUID | None = None
    infrastructure_document_id: UUID | None = None
    created_by: CreatedBy | None = None
    updated_by: UpdatedBy | None = None
    work_pool_name: str | None = None
    status: DeploymentStatus | None = DeploymentStatus.NOT_READY
    enforce_parameter_schema: bool = True
    infra_retries: int | None = None
    infra_retry_delay_seconds: float | None = None

    @classmethod
    def from_row(
        cls,
        row: Any,
        *,
        work_pool_name: str | None = None,
        work_queue_name: str | None = None,
        global_concurrency_limit: GlobalConcurrencyLimitResponse | None = None,
    ) -> Self:
        """Return a row of the deployment table.

        The names are those of its queue and pool now; without a queue its stored queue name stays.
        """
        values = {name: getattr(row, name) for name in _STORED_FIELDS}
        values["work_pool_name"] = work_pool_name
        values["global_concurrency_limit"] = global_concurrency_limit
        if work_queue_name is not None:
            values["work_queue_name"] = work_queue_name
        return cls.model_validate(values)


_STORED_FIELDS = tuple(
    name
    for name in DeploymentResponse.model_fields
    if name not in {"concurrency_limit", "global_concurrency_limit", "work_pool_name"}
)
