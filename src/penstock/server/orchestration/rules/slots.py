"""Taking a slot: pauses and limits, held at the transition (workers.md 8.1)."""

from penstock.core.states import StateName, StateType
from penstock.schemas.states import AwaitingConcurrencySlot
from penstock.server.orchestration.slot_gate import full_limit
from penstock.server.orchestration.transition import Transition
from penstock.server.orchestration.verdicts import Abort, Reject


async def take_slot(transition: Transition) -> Abort | Reject | None:
    """Let a run take a slot only where its queue and its pool have one to give.

    A scheduled run that finds none waits as AwaitingConcurrencySlot, at its old time and so at
    its old place. Where nothing limits the run, nothing is locked and nothing is counted.
    """
    if not transition.takes_slot:
        return None
    paused = _pause(transition)
    if paused is not None:
        return Reject(paused)
    full = await full_limit(transition)
    return None if full is None else no_slot(transition, full)


def _pause(transition: Transition) -> str | None:
    """Return what pauses a waiting run, as a sentence."""
    is_dispatch = (
        transition.initial_type is StateType.SCHEDULED and transition.proposed.type is StateType.PENDING
    )
    if is_dispatch and transition.limits.work_pool_paused:
        return f"The work pool '{transition.context.work_pool_name}' is paused."
    if is_dispatch and transition.limits.work_queue_paused:
        return f"The work queue '{transition.context.work_queue_name}' is paused."
    return None


def no_slot(transition: Transition, full: str) -> Abort | Reject:
    """Return how a run is told that there is no slot, by where it comes from."""
    if transition.initial_type is StateType.PAUSED:
        return Reject(full)
    if transition.initial_type not in (StateType.SCHEDULED, None):
        return Abort(full)
    if transition.flow_run.state_name == StateName.AWAITING_CONCURRENCY_SLOT:
        return Reject(full)
    planned = transition.flow_run.next_scheduled_start_time
    return Reject(full, AwaitingConcurrencySlot(planned, message=full))
