"""Pausing (orchestration.md 1.7)."""

from penstock.core.states import StateType
from penstock.server.orchestration.transition import Transition
from penstock.server.orchestration.verdicts import Abort, Reject


async def pause_only_while_running(transition: Transition) -> Abort | Reject | None:
    """Let only a running run pause; one that is to be rescheduled needs a deployment."""
    run = transition.flow_run
    if transition.initial is None:
        return Abort("A run that has no state can't pause.")
    if transition.initial.type is not StateType.RUNNING:
        return Reject("Only a running run can pause.")
    if transition.proposed.state_details.pause_reschedule:
        if run.parent_task_run_id is not None:
            return Abort("A subflow can't be suspended.")
        if run.deployment_id is None:
            return Abort("A run without a deployment can't be suspended: nothing would resume it.")
    return None
