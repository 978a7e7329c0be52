"""Making and changing flow runs."""

from uuid import UUID

from pydantic import Field

from penstock.schemas.actions.states import StateCreate
from penstock.schemas.core.flow_run_policies import FlowRunPolicy
from penstock.schemas.foundations import ActionModel, UpdateModel
from penstock.schemas.values import JsonObject, KeyText, Labels, NotNull, Text


class FlowRunCreate(ActionModel):
    """A run to make; without a name it gets two random words, without a state it is PENDING."""

    state: StateCreate | None = None
    name: Text | None = None
    flow_id: UUID
    flow_version: Text | None = None
    parameters: JsonObject = Field(default_factory=dict)
    context: JsonObject = Field(default_factory=dict)
    parent_task_run_id: UUID | None = None
    infrastructure_document_id: UUID | None = None
    empirical_policy: FlowRunPolicy = Field(default_factory=FlowRunPolicy)
    tags: list[Text] = Field(default_factory=list)
    labels: Labels = Field(default_factory=dict)
    idempotency_key: KeyText | None = None
    work_pool_name: Text | None = None
    work_queue_name: KeyText | None = None
    job_variables: JsonObject | None = None
    deployment_id: UUID | None = None


class FlowRunUpdate(UpdateModel):
    """Changes to a run; each value replaces the stored one as a whole."""

    name: NotNull[Text] = None
    flow_version: Text | None = None
    parameters: NotNull[JsonObject] = None
    empirical_policy: NotNull[FlowRunPolicy] = None
    tags: NotNull[list[Text]] = None
    infrastructure_pid: Text | None = None
    job_variables: JsonObject | None = None
