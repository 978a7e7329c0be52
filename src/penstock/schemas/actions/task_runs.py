"""Making and changing task runs."""

from typing import Annotated, Literal
from uuid import UUID

from pydantic import Field

from penstock.schemas.actions.states import StateCreate
from penstock.schemas.core.task_run_policies import TaskRunPolicy
from penstock.schemas.foundations import ActionModel, UpdateModel, WireModel
from penstock.schemas.timestamps import Timestamp
from penstock.schemas.values import KeyText, Labels, NotNull, Text


class TaskRunInput(WireModel):
    """Where an argument of a task comes from: another run, a parameter of the flow, or a constant."""

    input_type: Literal["task_run", "flow_run"]
    id: UUID


class ParameterInput(WireModel):
    """An argument that is a parameter of the flow."""

    input_type: Literal["parameter"] = "parameter"
    name: Text


class ConstantInput(WireModel):
    """An argument that is written in the code."""

    input_type: Literal["constant"] = "constant"
    type: Text


AnyInput = Annotated[TaskRunInput | ParameterInput | ConstantInput, Field(discriminator="input_type")]


class TaskRunCreate(ActionModel):
    """A task run to make; without a state it is PENDING."""

    id: UUID | None = None
    state: StateCreate | None = None
    name: Text | None = None
    flow_run_id: UUID | None = None
    task_key: KeyText
    dynamic_key: KeyText
    cache_key: KeyText | None = None
    cache_expiration: Timestamp | None = None
    task_version: Text | None = None
    empirical_policy: TaskRunPolicy = Field(default_factory=TaskRunPolicy)
    tags: list[Text] = Field(default_factory=list)
    labels: Labels = Field(default_factory=dict)
    task_inputs: dict[Text, list[AnyInput]] = Field(default_factory=dict)


class TaskRunUpdate(UpdateModel):
    """Changes to a task run."""

    name: NotNull[Text] = None
