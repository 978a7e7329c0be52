"""Proposing a state."""

from typing import Annotated
from uuid import UUID

from pydantic import Field

from penstock.core.states import StateType
from penstock.schemas.foundations import ActionModel, WireModel
from penstock.schemas.states import State, StateDetails
from penstock.schemas.values import LARGEST_INTEGER, JsonValue, KeyText, Text

MOST_REPORTS = 200


class StateCreate(ActionModel):
    """A state a client proposes; the server gives it an id and a time."""

    type: StateType
    name: KeyText | None = None
    message: Text | None = None
    data: JsonValue | None = None
    state_details: StateDetails = Field(default_factory=StateDetails)

    def to_state(self) -> State:
        """Return the state with a new id and the present time; data that is not kept is dropped."""
        unpersisted = isinstance(self.data, dict) and self.data.get("type") == "unpersisted"
        return State(
            type=self.type,
            name=self.name,
            message=self.message,
            data=None if unpersisted else self.data,
            state_details=self.state_details.model_copy(),
        )


class StateReport(WireModel):
    """A state that is proposed for a run, by who was given this attempt of it."""

    flow_run_id: UUID
    attempt: Annotated[int, Field(ge=1, le=LARGEST_INTEGER)]
    state: StateCreate
