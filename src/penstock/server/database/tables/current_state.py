"""What the tables of runs share: the present state, kept in the run's own row."""

from datetime import datetime
from typing import Any, Protocol
from uuid import UUID

from penstock.schemas.states import State, StateDetails, StateType


class _StateColumns(Protocol):
    state_id: Any
    state_type: Any
    state_name: Any
    state_timestamp: Any
    state_message: Any
    state_details: Any
    state_data: Any


class CurrentState:
    """Adds ``state`` to a table with the columns of a state."""

    @property
    def state(self: _StateColumns) -> State | None:
        """The current state, rebuilt from the row; None before the first one."""
        state_id: UUID | None = self.state_id
        state_type: StateType | None = self.state_type
        timestamp: datetime | None = self.state_timestamp
        if state_id is None or state_type is None or timestamp is None:
            return None
        return State(
            id=state_id,
            type=state_type,
            name=self.state_name,
            timestamp=timestamp,
            message=self.state_message,
            state_details=self.state_details or StateDetails(),
            data=self.state_data,
        )
