"""Leaving a final state (orchestration.md 1.11 rule 2)."""

from penstock.core.states import TERMINAL_STATES, StateType
from penstock.server.orchestration.task_transition import TaskTransition
from penstock.server.orchestration.verdicts import Abort, Reject

_NEVER_AFTER_THE_END = {StateType.CANCELLING, StateType.PAUSED, StateType.CRASHED}


async def leave_terminal_state(transition: TaskTransition) -> Abort | Reject | None:
    """Let a finished task run be run again, unless its result would be lost; its tries begin anew."""
    initial, proposed = transition.initial, transition.proposed
    if initial is None:
        return None
    if proposed.type in _NEVER_AFTER_THE_END:
        return Abort(f"The task run has ended as {initial.name} and can't become {proposed.name}.")
    if initial.type is StateType.COMPLETED and initial.has_stored_result():
        return Reject("The task run is completed and has a result.")
    if proposed.type in TERMINAL_STATES:
        return None
    transition.counts_tries_anew = True
    flow_run = transition.flow_run
    is_flow_retry = flow_run is not None and flow_run.run_count > transition.task_run.flow_run_run_count
    if proposed.type is StateType.RUNNING and is_flow_retry:
        transition.rename("Retrying")
    return None
