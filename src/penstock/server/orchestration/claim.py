"""Claiming: due runs become PENDING in the statement's own transaction (ADR 0005).

Where a worker that polls asks for runs and then proposes PENDING for each, a claim does both at
once: it locks the limits, chooses runs that nobody else is taking, and writes their states.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from penstock.core.attempts import DEFAULT_LEASE_TIMES, LeaseKind, LeaseTimes
from penstock.schemas.states import Cancelled, Pending, State, StateDetails
from penstock.server.database import DBInterface, db_injector, orm_models
from penstock.server.database.dispatch import StartWindow
from penstock.server.database.plain import SessionNeededError, Statements
from penstock.server.models.attempts.keeping import Holder
from penstock.server.models.concurrency_limits.deployment_slots import lend_deployment_slots
from penstock.server.models.run_contexts import read_run_contexts_and_time
from penstock.server.models.run_states import GatheredStates, gather_state, write_gathered_states
from penstock.server.models.task_run_states import mirror_in_parent
from penstock.server.models.workers.dispatch import select_due_runs
from penstock.server.models.workers.selection import Selection
from penstock.server.models.workers.sources import RowSource, SessionSource
from penstock.server.orchestration.rules.deployment_slots import NO_SLOT
from penstock.server.orchestration.slot_gate import ChosenQueues, lock_limits


@dataclass(frozen=True, slots=True)
class Claim:
    """What a worker asks for.

    Args:
        chosen: where it wants runs from.
        worker_name: who takes the runs; named in the message of the PENDING state. A worker that
            drains is given nothing.
        limit: at most so many runs.
        lease_times: how long an attempt may go on unheard of.
    """

    chosen: ChosenQueues
    worker_name: str
    limit: int = 10
    lease_times: LeaseTimes = DEFAULT_LEASE_TIMES


@db_injector
async def claim_flow_runs(
    db: DBInterface,
    session: AsyncSession,
    work_pool_id: UUID,
    worker_name: str,
    work_queue_ids: Sequence[UUID] | None = None,
    limit: int = 10,
    lease_times: LeaseTimes = DEFAULT_LEASE_TIMES,
) -> list[orm_models.FlowRun]:
    """Take due runs of a pool for a worker: they are PENDING when this returns.

    Runs are chosen as a poll would show them, at most as many as the limits have slots; runs
    that another transaction is taking are passed over. Runs that their deployment wants
    cancelled for want of a slot are cancelled, as far as the call has places left. What is due
    is judged by the database's clock. The locks of the limits are held until the transaction ends.

    Args:
        work_queue_ids: only runs of these queues of the pool; None or empty for all.
        worker_name: see ``Claim``, as for ``limit`` and ``lease_times``.

    Returns:
        The runs in the order in which they should start.
    """
    chosen = ChosenQueues(work_pool_id=work_pool_id, work_queue_ids=work_queue_ids)
    claim = Claim(chosen, worker_name, limit, lease_times)
    return (await take_due_runs(db, session, db.statements_of(session), claim)).runs


async def take_due_runs(
    db: DBInterface, session: AsyncSession, statements: Statements, claim: Claim, *, in_session: bool = True
) -> Selection[orm_models.FlowRun]:
    """Do what ``claim_flow_runs`` does and return what was chosen.

    Args:
        session: told of what is announced.
        statements: in a transaction that writes.
        in_session: that transaction is the session's; else it has entered transitions
            (``Dialect.enter_transitions``).

    Raises:
        SessionNeededError: it would have to be the session's; nothing was written.
    """
    if in_session:
        await db.dialect.enter_transitions(statements)
    chosen = claim.chosen
    locked = await lock_limits(statements, chosen)
    # what a session holds already must be what is changed
    knows_runs = in_session and bool(session.identity_map)
    source = SessionSource(session) if knows_runs else RowSource(statements, session if in_session else None)
    selection = await select_due_runs(
        source,
        work_pool_ids=None if chosen.work_pool_id is None else [chosen.work_pool_id],
        work_pool_name=chosen.work_pool_name,
        work_queue_ids=chosen.work_queue_ids,
        window=StartWindow(due_now=True),
        limit=claim.limit,
        locked_limits=locked,
        worker_name=claim.worker_name,
    )
    if selection.shown:
        if needs_session(selection) and not in_session:
            raise SessionNeededError
        await _take(session, statements, selection, claim)
    return selection


def needs_session(selection: Selection[orm_models.FlowRun]) -> bool:
    """Return whether more than runs was read, or has to be written: limits of deployments, parents."""
    return bool(selection.limits.rows) or any(run.parent_task_run_id is not None for run in selection.shown)


async def _take(
    session: AsyncSession, statements: Statements, selection: Selection[orm_models.FlowRun], claim: Claim
) -> None:
    """Write the states of what was chosen."""
    contexts, now = await read_run_contexts_and_time(statements, selection.shown)
    assert now is not None
    holder = Holder(now, LeaseKind.CLAIMED, claim.worker_name, claim.lease_times)
    leases = await _lend(session, selection)
    states = [(one.run, Cancelled(message=NO_SLOT)) for one in selection.doomed]
    states += [(run, _claimed(run, claim.worker_name, leases.get(run.id))) for run in selection.runs]
    gathered = GatheredStates()
    written = [
        (run, gather_state(session, run, run.state, state, contexts[run.id], holder, gathered))
        for run, state in states
    ]
    await write_gathered_states(session=session, statements=statements, gathered=gathered)
    for run, state in written:
        await mirror_in_parent(session=session, flow_run=run, state=state)


async def _lend(session: AsyncSession, selection: Selection[orm_models.FlowRun]) -> dict[UUID, UUID]:
    """Give the chosen runs the slots of their deployments; returns the leases by run."""
    rows = selection.limits.rows
    return await lend_deployment_slots(
        session,
        [
            (one.run.id, rows[one.limit.limit_id], one.limit.lease_seconds)
            for one in selection.chosen
            if one.limit is not None and one.limit.limit_id in rows
        ],
    )


def _claimed(run: orm_models.FlowRun, worker_name: str, lease_id: UUID | None) -> State:
    details = StateDetails(
        scheduled_time=run.next_scheduled_start_time, deployment_concurrency_lease_id=lease_id
    )
    return Pending(message=f"Claimed by worker '{worker_name}'.", state_details=details)
