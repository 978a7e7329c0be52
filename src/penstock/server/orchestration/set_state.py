"""The one door for a change of state (orchestration.md 1.5)."""

from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncSession

from penstock import schemas
from penstock.core.errors import ObjectNotFoundError
from penstock.schemas.responses import (
    OrchestrationResult,
    SetStateStatus,
    StateAbortDetails,
    StateAcceptDetails,
    StateRejectDetails,
    StateWaitDetails,
)
from penstock.server.database import DBInterface, db_injector
from penstock.server.database.orm_models import FlowRun, WorkPool, WorkQueue
from penstock.server.models.run_contexts import CONTEXT_COLUMNS, context_of, join_context
from penstock.server.models.run_states import write_state
from penstock.server.orchestration.policy import FLOW_RUN_POLICY, FORCED_POLICY, judge
from penstock.server.orchestration.transition import Limits, Transition
from penstock.server.orchestration.verdicts import Abort, Reject, Verdict, Wait

_LOCK_RUN: sa.Select[Any] = (
    join_context(
        sa.select(
            FlowRun,
            *CONTEXT_COLUMNS,
            WorkQueue.is_paused.label("work_queue_paused"),
            WorkPool.is_paused.label("work_pool_paused"),
            WorkQueue.concurrency_limit.label("work_queue_limit"),
            WorkPool.concurrency_limit.label("work_pool_limit"),
        )
    )
    .where(FlowRun.id == sa.bindparam("flow_run_id", type_=sa.Uuid()))
    .with_for_update(of=FlowRun)
    .execution_options(populate_existing=True)
)
"""A run with its surroundings; the run's row is locked until the transaction ends."""


@db_injector
async def set_flow_run_state(
    db: DBInterface,
    session: AsyncSession,
    flow_run_id: UUID,
    state: schemas.states.State,
    force: bool = False,
) -> OrchestrationResult:
    """Propose a state for a run; the rules accept, replace, refuse or put it off.

    The run's row is locked until the transaction ends. Limits of its pool and queue hold here:
    a run that finds no free slot is rejected and keeps its place (workers.md 8.1).

    Args:
        state: the proposed state; its id and time become those of the history.
        force: an operator's override: nearly all rules, limits included, are passed over.

    Raises:
        ObjectNotFoundError: there is no such run.
    """
    transition = await _read_transition(session, flow_run_id, state)
    verdict = await judge(FORCED_POLICY if force else FLOW_RUN_POLICY, transition)
    if verdict is None:
        written = await _write(transition, transition.proposed)
        return OrchestrationResult(state=written, status=SetStateStatus.ACCEPT, details=StateAcceptDetails())
    return await _answer(transition, verdict)


async def _read_transition(
    session: AsyncSession, flow_run_id: UUID, state: schemas.states.State
) -> Transition:
    """Lock the run and read it with its surroundings, in one statement."""
    row = (await session.execute(_LOCK_RUN, {"flow_run_id": flow_run_id})).one_or_none()
    if row is None:
        raise ObjectNotFoundError("Flow run", flow_run_id)
    run: FlowRun = row.FlowRun
    return Transition(
        session=session,
        flow_run=run,
        initial=run.state,
        proposed=state,
        context=context_of(run, row),
        limits=Limits(
            work_queue_paused=bool(row.work_queue_paused),
            work_pool_paused=bool(row.work_pool_paused),
            work_queue_limit=row.work_queue_limit,
            work_pool_limit=row.work_pool_limit,
        ),
    )


async def _write(transition: Transition, state: schemas.states.State) -> schemas.states.State:
    run = transition.flow_run
    if transition.policy_changes:
        run.empirical_policy = run.empirical_policy.model_copy(update=transition.policy_changes)
    written = write_state(transition.session, run, state, transition.context)
    await transition.session.flush()
    return written


async def _answer(transition: Transition, verdict: Verdict) -> OrchestrationResult:
    match verdict:
        case Reject(reason, instead):
            state = transition.initial
            if instead is not None:
                state = await _write(transition, _in_answer_to(transition.proposed, instead))
            details = StateRejectDetails(reason=reason)
            return OrchestrationResult(state=state, status=SetStateStatus.REJECT, details=details)
        case Abort(reason):
            return OrchestrationResult(
                state=transition.initial,
                status=SetStateStatus.ABORT,
                details=StateAbortDetails(reason=reason),
            )
        case Wait(reason, delay_seconds):
            return OrchestrationResult(
                state=transition.initial,
                status=SetStateStatus.WAIT,
                details=StateWaitDetails(delay_seconds=delay_seconds, reason=reason),
            )


def _in_answer_to(proposed: schemas.states.State, instead: schemas.states.State) -> schemas.states.State:
    """Mark the state with the proposal's transition id: sent again, it is answered, not judged again."""
    answered = {"transition_id": proposed.state_details.transition_id}
    details = instead.state_details.model_copy(update=answered)
    return instead.model_copy(update={"state_details": details})
