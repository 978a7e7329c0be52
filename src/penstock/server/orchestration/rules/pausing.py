"""Pausing and going on (orchestration.md 1.7)."""

from uuid import uuid4

from penstock.core.states import TERMINAL_STATES, StateType
from penstock.schemas.states import Failed
from penstock.server.orchestration.transition import Transition
from penstock.server.orchestration.verdicts import Abort, Reject

_AFTER_A_PAUSE = TERMINAL_STATES | {StateType.RUNNING, StateType.SCHEDULED, StateType.CANCELLING}


async def pause_only_while_running(transition: Transition) -> Abort | Reject | None:
    """Let only a running run pause, and only once for each key.

    A run that is to be suspended leaves its process, so it needs a deployment to come back.
    """
    run, details = transition.flow_run, transition.proposed.state_details
    if transition.initial is None:
        return Abort("A run that has no state can't pause.")
    if transition.initial.type is not StateType.RUNNING:
        return Reject("Only a running run can pause.")
    keys = run.empirical_policy.pause_keys or set()
    if details.pause_key is not None and details.pause_key in keys:
        return Reject("The run has paused for this key already.")
    if details.pause_reschedule:
        if run.parent_task_run_id is not None:
            return Abort("A subflow can't be suspended.")
        if run.deployment_id is None:
            return Abort("A run without a deployment can't be suspended: nothing would resume it.")
    transition.policy_changes |= {"pause_keys": {*keys, details.pause_key or uuid4().hex}}
    return None


async def go_on_after_a_pause(transition: Transition) -> Reject | None:
    """Let a paused run go on, end or be cancelled, unless its time is over.

    The run is marked as resuming before it is counted, so that going on is not one more try.
    """
    initial, proposed = transition.initial, transition.proposed
    if initial is None:
        return None
    if proposed.type not in _AFTER_A_PAUSE:
        return Reject(f"A paused run can't become {proposed.type.value}.")
    if proposed.type is StateType.CANCELLING:
        return None
    timeout = initial.state_details.pause_timeout
    if timeout is not None and timeout < transition.now:
        return Reject("The time to resume the run is over.", Failed(message=PAUSE_IS_OVER))
    if initial.state_details.pause_reschedule and transition.flow_run.deployment_id is None:
        return Reject("A suspended run without a deployment can't be resumed.")
    transition.policy_changes |= {"resuming": True}
    return None


PAUSE_IS_OVER = "The run was paused and not resumed in time."
"""The message of the FAILED state."""
