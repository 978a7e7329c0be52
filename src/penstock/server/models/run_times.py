"""The times of a run as its states change, of both kinds of run (orchestration.md 1.8)."""

from penstock.core.states import TERMINAL_STATES, StateType
from penstock.schemas.states import State
from penstock.server.database.orm_models import FlowRun, TaskRun


def keep_times(run: FlowRun | TaskRun, before: State | None, state: State) -> None:
    """Write down when the run was planned, started and ended, and how long it has been running."""
    is_final = state.type in TERMINAL_STATES
    if before is not None and before.type is StateType.RUNNING:
        elapsed = (state.timestamp - before.timestamp).total_seconds()
        run.total_run_time = (run.total_run_time or 0.0) + elapsed
    if is_final or state.type is StateType.RUNNING:
        run.start_time = run.start_time or state.timestamp
    if is_final:
        run.end_time = run.end_time or state.timestamp
    elif before is not None and before.type in TERMINAL_STATES:
        run.end_time = None
    is_scheduled = state.type is StateType.SCHEDULED
    planned = state.state_details.scheduled_time if is_scheduled else None
    if run.expected_start_time is None:
        run.expected_start_time = planned or state.timestamp
    run.next_scheduled_start_time = planned


def set_current_state(run: FlowRun | TaskRun, state: State) -> None:
    """Keep the state in the run's own row."""
    run.state_id = state.id
    run.state_type = state.type
    run.state_name = state.name
    run.state_timestamp = state.timestamp
    run.state_message = state.message
    run.state_details = state.state_details
    run.state_data = state.data
