"""Writing a run's new state: the bookkeeping of every transition (orchestration.md 1.8).

Whether a transition may happen is decided above, in ``orchestration``; this only writes.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncSession

from penstock.core.clock import utc_now
from penstock.core.moments import moved
from penstock.core.states import QUEUE_HOLDER_STATES, SLOT_STATES, TERMINAL_STATES, StateType
from penstock.schemas.states import State
from penstock.server.database import DBInterface, db_injector
from penstock.server.database.batch_writes import CHANGED, CHANGED_ID, Same, write_all_together
from penstock.server.database.joint_writes import (
    NewRow,
    RowValues,
    table_of,
    write_if_unchanged,
    write_together,
)
from penstock.server.database.orm_models import Base, Deployment, Event, FlowRun, FlowRunState, TaskRun
from penstock.server.database.plain import Statements
from penstock.server.events import outbox
from penstock.server.events.flow_run_events import flow_run_state_changed
from penstock.server.events.run_context import RunContext
from penstock.server.models.attempts.keeping import Holder, keep_attempt
from penstock.server.models.run_times import keep_times, set_current_state
from penstock.server.models.task_run_states import enter_state_of_child
from penstock.server.models.workers.outlook import announce_dispatch

_HISTORY, _EVENTS = table_of(FlowRunState), table_of(Event)

_HISTORY_AS_RUN: Same = (
    ("id", (CHANGED, "state_id")),
    ("flow_run_id", (CHANGED, CHANGED_ID)),
    ("type", (CHANGED, "state_type")),
    ("name", (CHANGED, "state_name")),
    ("timestamp", (CHANGED, "state_timestamp")),
    ("message", (CHANGED, "state_message")),
    ("state_details", (CHANGED, "state_details")),
    ("data", (CHANGED, "state_data")),
)
_HISTORY_ROWS = CHANGED + 1
_EVENTS_AS_BOTH: Same = (
    ("id", (CHANGED, "state_id")),
    ("occurred", (CHANGED, "state_timestamp")),
    ("received", (_HISTORY_ROWS, "created")),
    ("created", (_HISTORY_ROWS, "created")),
    ("updated", (_HISTORY_ROWS, "updated")),
)
"""What ``records_of_state`` says of a state more than once."""

# Who sets a limit lends slots to the runs under way, which does not change their rows.
_DEPLOYMENT_HAS_NO_LIMIT = ~sa.exists().where(
    sa.inspect(Deployment).columns["id"] == sa.inspect(FlowRun).columns["deployment_id"],
    sa.inspect(Deployment).columns["concurrency_limit_id"].is_not(None),
)


def write_state(
    session: AsyncSession,
    flow_run: FlowRun,
    state: State,
    context: RunContext,
    holder: Holder | None = None,
) -> State:
    """Make ``state`` the run's current state: run columns, history row and event, with the next flush.

    ``holder`` is who takes the run or is heard of about it: its attempt begins or goes on.

    The state's timestamp is moved behind the previous one where it is not later, so that the
    history of a run is strictly ordered.

    Returns:
        The state as written.
    """
    before = flow_run.state
    state = enter_state(flow_run, before, state, holder)
    record_state(session, flow_run, before, state, context)
    return state


@db_injector
async def write_state_at_once(
    db: DBInterface,
    session: AsyncSession,
    flow_run: FlowRun,
    before: State | None,
    state: State,
    context: RunContext,
    holder: Holder | None = None,
    statements: Statements | None = None,
    parent: TaskRun | None = None,
    beside: Sequence[NewRow] = (),
) -> State:
    """Do what ``write_state`` does now, without a flush: the way of single transitions.

    The run is in the database, and its row is locked.

    Args:
        before: the state that the run is in now.
        statements: by which it is written; those of the session where none are given.
        parent: the task run that the run stands for, whose row is locked: it gets the state too
            (orchestration.md 1.8).
        beside: new rows that are written with the state.

    Returns:
        The state as written.
    """
    state = enter_state(flow_run, before, state, holder)
    changed: list[Base] = [flow_run]
    new = [*records_of_state(session, flow_run, before, state, context), *beside]
    if parent is not None:
        changed.append(parent)
        new.append(enter_state_of_child(parent, flow_run, state))
    await write_together(db, session, statements or db.statements_of(session), changed, new)
    return state


@db_injector
async def write_state_if_unchanged(
    db: DBInterface,
    session: AsyncSession,
    statements: Statements,
    flow_run: FlowRun,
    before: State | None,
    state: State,
    context: RunContext,
    version: str,
    holder: Holder | None = None,
) -> State | None:
    """Do what ``write_state_at_once`` does for a run without a parent, whose row is not locked.

    Args:
        session: only told of; nothing is written by it.
        before: the state that the run is in as it was read.
        version: of the run's row as it was read, while its deployment had no limit.

    Returns:
        The state as written; None when the row has changed since, or its deployment got a limit, and
        nothing was written.
    """
    state = enter_state(flow_run, before, state, holder)
    new = records_of_state(session, flow_run, before, state, context)
    is_written = await write_if_unchanged(db, statements, flow_run, new, version, _DEPLOYMENT_HAS_NO_LIMIT)
    return state if is_written else None


@dataclass
class GatheredStates:
    """States of several runs that are to be written together: the runs, and the rows of their states."""

    flow_runs: dict[UUID, FlowRun] = field(default_factory=dict)
    history: list[RowValues] = field(default_factory=list)
    events: list[RowValues] = field(default_factory=list)


def gather_state(
    session: AsyncSession,
    flow_run: FlowRun,
    before: State | None,
    state: State,
    context: RunContext,
    holder: Holder | None,
    gathered: GatheredStates,
) -> State:
    """Do what ``write_state`` does; the rows are written with the others by ``write_gathered_states``.

    The run is in the database, and its row is locked; ``before`` is the state it is in.

    Returns:
        The state as it will be written.
    """
    state = enter_state(flow_run, before, state, holder)
    row, event = records_of_state(session, flow_run, before, state, context)
    gathered.flow_runs[flow_run.id] = flow_run
    gathered.history.append(row)
    gathered.events.append(event)
    return state


@db_injector
async def write_gathered_states(
    db: DBInterface, session: AsyncSession, statements: Statements, gathered: GatheredStates
) -> None:
    """Write what was gathered, by as many statements for many states as for one."""
    if gathered.flow_runs:
        runs = list(gathered.flow_runs.values())
        await write_all_together(
            db,
            session,
            statements,
            runs,
            [gathered.history, gathered.events],
            (_HISTORY_AS_RUN, _EVENTS_AS_BOTH),
        )


def enter_state(flow_run: FlowRun, before: State | None, state: State, holder: Holder | None = None) -> State:
    """Write a state into the run's own columns, as ``write_state`` does; returns it as written.

    For runs that are not in the database yet: ``record_state`` follows once they are.
    """
    state = _in_place(flow_run, before, state)
    _keep_books(flow_run, before, state)
    keep_attempt(flow_run, before, state, holder)
    set_current_state(flow_run, state)
    flow_run.paused_until = state.state_details.pause_timeout if state.type is StateType.PAUSED else None
    return state


def record_state(
    session: AsyncSession, flow_run: FlowRun, before: State | None, state: State, context: RunContext
) -> None:
    """Add a state that was entered to the run's history and to the events, with the next flush."""
    row, event = records_of_state(session, flow_run, before, state, context)
    session.add_all([FlowRunState(**row.values), Event(**event.values)])


