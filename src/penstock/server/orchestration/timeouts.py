"""What happens to runs by the passing of time: they are late, or their pause is over.

Each function does one batch in the caller's transaction. Runs that another transaction holds
are passed over; several servers may do this at once and no run is marked twice.
"""

from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncSession

from penstock.schemas.states import Cancelled, Failed, Late
from penstock.server.database import DBInterface, db_injector
from penstock.server.database.expressions import database_now, seconds_before_now
from penstock.server.database.states import may_become_late
from penstock.server.models.concurrency_limits.deployment_limits import read_cancelling_deployments
from penstock.server.models.run_contexts import read_run_contexts
from penstock.server.models.run_states import write_state
from penstock.server.models.task_run_states import mirror_in_parent
from penstock.server.orchestration.rules.deployment_slots import NO_SLOT
from penstock.server.orchestration.rules.pausing import PAUSE_IS_OVER
from penstock.server.orchestration.set_state import set_flow_run_state

Condition = sa.ColumnElement[bool]


@db_injector
async def mark_late_runs(
    db: DBInterface, session: AsyncSession, after_seconds: float, limit: int
) -> list[UUID]:
    """Mark runs as Late that should have started so long ago; their planned time stays.

    Runs under any other name (AwaitingRetry, Resuming, ...) are never marked. Where a deployment
    cancels runs that find no free slot, and has none, they are cancelled instead. The longest
    overdue come first; returns the ids of the marked ones.
    """
    run = db.FlowRun
    runs = (
        await session.scalars(
            _locked(db, may_become_late(run.state_type, run.state_name))
            .where(run.next_scheduled_start_time <= seconds_before_now(sa.literal(after_seconds, sa.Float())))
            .order_by(run.next_scheduled_start_time, run.id)
            .limit(limit)
        )
    ).all()
    contexts = await read_run_contexts(session=session, runs=runs) if runs else {}
    cancelling = await read_cancelling_deployments(session, {one.deployment_id for one in runs})
    for one in runs:
        state = Late(one.next_scheduled_start_time)
        if one.deployment_id in cancelling:
            state = Cancelled(message=NO_SLOT)
        written = write_state(session, one, state, contexts[one.id])
        await mirror_in_parent(session=session, flow_run=one, state=written)
    await session.flush()
    return [one.id for one in runs]


@db_injector
async def fail_expired_pauses(db: DBInterface, session: AsyncSession, limit: int) -> list[UUID]:
    """Fail paused runs that nobody resumed in time; returns their ids."""
    run = db.FlowRun
    found = await session.scalars(
        _locked(db, run.paused_until < database_now()).order_by(run.paused_until, run.id).limit(limit)
    )
    expired = [one.id for one in found]
    for flow_run_id in expired:
        await set_flow_run_state(
            session=session, flow_run_id=flow_run_id, state=Failed(message=PAUSE_IS_OVER), force=True
        )
    return expired


def _locked(db: DBInterface, condition: Condition) -> sa.Select[Any]:
    return (
        sa.select(db.FlowRun)
        .where(condition)
        .with_for_update(skip_locked=True)
        .execution_options(populate_existing=True)
    )
