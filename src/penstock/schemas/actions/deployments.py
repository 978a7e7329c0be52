"""Making and changing deployments, and making runs of them."""

from typing import Annotated, Any, Self
from uuid import UUID

from pydantic import AfterValidator, ConfigDict, Field, model_validator

from penstock.schemas.actions.deployment_schedules import (
    DeploymentScheduleCreate,
    DeploymentScheduleUpdate,
)
from penstock.schemas.actions.states import StateCreate
from penstock.schemas.core.concurrency_options import ConcurrencyOptions
from penstock.schemas.core.flow_run_policies import FlowRunPolicy
from penstock.schemas.foundations import ActionModel, UpdateModel, WireModel
from penstock.schemas.values import (
    LARGEST_INTEGER,
    JsonObject,
    KeyText,
    Labels,
    NotNull,
    Text,
    encoded_size,
)

LARGEST_PARAMETERS_BYTES = 524_288

OBSOLETE_KEYS = frozenset(
    {"worker_pool_queue_id", "worker_pool_name", "worker_pool_queue_name", "work_pool_queue_name"}
)
"""Keys that old clients still send."""

KEYS_WHERE_NULL_KEEPS = frozenset({"parameters", "job_variables", "enforce_parameter_schema", "schedules"})
"""Keys of an update that clients send as null to say nothing about them."""


def _limit_size(parameters: dict[str, Any]) -> dict[str, Any]:
    size = encoded_size(parameters)
    if size > LARGEST_PARAMETERS_BYTES:
        raise ValueError(
            f"The parameters take {size} bytes as JSON; at most {LARGEST_PARAMETERS_BYTES} are allowed."
        )
    return parameters


Parameters = Annotated[JsonObject, AfterValidator(_limit_size)]
PullSteps = list[JsonObject]
InfraRetries = Annotated[int, Field(ge=0, le=100)]
InfraRetryDelay = Annotated[float, Field(ge=0, le=86_400, allow_inf_nan=False)]
RunLimit = Annotated[int, Field(gt=0, le=LARGEST_INTEGER)]


class VersionInfo(WireModel):
    """Where a version comes from; accepted and not kept."""

    model_config = ConfigDict(extra="allow")

    type: Text
    version: Text


class DeploymentCreate(ActionModel):
    """A deployment to make, or to bring up to date when (flow, name) is taken."""

    name: KeyText
    flow_id: UUID
    paused: bool = False
    schedules: list[DeploymentScheduleCreate] = Field(default_factory=list)
    concurrency_limit: RunLimit | None = None
    concurrency_options: ConcurrencyOptions | None = None
    global_concurrency_limit_id: UUID | None = None
    enforce_parameter_schema: bool = True
    parameter_openapi_schema: JsonObject | None = None
    parameters: Parameters = Field(default_factory=dict)
    tags: list[Text] = Field(default_factory=list)
    labels: Labels = Field(default_factory=dict)
    pull_steps: PullSteps | None = None
    work_queue_name: KeyText | None = None
    work_pool_name: Text | None = None
    storage_document_id: UUID | None = None
    infrastructure_document_id: UUID | None = None
    description: Text | None = None
    path: Text | None = None
    version: Text | None = None
    entrypoint: Text | None = None
    job_variables: JsonObject = Field(default_factory=dict)
    version_info: VersionInfo | None = None
    infra_retries: InfraRetries | None = None
    infra_retry_delay_seconds: InfraRetryDelay | None = None

    @model_validator(mode="before")
    @classmethod
    def _drop_obsolete_keys(cls, given: Any) -> Any:
        if isinstance(given, dict):
            return {key: value for key, value in given.items() if key not in OBSOLETE_KEYS}
        return given

    @model_validator(mode="after")
    def _one_limit(self) -> Self:
        _refuse_two_limits(self.concurrency_limit, self.global_concurrency_limit_id)
        return self


class DeploymentUpdate(UpdateModel):
    """Changes to a deployment; a null ``work_pool_name`` takes it out of its queue."""

    version: Text | None = None
    description: Text | None = None
    paused: bool = False
    schedules: list[DeploymentScheduleUpdate] | None = None
    concurrency_limit: RunLimit | None = None
    concurrency_options: ConcurrencyOptions | None = None
    global_concurrency_limit_id: UUID | None = None
    parameters: NotNull[Parameters] = None
    parameter_openapi_schema: JsonObject | None = None
    tags: NotNull[list[Text]] = None
    work_queue_name: KeyText | None = None
    work_pool_name: Text | None = None
    path: Text | None = None
    job_variables: NotNull[JsonObject] = None
    pull_steps: PullSteps | None = None
    entrypoint: Text | None = None
    storage_document_id: UUID | None = None
    infrastructure_document_id: UUID | None = None
    enforce_parameter_schema: NotNull[bool] = None
    infra_retries: InfraRetries | None = None
    infra_retry_delay_seconds: InfraRetryDelay | None = None
    version_info: VersionInfo | None = None

    @model_validator(mode="before")
    @classmethod
    def _drop_nulls_that_keep(cls, given: Any) -> Any:
        if isinstance(given, dict):
            return {
                key: value
                for key, value in given.items()
                if value is not None or key not in KEYS_WHERE_NULL_KEEPS
            }
        return given

    @model_validator(mode="after")
    def _one_limit(self) -> Self:
        _refuse_two_limits(self.concurrency_limit, self.global_concurrency_limit_id)
        return self


class DeploymentFlowRunCreate(ActionModel):
    """A run to make from a deployment; without a name it gets two random words."""

    state: StateCreate | None = None
    name: Text | None = None
    parameters: JsonObject = Field(default_factory=dict)
    enforce_parameter_schema: bool | None = None
    context: JsonObject = Field(default_factory=dict)
    infrastructure_document_id: UUID | None = None
    empirical_policy: FlowRunPolicy = Field(default_factory=FlowRunPolicy)
    tags: list[Text] = Field(default_factory=list)
    idempotency_key: KeyText | None = None
    labels: Labels = Field(default_factory=dict)
    parent_task_run_id: UUID | None = None
    work_queue_name: KeyText | None = None
    job_variables: JsonObject | None = None


def _refuse_two_limits(concurrency_limit: int | None, global_limit_id: UUID | None) -> None:
    if concurrency_limit is not None and global_limit_id is not None:
        raise ValueError("Give either 'concurrency_limit' or 'global_concurrency_limit_id', not both.")
