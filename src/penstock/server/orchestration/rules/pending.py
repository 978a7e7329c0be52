"""Only one worker may take a run (orchestration.md 1.6 rule 6)."""

from penstock.core.states import StateType, default_state_name
from penstock.server.orchestration.transition import Transition
from penstock.server.orchestration.verdicts import Abort

_TAKEN = {StateType.PENDING, StateType.RUNNING, StateType.CANCELLING, StateType.CANCELLED}


async def pending_only_once(transition: Transition) -> Abort | None:
    """Refuse PENDING for a run that somebody has taken, or that was cancelled.

    The worker that holds it may rename its state (PENDING, "Submitting"); the new state keeps
    the scheduled time. A run that waits inside its process for a retry is taken as well: PENDING
    then comes from somebody who was shown the run before it was started.
    """
    initial, proposed = transition.initial, transition.proposed
    if transition.retries_in_process:
        return Abort("The run waits in its process for its next try and can't become PENDING.")
    if initial is None or initial.type not in _TAKEN:
        return None
    renamed = proposed.name not in (initial.name, default_state_name(StateType.PENDING))
    if initial.type is StateType.PENDING and renamed:
        planned = proposed.state_details.scheduled_time or initial.state_details.scheduled_time
        details = proposed.state_details.model_copy(update={"scheduled_time": planned})
        transition.proposed = proposed.model_copy(update={"state_details": details})
        return None
    return Abort(f"The run is {initial.type.value} already and can't become PENDING.")
