"""Deployments."""

from typing import Any
from uuid import UUID

from pydantic import Field

from penstock.schemas.core.attribution import CreatedBy, UpdatedBy
from penstock.schemas.core.concurrency_options import ConcurrencyOptions
from penstock.schemas.core.deployment_schedules import DeploymentSchedule
from penstock.schemas.foundations import RecordModel
from penstock.schemas.statuses import DeploymentStatus
from penstock.schemas.timestamps import Timestamp
from penstock.schemas.values import Labels


class Deployment(RecordModel):
    """How and where a flow runs."""

    name: str
    version: str | None = None
    description: str | None = None
    flow_id: UUID
    paused: bool = False
    schedules: list[DeploymentSchedule] = Field(default_factory=list)
    concurrency_options: ConcurrencyOptions | None = None
    job_variables: dict[str, Any] = Field(default_factory=dict)
    parameters: dict[str, Any] = Field(default_factory=dict)
    tags: list[str] = Field(default_factory=list)
    labels: Labels = Field(default_factory=dict)
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
    status: DeploymentStatus = DeploymentStatus.NOT_READY
    enforce_parameter_schema: bool = True
    infra_retries: int | None = None
    infra_retry_delay_seconds: float | None = None
