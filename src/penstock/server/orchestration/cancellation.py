"""Finishing cancels: those nobody answers, and what belongs to a cancelled run (orchestration.md 3.4)."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncSession

from penstock.core.states import TERMINAL_STATES, StateType
from penstock.schemas.states import Cancelled, Cancelling
from penstock.server.database import DBInterface, db_injector
from penstock.server.database.expressions import seconds_before_now
from penstock.server.database.orm_models import FlowRun
from penstock.server.database.states import in_states, is_terminal
from penstock.server.orchestration.set_state import set_flow_run_state
from penstock.server.orchestration.set_task_run_state import set_task_run_state
from penstock.server.orchestration.teardown import ask_for_teardown

DAY_SECONDS = 86_400.0
"""For so long after the cancel of a run it is looked for what belongs to it."""

STOPPING = TERMINAL_STATES | {StateType.CANCELLING}


@db_injector
async def cancel_unanswered(
    db: DBInterface, session: AsyncSession, after_seconds: float, limit: int
) -> list[UUID]:
    """Make runs CANCELLED that have been CANCELLING for so long that no worker will answer (1.10).

    The workers of their pools are asked to tear down what is left. Runs that another transaction
    holds are passed over. Returns the ids.
    """
    run = db.FlowRun
    found = await session.scalars(
        sa.select(run)
        .where(in_states(run.state_type, [StateType.CANCELLING]))
        .where(run.state_timestamp <= _before_now(after_seconds))
        .order_by(run.state_timestamp, run.id)
        .limit(limit)
        .with_for_update(skip_locked=True)
        .execution_options(populate_existing=True)
    )
    unanswered = [(one, one.state_id) for one in found]
    for flow_run, cancelling_state_id in unanswered:
        await set_flow_run_state(
            session=session,
            flow_run_id=flow_run.id,
            state=Cancelled(message="Nobody confirmed in time that the run was stopped."),
        )
        if cancelling_state_id is not None:
            await ask_for_teardown(
                session=session, flow_run=flow_run, cancelling_state_id=cancelling_state_id
            )
    return [flow_run.id for flow_run, _ in unanswered]


@db_injector
async def read_subflows_to_cancel(db: DBInterface, session: AsyncSession, limit: int) -> Sequence[UUID]:
    """Read runs that go on though the run they belong to was cancelled within the last day."""
    child, cancelled = db.FlowRun, _lately_cancelled(db)
    return (
        await session.scalars(
            sa.select(child.id)
            .select_from(cancelled)
            .join(db.TaskRun, db.TaskRun.flow_run_id == cancelled.c.id)
            .join(child, child.parent_task_run_id == db.TaskRun.id)
            .where(
                child.parent_task_run_id.is_not(None),
                sa.not_(in_states(child.state_type, STOPPING)),
            )
            .limit(limit)
        )
    ).all()


@db_injector
async def cancel_subflow(db: DBInterface, session: AsyncSession, flow_run_id: UUID) -> None:
    """Cancel a run whose parent was cancelled: where a worker runs it, that has to stop it first."""
    run: FlowRun | None = await session.get(db.FlowRun, flow_run_id)
    if run is None:
        return
    message = "The run it belongs to was cancelled."
    state = Cancelled(message=message) if run.deployment_id is None else Cancelling(message=message)
    await set_flow_run_state(session=session, flow_run_id=flow_run_id, state=state)


@db_injector
async def read_task_runs_to_cancel(db: DBInterface, session: AsyncSession, limit: int) -> Sequence[UUID]:
    """Read task runs that have not ended though their run was cancelled within the last day."""
    task_run, cancelled = db.TaskRun, _lately_cancelled(db)
    return (
        await session.scalars(
            sa.select(task_run.id)
            .select_from(cancelled)
            .join(task_run, task_run.flow_run_id == cancelled.c.id)
            .where(sa.not_(is_terminal(task_run.state_type)))
            .limit(limit)
        )
    ).all()


@db_injector
async def cancel_task_run(db: DBInterface, session: AsyncSession, task_run_id: UUID) -> None:
    """Cancel a task run whose flow run was cancelled: nothing is running it any more."""
    state = Cancelled(message="Its flow run was cancelled.")
    await set_task_run_state(session=session, task_run_id=task_run_id, state=state, force=True)


def _lately_cancelled(db: DBInterface) -> sa.CTE:
    """The runs that were cancelled within the last day; all else is found from them."""
    run = db.FlowRun
    return (
        sa.select(run.id)
        .where(in_states(run.state_type, [StateType.CANCELLED]), run.end_time > _before_now(DAY_SECONDS))
        .cte("cancelled")
        .prefix_with("MATERIALIZED")
    )


def _before_now(seconds: float) -> sa.ColumnElement[datetime]:
    return seconds_before_now(sa.literal(seconds, sa.Float()))
