"""Tasks that task workers run in the background (orchestration.md 1.11)."""

from penstock.core.states import StateType, default_state_name
from penstock.server.orchestration.task_transition import TaskTransition
from penstock.server.orchestration.verdicts import Abort

_TAKEN = {StateType.PENDING, StateType.RUNNING, StateType.CANCELLING, StateType.CANCELLED}
_INHERITED = ("deferred", "task_parameters_id")


async def take_only_once(transition: TaskTransition) -> Abort | None:
    """Refuse PENDING for a deferred task that a worker has taken, or that was cancelled."""
    if not transition.is_deferred or transition.initial_type not in _TAKEN:
        return None
    initial = transition.initial
    assert initial is not None
    renamed = transition.proposed.name not in (initial.name, default_state_name(StateType.PENDING))
    if initial.type is StateType.PENDING and renamed:
        return None
    return Abort(f"The task run is {initial.type.value} already and can't become PENDING.")


async def keep_parameters(transition: TaskTransition) -> None:
    """Let every state of a deferred task say where its parameters are."""
    initial, details = transition.initial, transition.proposed.state_details
    if initial is None or not initial.state_details.deferred:
        return
    inherited = {
        name: getattr(initial.state_details, name) for name in _INHERITED if not getattr(details, name)
    }
    transition.proposed = transition.proposed.model_copy(
        update={"state_details": details.model_copy(update=inherited)}
    )
