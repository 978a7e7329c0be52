"""The slot of a deployment's limit: taking it and keeping it (orchestration.md 1.6 rules 7-9, 1.9).

What becomes of the slot when a state is written is settled in ``orchestration.leases``.
"""

from penstock.core.states import StateName, StateType
from penstock.schemas.states import Cancelled
from penstock.server.models.concurrency_limits.deployment_limits import (
    DeploymentLimit,
    FullLimit,
    read_full_limit,
)
from penstock.server.models.concurrency_limits.deployment_slots import (
    keep_deployment_slot,
    lock_deployment_slots,
    take_deployment_slot,
    take_free_slot,
)
from penstock.server.orchestration.rules.slots import no_slot
from penstock.server.orchestration.transition import Transition
from penstock.server.orchestration.verdicts import Abort, Reject, Verdict, Wait

RETRY_WAIT_SECONDS = 10
NO_SLOT = "All slots of the deployment are in use, and it cancels runs that find none."
"""The message of the CANCELLED state of a run that is not asked for by name."""


async def take_slot(transition: Transition) -> Verdict | None:
    """Let a run take a slot only while its deployment's limit has one (rule 8).

    Asked last among the rules that can refuse, so that no slot is taken in vain, and after the
    locks of pool and queue. With ENQUEUE a run that finds none waits at its old place; with
    CANCEL_NEW it is cancelled; a paused run stays paused.
    """
    limit = transition.deployment_limit
    if limit is None or not transition.takes_deployment_slot:
        return None
    is_start = transition.proposed.type is StateType.PENDING
    seconds = limit.lease_seconds if is_start else transition.seconds_of_running_lease
    full = await _take(transition, limit, seconds)
    return None if full is None else _refusal(transition, full)


async def keep_slot(transition: Transition) -> Verdict | None:
    """Let a run start, or try again, only with the slot it was given (rules 7, 9).

    Its lease lasts on from now. A client that does not renew leases keeps its slot until the run
    leaves its process. A slot that was given away is asked for again; when there is none, the
    run is cancelled before it starts, and a next try waits.
    """
    if transition.lease_id is None or transition.takes_deployment_slot:
        return None
    seconds = transition.seconds_of_running_lease
    transition.lease_id = await keep_deployment_slot(transition.own_session, transition.flow_run.id, seconds)
    if transition.lease_id is None and transition.deployment_limit is not None:
        full = await _take(transition, transition.deployment_limit, seconds)
        return None if full is None else _lost(transition, full)
    return None


async def _take(transition: Transition, limit: DeploymentLimit, seconds: float | None) -> FullLimit | None:
    """Take a slot, by a lease of so many seconds, or return that there is none."""
    run_id, slots = transition.flow_run.id, transition.deployment_slots
    if slots is None:
        slots = await lock_deployment_slots(transition.statements, run_id, limit.limit_id)
    if slots.needs_session:
        taken = await take_deployment_slot(transition.own_session, run_id, slots, seconds)
    else:
        taken = take_free_slot(run_id, slots, seconds)
    if isinstance(taken, FullLimit):
        return taken
    transition.lease_id = taken.lease_id
    transition.new_rows.extend(taken.rows)
    return None


async def cancel_late_run(transition: Transition) -> Reject | None:
    """Cancel, instead of marking it late, a run that found its deployment's limit full (3.4)."""
    limit = transition.deployment_limit
    if limit is None or not limit.cancels_new or transition.proposed.name != StateName.LATE:
        return None
    full = await read_full_limit(transition.own_session, limit.limit_id)
    return None if full is None else _cancel(full)


def sentence(full: FullLimit) -> str:
    """Say that a limit has no free slot."""
    if full.name.startswith("deployment:"):
        return f"All {full.limit} slots of the deployment are in use ({full.active_slots})."
    return f"All {full.limit} slots of the limit '{full.name}' are in use ({full.active_slots})."


def _refusal(transition: Transition, full: FullLimit) -> Abort | Reject:
    if full.limit == 0:
        return Abort(f"The limit '{full.name}' is 0, so no run of the deployment can start.")
    limit = transition.deployment_limit
    waits = transition.initial_type in (StateType.SCHEDULED, None)
    if waits and limit is not None and limit.cancels_new:
        return _cancel(full)
    return no_slot(transition, sentence(full))


def _cancel(full: FullLimit) -> Reject:
    reason = f"{sentence(full)} The deployment cancels runs that find no free slot."
    return Reject(reason, Cancelled(message=reason))


def _lost(transition: Transition, full: FullLimit) -> Reject | Wait:
    reason = f"The run's slot was given away because its lease had expired. {sentence(full)}"
    if transition.retries_in_process:
        return Wait(reason, RETRY_WAIT_SECONDS)
    return Reject(reason, Cancelled(message=reason))
