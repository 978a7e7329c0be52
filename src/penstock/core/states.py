"""The states a run passes through, and the sets every other module reads (orchestration.md 1.1).

This is the only place that says which states are final and which hold a slot.
"""

from enum import StrEnum


class StateType(StrEnum):
    """The kind of a state. The wire form is the upper-case name."""

    SCHEDULED = "SCHEDULED"
    PENDING = "PENDING"
    RUNNING = "RUNNING"
    COMPLETED = "COMPLETED"
    FAILED = "FAILED"
    CANCELLED = "CANCELLED"
    CRASHED = "CRASHED"
    PAUSED = "PAUSED"
    CANCELLING = "CANCELLING"


TERMINAL_STATES = frozenset({StateType.COMPLETED, StateType.FAILED, StateType.CANCELLED, StateType.CRASHED})
"""States no run leaves by itself."""

SLOT_STATES = frozenset({StateType.PENDING, StateType.RUNNING})
"""States that hold a slot of a work pool and of a work queue (workers.md 1.5)."""

QUEUE_HOLDER_STATES = SLOT_STATES | {StateType.CANCELLING}
"""States that hold a slot on the older ``/work_queues`` routes (workers.md 1.5)."""


IN_PROCESS = "in_process"
"""The ``retry_type`` of a run that waits inside its process for its next try (orchestration.md 1.6)."""


class StateName:
    """Names the server itself gives to states; clients may choose any other name."""

    SCHEDULED = "Scheduled"
    LATE = "Late"
    RESUMING = "Resuming"
    AWAITING_RETRY = "AwaitingRetry"
    AWAITING_CONCURRENCY_SLOT = "AwaitingConcurrencySlot"
    SUSPENDED = "Suspended"


def default_state_name(state_type: StateType) -> str:
    """Return the name a state gets when none is given: its type, capitalised."""
    return state_type.value.capitalize()
