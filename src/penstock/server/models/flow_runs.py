"""Flow runs: reading, changing and deleting (orchestration.md 2.7); ``new_flow_runs`` creates them.

A run's state is changed only through ``penstock.server.orchestration``.
"""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncSession

from penstock import schemas
from penstock.server.database import DBInterface, db_injector, orm_models
from penstock.server.database.filters import FlowRunRelations, flow_run_criteria, flow_run_ordering
from penstock.server.models import attempts
from penstock.server.models.deleted_runs import end_mirrors


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
