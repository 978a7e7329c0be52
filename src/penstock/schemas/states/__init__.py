"""States of a run and what can be asked of them (orchestration.md 1.1, 1.2)."""

from penstock.core.states import StateName, StateType
from penstock.schemas.states.constructors import (
    AwaitingConcurrencySlot,
    AwaitingRetry,
    Cancelled,
    Cancelling,
    Completed,
    Crashed,
    Failed,
    Late,
    Paused,
    Pending,
    Running,
    Scheduled,
)
from penstock.schemas.states.details import StateDetails
from penstock.schemas.states.state import State, holds_stored_result

__all__ = [
    "AwaitingConcurrencySlot",
    "AwaitingRetry",
    "Cancelled",
    "Cancelling",
    "Completed",
    "Crashed",
    "Failed",
    "Late",
    "Paused",
    "Pending",
    "Running",
    "Scheduled",
    "State",
    "StateDetails",
    "StateName",
    "StateType",
    "holds_stored_result",
]
