"""Creating flow runs (orchestration.md 2.6, 2.7)."""

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncSession

from penstock import schemas
from penstock.schemas.states import State
from penstock.server.database import DBInterface, db_injector, orm_models
from penstock.server.database.batch_writes import insert_all_together
from penstock.server.database.joint_writes import NewRow, RowValues, fill_in_defaults, insert_together
from penstock.server.database.new_rows import new_row
from penstock.server.database.plain import Statements
from penstock.server.events.run_context import RunContext
from penstock.server.models.run_contexts import read_context_of_new_run, read_run_contexts
from penstock.server.models.run_states import enter_state, record_state, records_of_state
from penstock.server.models.task_run_states import mirror_in_parent

_WRITTEN_WITH_A_STATE = {
    "state_id",
    "state_type",
    "state_name",
    "start_time",
    "end_time",
    "total_run_time",
    "run_count",
    "next_scheduled_start_time",
}


@db_injector
async def create_flow_run(
    db: DBInterface, session: AsyncSession, flow_run: schemas.core.FlowRun
) -> orm_models.FlowRun:
    """Create a run, in the state it carries if it carries one.

    A run whose idempotency key the flow has seen already is not created: the earlier one is
    returned unchanged (orchestration.md 2.6). An initial state is written as it is, without
    rules; creating a run directly in a state that holds a slot is an operator's override.

    Raises:
        IntegrityError: the flow or the queue does not exist.
    """
    existing = await _read_by_idempotency_key(db, session, flow_run)
    if existing is not None:
        return existing
    row, state = _row_in_its_state(db, flow_run)
    if flow_run.idempotency_key is None:
        session.add(row)
        await session.flush()
    elif not await _insert_unless_known(session, row):
        created_meanwhile = await _read_by_idempotency_key(db, session, flow_run)
        assert created_meanwhile is not None
        return created_meanwhile
    if state is not None:
        await _record_first_states(session, {row: state})
    return row


@db_injector
async def create_unrelated_flow_run(
    db: DBInterface,
    session: AsyncSession,
    statements: Statements,
    flow_run: schemas.core.FlowRun,
    context: RunContext | None = None,
) -> tuple[orm_models.FlowRun, RunContext]:
    """Create a run without idempotency key and parent, as ``create_flow_run`` does, by one write.

    Args:
        session: told of the run; with ``statements`` as ``DBInterface.single_write_context`` gives them.
        statements: by which it is written.
        flow_run: in a state.
        context: its surroundings, where they are known.

    Returns:
        The run, which is no object of the session, and its surroundings.

    Raises:
        IntegrityError: the flow or the queue does not exist; on SQLite when the session commits.
    """
    assert flow_run.idempotency_key is None
    assert flow_run.parent_task_run_id is None
    row, state = _row_in_its_state(db, flow_run)
    assert state is not None
    fill_in_defaults(row)
    if context is None:
        context = await read_context_of_new_run(statements, row)
    records = records_of_state(session, row, None, state, context)
    await insert_together(db, statements, [row, *records])
    return row, context


@db_injector
async def create_flow_runs(
    db: DBInterface, session: AsyncSession, flow_runs: Sequence[schemas.core.FlowRun]
) -> list[orm_models.FlowRun]:
    """Create many runs, each as ``create_flow_run`` does, in a few statements.

    Returns:
        For each the run that was created, which is no object of the session, or the earlier one of its
        flow and idempotency key.

    Raises:
        IntegrityError: a flow or a queue does not exist, or another transaction used one of the
            idempotency keys meanwhile.
    """
    known = await _read_by_idempotency_keys(db, session, flow_runs)
    rows: list[orm_models.FlowRun] = []
    new: dict[orm_models.FlowRun, State | None] = {}
    for flow_run in flow_runs:
        key = flow_run.flow_id, flow_run.idempotency_key
        row = known.get(key) if flow_run.idempotency_key is not None else None
        if row is None:
            row, state = _row_in_its_state(db, flow_run)
            fill_in_defaults(row)
            known[key] = row
            new[row] = state
        rows.append(row)
    if new:
        await _insert_with_first_states(db, session, new)
    return rows


