"""Leaving a final state (orchestration.md 1.6.1)."""

from penstock.core.states import TERMINAL_STATES, StateType
from penstock.server.orchestration.transition import Transition
from penstock.server.orchestration.verdicts import Abort, Reject

_NEVER_AFTER_THE_END = {StateType.CANCELLING, StateType.PAUSED, StateType.CRASHED}


async def keep_stored_result(transition: Transition) -> Reject | None:
    """Refuse to lose the result of a completed run, even by force where it would be overwritten."""
    initial, proposed = transition.initial, transition.proposed
    if initial is None or not initial.has_stored_result():
        return None
    if proposed.type is StateType.COMPLETED and not proposed.has_stored_result():
        return Reject("The run is completed and has a result, which this state would drop.")
    if proposed.type not in TERMINAL_STATES | _NEVER_AFTER_THE_END:
        return Reject("The run is completed and has a result; it is not run again.")
    return None


async def leave_terminal_state(transition: Transition) -> Abort | None:
    """Allow a finished run to be tried again only through SCHEDULED or by its own process.

    PENDING straight after the end is the mark of a stale handout: the run was given to two
    workers and one has finished it. It is refused, so that no run is executed twice.
    """
    proposed = transition.proposed
    ended_as = transition.flow_run.state_name
    if proposed.type in _NEVER_AFTER_THE_END:
        return Abort(f"The run has ended as {ended_as} and can't become {proposed.name}.")
    if proposed.type is StateType.PENDING:
        return Abort(f"The run has ended as {ended_as}; to run it again, schedule it first.")
    if proposed.type is StateType.SCHEDULED and transition.flow_run.deployment_id is None:
        return Abort("The run has no deployment, so nothing could start it again.")
    if proposed.type not in TERMINAL_STATES:
        rescheduled = proposed.type is StateType.SCHEDULED
        transition.policy_changes |= {
            "resuming": False,
            "pause_keys": set(),
            "retry_type": "reschedule" if rescheduled else None,
        }
    return None
