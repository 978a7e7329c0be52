"""States of task runs: writing a new one, the history, the cache (orchestration.md 1.8, 1.11)."""

from collections.abc import Sequence
from datetime import timedelta
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncSession

from penstock.core.clock import utc_now
from penstock.core.ids import uuid7
from penstock.core.moments import moved
from penstock.core.states import StateType
from penstock.schemas.states import State
from penstock.server.database import DBInterface, db_injector, orm_models
from penstock.server.database.loose_rows import stored_columns, stored_row
from penstock.server.database.orm_models import TaskRun, TaskRunState
from penstock.server.database.plain import Statements
from penstock.server.models.run_times import keep_times, set_current_state


def write_task_run_state(session: AsyncSession, task_run: TaskRun, state: State) -> State:
    """Make ``state`` the run's current state: run columns and history row, with the next flush.

    The state's time is moved behind the previous one where it is not later.

    Returns:
        The state as written.
    """
    state, row = _enter_state(task_run, state)
    session.add(row)
    return state


def _enter_state(task_run: TaskRun, state: State) -> tuple[State, TaskRunState]:
    """Write a state into the run's own columns; returns it as written and the row of its history."""
    before = task_run.state
    state = _in_place(task_run, before, state)
    keep_times(task_run, before, state)
    if state.type is StateType.RUNNING:
        task_run.run_count = (task_run.run_count or 0) + 1
    set_current_state(task_run, state)
    row = TaskRunState(
        id=state.id,
        task_run_id=task_run.id,
        type=state.type,
        name=state.name,
        timestamp=state.timestamp,
        message=state.message,
        state_details=state.state_details,
        data=state.data,
    )
    return state, row


def _in_place(task_run: TaskRun, before: State | None, state: State) -> State:
    details = state.state_details.model_copy(
        update={"flow_run_id": task_run.flow_run_id, "task_run_id": task_run.id}
    )
    timestamp = state.timestamp
    if before is not None and timestamp <= before.timestamp:
        timestamp = moved(before.timestamp, timedelta.resolution)
    data = state.data if state.has_stored_result() or not isinstance(state.data, dict) else None
    return state.model_copy(update={"state_details": details, "timestamp": timestamp, "data": data})


@db_injector
async def read_task_run_state(
    db: DBInterface, session: AsyncSession, task_run_state_id: UUID
) -> orm_models.TaskRunState | None:
    """Read one state by id; None when there is none."""
    return await session.get(db.TaskRunState, task_run_state_id)


@db_injector
async def read_task_run_states(
    db: DBInterface, session: AsyncSession, task_run_id: UUID
) -> Sequence[orm_models.TaskRunState]:
    """Read the states of a task run, the oldest first."""
    return (
        await session.scalars(
            sa.select(db.TaskRunState)
            .where(db.TaskRunState.task_run_id == task_run_id)
            .order_by(db.TaskRunState.timestamp, db.TaskRunState.id)
        )
    ).all()


@db_injector
async def read_cached_state(db: DBInterface, session: AsyncSession, cache_key: str) -> State | None:
    """Read the newest state kept under a cache key that has not expired; None when there is none."""
    cache = db.TaskRunStateCache
    row = await session.scalar(
        sa.select(db.TaskRunState)
        .join(cache, cache.task_run_state_id == db.TaskRunState.id)
        .where(
            cache.cache_key == cache_key,
            sa.or_(cache.cache_expiration.is_(None), cache.cache_expiration > utc_now()),
        )
        .order_by(cache.created.desc(), cache.id.desc())
        .limit(1)
    )
    return None if row is None else State.model_validate(row)


async def cache_state(session: AsyncSession, state: State) -> None:
    """Keep a written state under the cache key in its details."""
    details = state.state_details
    if details.cache_key is None:
        return
    # The state's row must be there before the one that refers to it.
    await session.flush()
    session.add(
        orm_models.TaskRunStateCache(
            id=uuid7(),
            cache_key=details.cache_key,
            cache_expiration=details.cache_expiration,
            task_run_state_id=state.id,
        )
    )


@db_injector
async def mirror_in_parent(
    db: DBInterface, session: AsyncSession, flow_run: orm_models.FlowRun, state: State
) -> None:
    """Give the task run that a flow run stands for the flow run's new state (orchestration.md 1.8).

    It is written without rules, as an own state that names the flow run. Nothing happens for a
    run that has no parent, or whose parent is not known here.
    """
    parent = await lock_parent(session=session, flow_run=flow_run)
    if parent is None:
        return
    session.add(enter_state_of_child(parent, flow_run, state))
    await session.flush()


@db_injector
async def lock_parent(
    db: DBInterface, session: AsyncSession, flow_run: orm_models.FlowRun
) -> orm_models.TaskRun | None:
    """Lock the task run that a flow run stands for; None where there is none, or it is not known here."""
    if flow_run.parent_task_run_id is None:
        return None
    parent: orm_models.TaskRun | None = await session.scalar(
        sa.select(db.TaskRun)
        .where(db.TaskRun.id == flow_run.parent_task_run_id)
        .with_for_update(key_share=True)
        .execution_options(populate_existing=True)
    )
    return parent


_LOCK_PARENT = (
    sa.select(*stored_columns(TaskRun).values())
    .where(sa.inspect(TaskRun).columns["id"] == sa.bindparam("parent_id", type_=sa.Uuid()))
    .with_for_update(key_share=True)
)


async def lock_parent_plainly(
    statements: Statements, flow_run: orm_models.FlowRun
) -> orm_models.TaskRun | None:
    """Do what ``lock_parent`` does in a transaction of plain statements; an object of no session."""
    if flow_run.parent_task_run_id is None:
        return None
    rows = await statements.rows(_LOCK_PARENT, {"parent_id": flow_run.parent_task_run_id})
    return stored_row(TaskRun, rows[0]) if rows else None


def enter_state_of_child(
    parent: orm_models.TaskRun, flow_run: orm_models.FlowRun, state: State
) -> TaskRunState:
    """Give a locked task run the state of the flow run it stands for; returns the row of its history.

    Neither the run nor the row is written.
    """
    details = state.state_details.model_copy(update={"child_flow_run_id": flow_run.id})
    mirrored = state.model_copy(update={"id": uuid7(), "timestamp": utc_now(), "state_details": details})
    _, row = _enter_state(parent, mirrored)
    return row
