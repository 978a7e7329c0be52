"""Cancelling (orchestration.md 1.6 rules 4, 5)."""

from penstock.core.states import StateName, StateType
from penstock.schemas.states import Cancelled
from penstock.server.orchestration.transition import Transition
from penstock.server.orchestration.verdicts import Reject


async def only_cancelled_after_cancelling(transition: Transition) -> Reject | None:
    """Let a run that is being cancelled become nothing but CANCELLED."""
    if transition.proposed.type is StateType.CANCELLED:
        return None
    return Reject("The run is being cancelled.")


async def cancel_what_runs_nowhere(transition: Transition) -> Reject | None:
    """Cancel at once what has no process that would have to be stopped first."""
    initial, run = transition.initial, transition.flow_run
    if initial is None:
        return None
    if initial.type is StateType.SCHEDULED:
        runs_nowhere = not run.infrastructure_pid or initial.name == StateName.RESUMING
    else:
        runs_nowhere = initial.state_details.pause_reschedule
    if not runs_nowhere:
        return None
    message = transition.proposed.message
    return Reject("The run has not started, so it is cancelled at once.", Cancelled(message=message))