def records_of_state(
    session: AsyncSession, flow_run: FlowRun, before: State | None, state: State, context: RunContext
) -> tuple[RowValues, RowValues]:
    """Return the rows of history and events that a state brings, and tell who waits for such."""
    if _may_let_others_start(before, state):
        announce_dispatch(session, context.work_pool_id)
    outbox.tell_of_events(session)
    now = utc_now()
    row = {
        "id": state.id,
        "flow_run_id": flow_run.id,
        "type": state.type,
        "name": state.name,
        "timestamp": state.timestamp,
        "message": state.message,
        "state_details": state.state_details,
        "data": state.data,
        "created": now,
        "updated": now,
    }
    event = flow_run_state_changed(flow_run, before, state, state.type, context)
    event |= {"received": now, "created": now, "updated": now}
    return RowValues(_HISTORY, row), RowValues(_EVENTS, event)


def _may_let_others_start(before: State | None, state: State) -> bool:
    """Return whether the run itself waits to be given out from now on, or gives up what others wait for."""
    if state.type is StateType.SCHEDULED:
        return True
    return before is not None and before.type in QUEUE_HOLDER_STATES and state.type not in SLOT_STATES


def _in_place(flow_run: FlowRun, before: State | None, state: State) -> State:
    """Return the state with its run named in it, later than the one before, and without dropped data."""
    details = state.state_details.model_copy(
        update={"flow_run_id": flow_run.id, "task_run_id": flow_run.parent_task_run_id}
    )
    timestamp = state.timestamp
    if before is not None and timestamp <= before.timestamp:
        timestamp = moved(before.timestamp, timedelta.resolution)
    data = state.data if state.has_stored_result() or not isinstance(state.data, dict) else None
    return state.model_copy(update={"state_details": details, "timestamp": timestamp, "data": data})


def _keep_books(flow_run: FlowRun, before: State | None, state: State) -> None:
    keep_times(flow_run, before, state)
    if state.type is StateType.RUNNING and not flow_run.empirical_policy.resuming:
        flow_run.run_count = (flow_run.run_count or 0) + 1
    if state.type is StateType.RUNNING or state.type in TERMINAL_STATES:
        _stop_resuming(flow_run)


def _stop_resuming(flow_run: FlowRun) -> None:
    if flow_run.empirical_policy.resuming:
        flow_run.empirical_policy = flow_run.empirical_policy.model_copy(update={"resuming": False})
