"""The one door for a change of state (orchestration.md 1.5)."""

from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncSession

from penstock import schemas
from penstock.core.attempts import DEFAULT_LEASE_TIMES, LeaseTimes
from penstock.schemas.responses import OrchestrationResult
from penstock.server.database import DBInterface, db_injector, orm_models
from penstock.server.database.orm_models import TaskRun
from penstock.server.events import outbox
from penstock.server.events.override_events import forced_into_slot
from penstock.server.models.run_states import gather_state, write_state_at_once, write_state_if_unchanged
from penstock.server.models.task_run_states import lock_parent, lock_parent_plainly
from penstock.server.orchestration.entries import judge
from penstock.server.orchestration.leases import settle_lease
from penstock.server.orchestration.policy import FLOW_RUN_POLICY, FORCED_POLICY
from penstock.server.orchestration.readings import lock_transition
from penstock.server.orchestration.results import result_of
from penstock.server.orchestration.transition import NOBODY, Proposer, Transition
from penstock.server.orchestration.verdicts import Reject, Verdict

_KEY_OF = sa.inspect(orm_models.FlowRun).identity_key_from_primary_key


class OvertakenError(Exception):
    """Somebody changed the run after it was read."""


@db_injector
async def set_flow_run_state(
    db: DBInterface,
    session: AsyncSession,
    flow_run_id: UUID,
    state: schemas.states.State,
    force: bool = False,
    renews_leases: bool = False,
    proposer: Proposer = NOBODY,
    lease_times: LeaseTimes = DEFAULT_LEASE_TIMES,
    has_parent: bool = False,
) -> OrchestrationResult:
    """Propose a state for a run; the rules accept, replace, refuse or put it off.

    The run's row is locked until the transaction ends. Limits of its pool, queue and deployment
    hold here: a run that finds no free slot is rejected and keeps its place (workers.md 8.1).

    Args:
        state: the proposed state; its id and time become those of the history.
        force: an operator's override: nearly all rules, limits included, are passed over. That a
            run is forced into a slot is recorded as an event.
        renews_leases: whoever proposes renews the lease of the run's deployment slot while it runs.
        proposer: who proposes; one who speaks for an attempt that is over changes nothing.
        lease_times: how long an attempt may go on unheard of.
        has_parent: the run is known to stand for a task run, which is then locked with it.

    Raises:
        ObjectNotFoundError: there is no such run.
        ConflictError: the proposer's attempt is not the current one.
    """
    # what the session has already must be what is changed
    is_new = _KEY_OF((flow_run_id,)) not in session.identity_map
    transition = await lock_transition(
        session=session,
        flow_run_id=flow_run_id,
        state=state,
        proposer=proposer,
        lease_times=lease_times,
        has_parent=has_parent,
        plainly=db.statements_of(session) if is_new else None,
    )
    transition.renews_leases = renews_leases
    if not force:
        return await answer(transition)
    verdict = await judge(FORCED_POLICY, transition)
    if verdict is not None:
        return await _refuse(transition, verdict)
    takes_slot = transition.takes_slot or transition.takes_deployment_slot
    written = await write_transition(transition, transition.proposed)
    if takes_slot:
        outbox.record(session, forced_into_slot(transition.flow_run, written))
        await session.flush()
    return result_of(None, written)


async def answer(transition: Transition) -> OrchestrationResult:
    """Ask the rules and do what they say.

    Raises:
        OvertakenError: the run was read without a lock, and has changed since; nothing is written.
    """
    verdict = await judge(FLOW_RUN_POLICY, transition)
    if verdict is not None:
        return await _refuse(transition, verdict)
    return result_of(None, await write_transition(transition, transition.proposed))


async def write_transition(transition: Transition, state: schemas.states.State) -> schemas.states.State:
    """Write the state, whatever the rules say of it, with all that goes with it.

    Raises:
        OvertakenError: the run was read without a lock, and has changed since; nothing is written.
    """
    run = transition.flow_run
    state = await settle_lease(transition, state)
    if transition.policy_changes:
        run.empirical_policy = run.empirical_policy.model_copy(update=transition.policy_changes)
    if transition.gathered is not None:
        return gather_state(
            transition.session,
            run,
            transition.initial,
            state,
            transition.context,
            transition.holder,
            transition.gathered,
        )
    if transition.version is not None:
        return await _write_unlocked(transition, transition.version, state)
    parent = transition.parent
    if parent is None:
        parent = await _lock_parent(transition)
    return await write_state_at_once(
        session=transition.session,
        flow_run=run,
        before=transition.initial,
        state=state,
        context=transition.context,
        holder=transition.holder,
        statements=transition.statements,
        parent=parent,
        beside=transition.new_rows,
    )


async def _lock_parent(transition: Transition) -> TaskRun | None:
    if not transition.in_session:
        return await lock_parent_plainly(transition.statements, transition.flow_run)
    return await lock_parent(session=transition.session, flow_run=transition.flow_run)


async def _write_unlocked(
    transition: Transition, version: str, state: schemas.states.State
) -> schemas.states.State:
    written = await write_state_if_unchanged(
        session=transition.session,
        statements=transition.statements,
        flow_run=transition.flow_run,
        before=transition.initial,
        state=state,
        context=transition.context,
        version=version,
        holder=transition.holder,
    )
    if written is None:
        raise OvertakenError
    return written


async def _refuse(transition: Transition, verdict: Verdict) -> OrchestrationResult:
    state = transition.initial
    if isinstance(verdict, Reject) and verdict.instead is not None:
        state = await write_transition(transition, _in_answer_to(transition.proposed, verdict.instead))
    return result_of(verdict, state)


def _in_answer_to(proposed: schemas.states.State, instead: schemas.states.State) -> schemas.states.State:
    """Mark the state with the proposal's transition id: sent again, it is answered, not judged again."""
    answered = {"transition_id": proposed.state_details.transition_id}
    details = instead.state_details.model_copy(update=answered)
    return instead.model_copy(update={"state_details": details})
