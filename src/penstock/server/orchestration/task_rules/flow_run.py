"""A task runs only while its flow runs (orchestration.md 1.11 rule 3)."""

from penstock.core.states import StateType
from penstock.schemas.states import Paused, StateDetails
from penstock.server.orchestration.task_transition import TaskTransition
from penstock.server.orchestration.verdicts import Abort, Reject


async def run_only_while_flow_runs(transition: TaskTransition) -> Abort | Reject | None:
    """Stop a task whose flow run does not run; one whose flow run is paused waits as long."""
    if transition.task_run.flow_run_id is None:
        return None
    flow_run = transition.flow_run
    if flow_run is None or flow_run.state is None:
        return Abort("The flow run of the task has not been started.")
    state = flow_run.state
    if state.type is StateType.PAUSED:
        details = StateDetails(
            pause_timeout=state.state_details.pause_timeout,
            pause_reschedule=state.state_details.pause_reschedule,
        )
        return Reject("The flow run of the task is paused.", Paused(name="NotReady", state_details=details))
    if state.type is not StateType.RUNNING:
        return Abort(f"The flow run of the task is {state.type.value}, not RUNNING.")
    return None
