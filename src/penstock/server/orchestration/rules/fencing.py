"""Who speaks for an attempt that is over changes nothing (design, section 3)."""

from penstock.core.states import StateType, default_state_name
from penstock.server.database.orm_models import FlowRun
from penstock.server.models.attempts.keeping import require_current_attempt, why_it_is_over
from penstock.server.orchestration.transition import Transition
from penstock.server.orchestration.verdicts import Abort


async def only_the_current_attempt(transition: Transition) -> None:
    """Refuse a worker that claimed an earlier attempt, or whose lease is over.

    Raises:
        ConflictError: which attempt is the current one, or what became of the run.
    """
    attempt = transition.proposer.attempt
    if attempt is not None:
        require_current_attempt(transition.flow_run, attempt)


async def only_the_holder(transition: Transition) -> Abort | None:
    """Refuse workers, and processes they started, that do not hold the run (any more).

    They are known by the names they send with every request. A run that has never been given to
    anybody is not looked at; one that waits may be taken by any worker; anybody may ask for a
    cancel, and a worker may confirm one whoever held the run.
    """
    proposer, run = transition.proposer, transition.flow_run
    if proposer.worker_name is None or proposer.attempt is not None or not run.attempt:
        return None
    if transition.proposed.type is StateType.CANCELLING:
        return None
    if transition.is_held and run.worker_name == proposer.worker_name:
        return _second_start(transition)
    if not proposer.is_process and _is_for_anybody(transition):
        return None
    return Abort(_why(run))


def _is_for_anybody(transition: Transition) -> bool:
    initial, proposed = transition.initial_type, transition.proposed
    if proposed.type is StateType.PENDING:
        # whether it is still there to be taken, ``pending_only_once`` says
        return not transition.is_held or proposed.name == default_state_name(StateType.PENDING)
    if initial is StateType.CANCELLING:
        return proposed.type is StateType.CANCELLED
    return not transition.is_held and initial is not StateType.SCHEDULED


def _second_start(transition: Transition) -> Abort | None:
    """Refuse a process that starts a run which another process of this attempt has started."""
    starts = transition.proposer.is_process and transition.proposed.type is StateType.RUNNING
    if starts and transition.initial_type is StateType.RUNNING:
        return Abort("The run has been started already by another process.")
    return None


def _why(run: FlowRun) -> str:
    return why_it_is_over(
        None,
        run.attempt,
        is_held=run.lease_kind is not None,
        worker_name=run.worker_name,
        state_name=run.state_name,
    )
