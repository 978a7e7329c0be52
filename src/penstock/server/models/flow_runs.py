"""Flow runs: creating, reading, changing and deleting (orchestration.md 2.7).

A run's state is changed only through ``penstock.server.orchestration``.
"""

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncSession

from penstock import schemas
from penstock.schemas.states import State
from penstock.server.database import DBInterface, db_injector, orm_models
from penstock.server.database.filters import FlowRunRelations, flow_run_criteria, flow_run_ordering
from penstock.server.models import attempts
from penstock.server.models.deleted_runs import end_mirrors
from penstock.server.models.run_contexts import read_run_contexts
from penstock.server.models.run_states import enter_state, record_state
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

_POOLS_OF_QUEUES = (
    sa.select(orm_models.WorkQueue.id, orm_models.WorkPool.id, orm_models.WorkPool.name)
    .join(orm_models.WorkPool, orm_models.WorkPool.id == orm_models.WorkQueue.work_pool_id)
    .where(orm_models.WorkQueue.id.in_(sa.bindparam("work_queue_ids", expanding=True)))
)


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
async def create_flow_runs(
    db: DBInterface, session: AsyncSession, flow_runs: Sequence[schemas.core.FlowRun]
) -> list[orm_models.FlowRun]:
    """Create many runs, each as ``create_flow_run`` does, in a few statements.

    Returns:
        For each the run that was created, or the earlier one of its flow and idempotency key.

    Raises:
        IntegrityError: a flow or a queue does not exist, or another transaction used one of the
            idempotency keys meanwhile.
    """
    known = await _read_by_idempotency_keys(db, session, flow_runs)
    rows: list[orm_models.FlowRun] = []
    states: dict[orm_models.FlowRun, State] = {}
    for flow_run in flow_runs:
        key = flow_run.flow_id, flow_run.idempotency_key
        row = known.get(key) if flow_run.idempotency_key is not None else None
        if row is None:
            row, state = _row_in_its_state(db, flow_run)
            session.add(row)
            known[key] = row
            if state is not None:
                states[row] = state
        rows.append(row)
    await session.flush()
    if states:
        await _record_first_states(session, states)
    return rows


def _row_in_its_state(
    db: DBInterface, flow_run: schemas.core.FlowRun
) -> tuple[orm_models.FlowRun, State | None]:
    row = db.FlowRun(**_column_values(db, flow_run))
    return row, None if flow_run.state is None else enter_state(row, flow_run.state)


async def _record_first_states(session: AsyncSession, states: Mapping[orm_models.FlowRun, State]) -> None:
    """Write the first states of runs that have been inserted."""
    contexts = await read_run_contexts(session, states)
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


@db_injector
async def read_flow_run(
    db: DBInterface, session: AsyncSession, flow_run_id: UUID, for_update: bool = False
) -> orm_models.FlowRun | None:
    """Read a run by id; None when there is none. ``for_update`` locks its row."""
    statement = (
        sa.select(db.FlowRun).where(db.FlowRun.id == flow_run_id).execution_options(populate_existing=True)
    )
    return await session.scalar(statement.with_for_update() if for_update else statement)


@db_injector
async def read_flow_runs(
    db: DBInterface,
    session: AsyncSession,
    relations: FlowRunRelations | None = None,
    flow_run_filter: schemas.filters.FlowRunFilter | None = None,
    sort: schemas.sorting.FlowRunSort = schemas.sorting.FlowRunSort.ID_DESC,
    offset: int | None = None,
    limit: int | None = None,
) -> Sequence[orm_models.FlowRun]:
    """Read the runs that match, also by what they are related to."""
    statement = sa.select(db.FlowRun).order_by(*flow_run_ordering(sort)).offset(offset).limit(limit)
    statement = statement.where(flow_run_criteria(flow_run_filter, relations))
    return (await session.scalars(statement)).all()


@db_injector
async def count_flow_runs(
    db: DBInterface,
    session: AsyncSession,
    relations: FlowRunRelations | None = None,
    flow_run_filter: schemas.filters.FlowRunFilter | None = None,
) -> int:
    """Count the runs that match."""
    statement = sa.select(sa.func.count()).select_from(db.FlowRun)
    statement = statement.where(flow_run_criteria(flow_run_filter, relations))
    return await session.scalar(statement) or 0


@db_injector
async def read_work_pools_of_runs(
    db: DBInterface, session: AsyncSession, flow_runs: Sequence[orm_models.FlowRun]
) -> dict[UUID, tuple[UUID, str]]:
    """Read id and name of the pool of each queue that the runs are in, by queue id."""
    queue_ids = {run.work_queue_id for run in flow_runs if run.work_queue_id is not None}
    if not queue_ids:
        return {}
    rows = await session.execute(_POOLS_OF_QUEUES, {"work_queue_ids": list(queue_ids)})
    return {queue_id: (pool_id, name) for queue_id, pool_id, name in rows}


@db_injector
async def update_flow_run(
    db: DBInterface,
    session: AsyncSession,
    flow_run_id: UUID,
    flow_run: schemas.actions.FlowRunUpdate,
    attempt: int | None = None,
) -> bool:
    """Apply the fields that are set; returns whether the run exists.

    A retry that its process would have made is anybody's once the policy says so; the attempt ends.

    Args:
        attempt: the attempt the caller was given; None for a caller who holds no run.

    Raises:
        ConflictError: that attempt is not the current one.
    """
    row = await read_flow_run(session=session, flow_run_id=flow_run_id, for_update=True)
    if row is None:
        return False
    if attempt is not None:
        attempts.require_current_attempt(row, attempt)
    for name in flow_run.model_fields_set:
        setattr(row, name, getattr(flow_run, name))
    attempts.keep_attempt_under_new_policy(row)
    await session.flush()
    return True


@db_injector
async def update_flow_run_labels(
    db: DBInterface, session: AsyncSession, flow_run_id: UUID, labels: dict[str, Any]
) -> bool:
    """Merge labels into the run's labels; returns whether the run exists."""
    row = await read_flow_run(session=session, flow_run_id=flow_run_id, for_update=True)
    if row is None:
        return False
    row.labels = {**row.labels, **labels}
    await session.flush()
    return True


@db_injector
async def delete_flow_run(db: DBInterface, session: AsyncSession, flow_run_id: UUID) -> bool:
    """Delete a run with its history and logs; what it holds (slots, its lease) is free at once.

    Whoever holds it learns it by his next renewal. Returns whether there was one.
    """
    await end_mirrors(session, db.FlowRun.id == flow_run_id)
    await session.execute(sa.delete(db.Log).where(db.Log.flow_run_id == flow_run_id))
    deleted = await session.scalar(
        sa.delete(db.FlowRun).where(db.FlowRun.id == flow_run_id).returning(db.FlowRun.id)
    )
    return deleted is not None
