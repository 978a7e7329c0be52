"""Claiming: due runs become PENDING in the statement's own transaction (ADR 0005).

Where a worker that polls asks for runs and then proposes PENDING for each, a claim does both at
once: it locks the limits, chooses runs that nobody else is taking, and writes their states.
"""

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from penstock.schemas.states import Pending
from penstock.server.database import DBInterface, db_injector, orm_models
from penstock.server.database.dispatch import StartWindow
from penstock.server.models.run_contexts import read_run_contexts
from penstock.server.models.run_states import write_state
from penstock.server.models.workers.dispatch import select_due_runs
from penstock.server.orchestration.slot_gate import lock_limits


@db_injector
async def claim_flow_runs(
    db: DBInterface,
    session: AsyncSession,
    work_pool_id: UUID,
    worker_name: str,
    work_queue_ids: Sequence[UUID] | None = None,
    limit: int = 10,
) -> list[orm_models.FlowRun]:
    """Take due runs of a pool for a worker: they are PENDING when this returns.

    Runs are chosen as a poll would show them, at most as many as the limits have slots; runs
    that another transaction is taking are passed over. What is due is judged by the database's
    clock. The locks of the limits are held until the transaction ends.

    Args:
        worker_name: who takes them; named in the message of the PENDING state.
        work_queue_ids: only runs of these queues of the pool; None or empty for all.
        limit: at most so many runs.

    Returns:
        The runs in the order in which they should start.
    """
    await db.dialect.enter_transitions(session)
    locked = await lock_limits(session, work_pool_id, work_queue_ids)
    selection = await select_due_runs(
        session,
        work_pool_ids=[work_pool_id],
        work_queue_ids=work_queue_ids,
        window=StartWindow(due_now=True),
        limit=limit,
        locked_limits=locked,
    )
    contexts = await read_run_contexts(session, selection.runs) if selection.runs else {}
    for run in selection.runs:
        state = Pending(message=f"Claimed by worker '{worker_name}'.")
        details = state.state_details.model_copy(update={"scheduled_time": run.next_scheduled_start_time})
        state = state.model_copy(update={"state_details": details})
        write_state(session, run, state, contexts[run.id])
    await session.flush()
    return selection.runs
