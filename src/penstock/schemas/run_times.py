"""Times of a run that are reckoned when it is read (orchestration.md 1.8), in seconds."""

from datetime import datetime

from penstock.core.states import TERMINAL_STATES, StateType


def estimated_run_time(
    total_run_time: float, state_type: StateType | None, state_timestamp: datetime | None, now: datetime
) -> float:
    """Return the seconds spent running, those since the start of a present RUNNING state included."""
    if state_type is StateType.RUNNING and state_timestamp is not None:
        return total_run_time + max(0.0, (now - state_timestamp).total_seconds())
    return total_run_time


def estimated_start_time_delta(
    expected_start_time: datetime | None,
    start_time: datetime | None,
    state_type: StateType | None,
    now: datetime,
) -> float:
    """Return how many seconds late the run started, or is by now; never negative."""
    if expected_start_time is None:
        return 0.0
    if start_time is None:
        if state_type in TERMINAL_STATES:
            return 0.0
        start_time = now
    return max(0.0, (start_time - expected_start_time).total_seconds())
