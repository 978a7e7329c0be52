"""What becomes of a run's deployment slot when a state is written (orchestration.md 1.6 rules 1, 17).

This is done for every transition, forced ones included.
"""

from uuid import UUID

from penstock.core.states import IN_PROCESS, QUEUE_HOLDER_STATES, TERMINAL_STATES, StateType
from penstock.schemas.states import State
from penstock.server.models.concurrency_limits.deployment_slots import (
    free_deployment_slots,
    park_deployment_slot,
)
from penstock.server.orchestration.transition import Transition


async def settle_lease(transition: Transition, state: State) -> State:
    """Free the run's slot when the state leaves it, and return the state with its lease named in it.

    The lease is the server's word: what a client sends is replaced. A run that waits in its
    process for its next try keeps its slot. One that pauses in its process gives the slot away
    but keeps the lease, which its process goes on renewing. The last lease stays named in a
    final state.
    """
    lease_id = transition.lease_id
    keeps = state.type in QUEUE_HOLDER_STATES or _retries_in_process(transition, state)
    if not keeps and transition.may_hold_deployment_slot:
        if _pauses_in_process(state):
            await park_deployment_slot(transition.own_session, transition.flow_run.id)
        else:
            await free_deployment_slots(transition.own_session, [transition.flow_run.id])
    if state.type in TERMINAL_STATES:
        return with_lease(state, lease_id or _named_in(transition.initial))
    return with_lease(state, lease_id if keeps or _pauses_in_process(state) else None)


def with_lease(state: State, lease_id: UUID | None) -> State:
    """Return the state with this lease named in it."""
    if state.state_details.deployment_concurrency_lease_id == lease_id:
        return state
    details = state.state_details.model_copy(update={"deployment_concurrency_lease_id": lease_id})
    return state.model_copy(update={"state_details": details})


def _named_in(state: State | None) -> UUID | None:
    return state.state_details.deployment_concurrency_lease_id if state is not None else None


def _retries_in_process(transition: Transition, state: State) -> bool:
    now = transition.flow_run.empirical_policy.retry_type
    is_scheduled = state.type is StateType.SCHEDULED
    return is_scheduled and transition.policy_changes.get("retry_type", now) == IN_PROCESS


def _pauses_in_process(state: State) -> bool:
    return state.type is StateType.PAUSED and not state.state_details.pause_reschedule
