"""The state object."""

from typing import Any, Self
from uuid import UUID

from pydantic import Field, model_validator

from penstock.core.clock import utc_now
from penstock.core.ids import uuid7
from penstock.core.states import TERMINAL_STATES, StateType, default_state_name
from penstock.schemas.foundations import WireModel
from penstock.schemas.states.details import StateDetails
from penstock.schemas.timestamps import Timestamp


def holds_stored_result(data: Any) -> bool:
    """True for data that stands for a result kept somewhere (orchestration.md 1.6.1)."""
    return isinstance(data, dict) and data.get("type") != "unpersisted"


class State(WireModel):
    """A state a run is or was in, with the server's time and a time-ordered id.

    Without a name it gets its type's; SCHEDULED without a scheduled time is due at once.
    """

    id: UUID = Field(default_factory=uuid7)
    type: StateType
    name: str | None = None
    timestamp: Timestamp = Field(default_factory=utc_now)
    message: str | None = None
    data: Any | None = None
    state_details: StateDetails = Field(default_factory=StateDetails)

    @model_validator(mode="after")
    def _fill_defaults(self) -> Self:
        if self.name is None:
            self.name = default_state_name(self.type)
        if self.type is StateType.SCHEDULED and self.state_details.scheduled_time is None:
            due = {"scheduled_time": self.timestamp}
            self.state_details = self.state_details.model_copy(update=due)
        return self

    def is_scheduled(self) -> bool:
        """True for SCHEDULED under any name."""
        return self.type is StateType.SCHEDULED

    def is_pending(self) -> bool:
        """True for PENDING under any name."""
        return self.type is StateType.PENDING

    def is_running(self) -> bool:
        """True for RUNNING under any name."""
        return self.type is StateType.RUNNING

    def is_completed(self) -> bool:
        """True for COMPLETED under any name."""
        return self.type is StateType.COMPLETED

    def is_failed(self) -> bool:
        """True for FAILED under any name."""
        return self.type is StateType.FAILED

    def is_crashed(self) -> bool:
        """True for CRASHED under any name."""
        return self.type is StateType.CRASHED

    def is_cancelled(self) -> bool:
        """True for CANCELLED under any name."""
        return self.type is StateType.CANCELLED

    def is_cancelling(self) -> bool:
        """True for CANCELLING under any name."""
        return self.type is StateType.CANCELLING

    def is_paused(self) -> bool:
        """True for PAUSED under any name."""
        return self.type is StateType.PAUSED

    def is_final(self) -> bool:
        """True for the states no run leaves by itself."""
        return self.type in TERMINAL_STATES

    def has_stored_result(self) -> bool:
        """True when the data stands for a result kept somewhere."""
        return holds_stored_result(self.data)
