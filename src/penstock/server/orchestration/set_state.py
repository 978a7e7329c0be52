"""The one door for a change of state (orchestration.md 1.5)."""

from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncSession

from penstock import schemas
from penstock.core.attempts import DEFAULT_LEASE_TIMES, LeaseTimes
from penstock.core.errors import ObjectNotFoundError
from penstock.core.states import SLOT_STATES
from penstock.schemas.responses import OrchestrationResult
from penstock.server.database import DBInterface, db_injector
from penstock.server.database.dispatch import drains
from penstock.server.database.expressions import database_now
from penstock.server.database.orm_models import Deployment, FlowRun, WorkPool, WorkQueue
from penstock.server.events import outbox
from penstock.server.events.override_events import forced_into_slot
from penstock.server.models.concurrency_limits.deployment_slots import DeploymentLimit
from penstock.server.models.run_contexts import CONTEXT_COLUMNS, context_of, join_context
from penstock.server.models.run_states import write_state_at_once
from penstock.server.models.task_run_states import mirror_in_parent
from penstock.server.orchestration.entries import judge
from penstock.server.orchestration.leases import settle_lease
from penstock.server.orchestration.policy import FLOW_RUN_POLICY, FORCED_POLICY
from penstock.server.orchestration.results import result_of
from penstock.server.orchestration.slot_gate import USE_COLUMNS
from penstock.server.orchestration.transition import Limits, Proposer, Transition
from penstock.server.orchestration.verdicts import Reject, Verdict

NOBODY = Proposer()

_LOCK_RUN: sa.Select[Any] = (
    join_context(
        sa.select(
            FlowRun,
            *CONTEXT_COLUMNS,
            WorkQueue.is_paused.label("work_queue_paused"),
            WorkPool.is_paused.label("work_pool_paused"),
            WorkQueue.concurrency_limit.label("work_queue_limit"),
            WorkPool.concurrency_limit.label("work_pool_limit"),
            Deployment.concurrency_limit_id.label("deployment_limit_id"),
            Deployment.concurrency_options.label("concurrency_options"),
            drains(sa.bindparam("worker_name", type_=sa.Text())).label("worker_is_draining"),
            database_now().label("now"),
        )
    )
    .where(FlowRun.id == sa.bindparam("flow_run_id", type_=sa.Uuid()))
    .with_for_update(of=FlowRun)
    .execution_options(populate_existing=True)
)
"""A run with its surroundings; the run's row is locked until the transaction ends."""

_LOCK_RUN_AND_COUNT: sa.Select[Any] = _LOCK_RUN.add_columns(*USE_COLUMNS)
"""The same with the use of the limits, for the one writer of a database."""


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

    Raises:
        ObjectNotFoundError: there is no such run.
        ConflictError: the proposer's attempt is not the current one.
    """
    transition = await read_transition(
        session=session,
        flow_run_id=flow_run_id,
        state=state,
        proposer=proposer,
        lease_times=lease_times,
    )
    transition.renews_leases = renews_leases
    verdict = await judge(FORCED_POLICY if force else FLOW_RUN_POLICY, transition)
    if verdict is None:
        takes_slot = transition.takes_slot or transition.takes_deployment_slot
        written = await write_transition(transition, transition.proposed)
        if force and takes_slot:
            outbox.record(session, forced_into_slot(transition.flow_run, written))
            await session.flush()
        return result_of(None, written)
    return await _answer(transition, verdict)


@db_injector
async def read_transition(
    db: DBInterface,
    session: AsyncSession,
    flow_run_id: UUID,
    state: schemas.states.State,
    proposer: Proposer = NOBODY,
    lease_times: LeaseTimes = DEFAULT_LEASE_TIMES,
) -> Transition:
    """Lock the run and read it with its surroundings, in one statement.

    Raises:
        ObjectNotFoundError: there is no such run.
    """
    asked = {"flow_run_id": flow_run_id, "worker_name": proposer.worker_name}
    counts = db.dialect.single_writer and state.type in SLOT_STATES
    statement = _LOCK_RUN_AND_COUNT if counts else _LOCK_RUN
    row = (await session.execute(statement, asked)).one_or_none()
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
            worker_is_draining=bool(row.worker_is_draining),
            work_queue_limit=row.work_queue_limit,
            work_pool_limit=row.work_pool_limit,
            work_queue_use=row.work_queue_use if counts else None,
            work_pool_use=row.work_pool_use if counts else None,
        ),
        deployment_limit=DeploymentLimit.of(row.deployment_limit_id, row.concurrency_options),
        now=row.now,
        proposer=proposer.about(run),
        lease_times=lease_times,
    )


async def write_transition(transition: Transition, state: schemas.states.State) -> schemas.states.State:
    """Write the state, whatever the rules say of it, with all that goes with it."""
    run = transition.flow_run
    state = await settle_lease(transition, state)
    if transition.policy_changes:
        run.empirical_policy = run.empirical_policy.model_copy(update=transition.policy_changes)
    written = await write_state_at_once(
        session=transition.session,
        flow_run=run,
        state=state,
        context=transition.context,
        holder=transition.holder,
    )
    await mirror_in_parent(session=transition.session, flow_run=run, state=written)
    return written


async def _answer(transition: Transition, verdict: Verdict) -> OrchestrationResult:
    state = transition.initial
    if isinstance(verdict, Reject) and verdict.instead is not None:
        state = await write_transition(transition, _in_answer_to(transition.proposed, verdict.instead))
    return result_of(verdict, state)


def _in_answer_to(proposed: schemas.states.State, instead: schemas.states.State) -> schemas.states.State:
    """Mark the state with the proposal's transition id: sent again, it is answered, not judged again."""
    answered = {"transition_id": proposed.state_details.transition_id}
    details = instead.state_details.model_copy(update=answered)
    return instead.model_copy(update={"state_details": details})