async def _insert_with_first_states(
    db: DBInterface, session: AsyncSession, new: Mapping[orm_models.FlowRun, State | None]
) -> None:
    """Write runs that are not in the database yet, with their states; they are no objects of the session."""
    contexts: dict[Any, RunContext] = {}
    history: list[RowValues] = []
    events: list[RowValues] = []
    for row, state in new.items():
        if state is None:
            continue
        surroundings = row.flow_id, row.deployment_id, row.work_queue_id
        if surroundings not in contexts:
            contexts[surroundings] = await read_context_of_new_run(db.statements_of(session), row)
        own, event = records_of_state(session, row, None, state, contexts[surroundings])
        history.append(own)
        events.append(event)
    tables: list[Sequence[NewRow]] = [list(new), *(rows for rows in (history, events) if rows)]
    await insert_all_together(db, session, tables)
    for row, state in new.items():
        if state is not None:
            await mirror_in_parent(session=session, flow_run=row, state=state)


def _row_in_its_state(
    db: DBInterface, flow_run: schemas.core.FlowRun
) -> tuple[orm_models.FlowRun, State | None]:
    row = new_row(db.FlowRun, **_column_values(db, flow_run))
    return row, None if flow_run.state is None else enter_state(row, None, flow_run.state)


async def _record_first_states(session: AsyncSession, states: Mapping[orm_models.FlowRun, State]) -> None:
    """Write the first states of runs that have been inserted."""
    contexts = await read_run_contexts(session=session, runs=states)
    for row, state in states.items():
        record_state(session, row, None, state, contexts[row.id])
    await session.flush()
    for row, state in states.items():
        await mirror_in_parent(session=session, flow_run=row, state=state)


def _column_values(db: DBInterface, flow_run: schemas.core.FlowRun) -> dict[str, Any]:
    columns = set(sa.inspect(db.FlowRun).columns.keys())
    if flow_run.state is not None:
        columns -= _WRITTEN_WITH_A_STATE
    values = {name: getattr(flow_run, name) for name in type(flow_run).model_fields if name in columns}
    for name in ("created", "updated"):
        if values.get(name) is None:
            values.pop(name, None)
    values["labels"] = values.get("labels") or {}
    return values


async def _read_by_idempotency_key(
    db: DBInterface, session: AsyncSession, flow_run: schemas.core.FlowRun
) -> orm_models.FlowRun | None:
    if flow_run.idempotency_key is None:
        return None
    return await session.scalar(
        sa.select(db.FlowRun).where(
            db.FlowRun.flow_id == flow_run.flow_id,
            db.FlowRun.idempotency_key == flow_run.idempotency_key,
        )
    )


async def _read_by_idempotency_keys(
    db: DBInterface, session: AsyncSession, flow_runs: Sequence[schemas.core.FlowRun]
) -> dict[tuple[UUID, str | None], orm_models.FlowRun]:
    keys = {one.idempotency_key for one in flow_runs if one.idempotency_key is not None}
    if not keys:
        return {}
    found = await session.scalars(
        sa.select(db.FlowRun).where(
            db.FlowRun.flow_id.in_({one.flow_id for one in flow_runs}), db.FlowRun.idempotency_key.in_(keys)
        )
    )
    return {(row.flow_id, row.idempotency_key): row for row in found}


async def _insert_unless_known(session: AsyncSession, row: orm_models.FlowRun) -> bool:
    """Insert the row; False when another transaction used its idempotency key meanwhile."""
    try:
        async with session.begin_nested():
            # not before: the savepoint is made after a flush of what is there
            session.add(row)
            await session.flush()
    except sa.exc.IntegrityError as error:
        if "idempotency_key" not in str(error.orig):
            raise
        return False
    return True
