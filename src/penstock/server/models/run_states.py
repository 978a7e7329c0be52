"""Writing a run's new state: the bookkeeping of every transition (orchestration.md 1.8).

Whether a transition may happen is decided above, in ``orchestration``; this only writes.
"""

from datetime import timedelta

from sqlalchemy.ext.asyncio import AsyncSession

from penstock.core.states import TERMINAL_STATES, StateType
from penstock.schemas.states import State
from penstock.server.database.orm_models import FlowRun, FlowRunState
from penstock.server.events import outbox
from penstock.server.events.flow_run_events import flow_run_state_changed
from penstock.server.events.run_context import RunContext


def write_state(
    session: AsyncSession,
    flow_run: FlowRun,
    state: State,
    context: RunContext,
) -> State:
    """Make ``state`` the run's current state: run columns, history row and event, with the next flush.

    The state's timestamp is moved behind the previous one where it is not later, so that the
    history of a run is strictly ordered.

    Returns:
        The state as written.
    """
    before = flow_run.state
    state = _in_place(flow_run, before, state)
    _keep_books(flow_run, before, state)
    flow_run.state_id = state.id
    flow_run.state_type = state.type
    flow_run.state_name = state.name
    flow_run.state_timestamp = state.timestamp
    flow_run.state_message = state.message
    flow_run.state_details = state.state_details
    flow_run.state_data = state.data
    session.add(
        FlowRunState(
            id=state.id,
            flow_run_id=flow_run.id,
            type=state.type,
            name=state.name,
            timestamp=state.timestamp,
            message=state.message,
            state_details=state.state_details,
            data=state.data,
        )
    )
    outbox.record(session, flow_run_state_changed(flow_run, before, state, state.type, context))
    return state


def _in_place(flow_run: FlowRun, before: State | None, state: State) -> State:
    """Return the state with its run named in it, later than the one before, and without dropped data."""
    details = state.state_details.model_copy(
        update={"flow_run_id": flow_run.id, "task_run_id": flow_run.parent_task_run_id}
    )
    timestamp = state.timestamp
    if before is not None and timestamp <= before.timestamp:
        timestamp = before.timestamp + timedelta(microseconds=1)
    data = state.data if state.has_stored_result() or not isinstance(state.data, dict) else None
    return state.model_copy(update={"state_details": details, "timestamp": timestamp, "data": data})


def _keep_books(flow_run: FlowRun, before: State | None, state: State) -> None:
    is_final = state.type in TERMINAL_STATES
    was_final = before is not None and before.type in TERMINAL_STATES
    if before is not None and before.type is StateType.RUNNING:
        elapsed = (state.timestamp - before.timestamp).total_seconds()
        flow_run.total_run_time = (flow_run.total_run_time or 0.0) + elapsed
    if state.type is StateType.RUNNING:
        if not flow_run.empirical_policy.resuming:
            flow_run.run_count = (flow_run.run_count or 0) + 1
        flow_run.start_time = flow_run.start_time or state.timestamp
    if is_final:
        flow_run.start_time = flow_run.start_time or state.timestamp
        flow_run.end_time = flow_run.end_time or state.timestamp
    elif was_final:
        flow_run.end_time = None
    if is_final or state.type is StateType.RUNNING:
        _stop_resuming(flow_run)
    is_scheduled = state.type is StateType.SCHEDULED
    planned = state.state_details.scheduled_time if is_scheduled else None
    if flow_run.expected_start_time is None:
        flow_run.expected_start_time = planned or state.timestamp
    flow_run.next_scheduled_start_time = planned


def _stop_resuming(flow_run: FlowRun) -> None:
    if flow_run.empirical_policy.resuming:
        flow_run.empirical_policy = flow_run.empirical_policy.model_copy(update={"resuming": False})
