"""Task runs: creating, reading, changing and deleting (orchestration.md 2.7).

Clients of today report their task runs by events; see ``task_run_reports``. A task run's state
is changed on request only through ``penstock.server.orchestration``.
"""

from collections.abc import Sequence
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncSession

from penstock import schemas
from penstock.core.errors import ObjectNotFoundError
from penstock.core.ids import uuid7
from penstock.schemas.core.flow_runs import random_run_name
from penstock.schemas.states import Pending
from penstock.server.database import DBInterface, db_injector, orm_models
from penstock.server.database.filters import TaskRunRelations, task_run_criteria, task_run_ordering
from penstock.server.models.task_run_states import write_task_run_state


@db_injector
async def create_task_run(
    db: DBInterface, session: AsyncSession, task_run: schemas.actions.TaskRunCreate
) -> tuple[orm_models.TaskRun, bool]:
    """Create a task run in the state it carries, PENDING without one.

    One of the same flow run, task key and dynamic key, or of the same id, is returned unchanged.

    Returns:
        The task run, and whether it is new.

    Raises:
        ObjectNotFoundError: its flow run does not exist.
    """
    existing = await _read_existing(db, session, task_run)
    if existing is not None:
        return existing, False
    inherited = await _labels_of_flow_run(db, session, task_run.flow_run_id)
    values = task_run.model_dump(exclude={"state", "empirical_policy", "labels", "name", "id"})
    values |= {
        "id": task_run.id or uuid7(),
        "name": task_run.name or random_run_name(),
        "labels": {**inherited, **task_run.labels},
        "empirical_policy": task_run.empirical_policy,
        "task_inputs": task_run.model_dump(mode="json", include={"task_inputs"})["task_inputs"],
    }
    await session.execute(db.dialect.insert_or_ignore(db.TaskRun, [values]))
    row = await _read_existing(db, session, task_run.model_copy(update={"id": values["id"]}))
    assert row is not None
    if row.id != values["id"] or row.state_id is not None:
        return row, False
    write_task_run_state(session, row, task_run.state.to_state() if task_run.state else Pending())
    await session.flush()
    return row, True


async def _read_existing(
    db: DBInterface, session: AsyncSession, task_run: schemas.actions.TaskRunCreate
) -> orm_models.TaskRun | None:
    row = db.TaskRun
    same = [row.id == task_run.id] if task_run.id is not None else []
    if task_run.flow_run_id is not None:
        same.append(
            sa.and_(
                row.flow_run_id == task_run.flow_run_id,
                row.task_key == task_run.task_key,
                row.dynamic_key == task_run.dynamic_key,
            )
        )
    if not same:
        return None
    return await session.scalar(
        sa.select(row).where(sa.or_(*same)).order_by(row.flow_run_id.is_(None)).limit(1)
    )


async def _labels_of_flow_run(
    db: DBInterface, session: AsyncSession, flow_run_id: UUID | None
) -> dict[str, str]:
    if flow_run_id is None:
        return {}
    # The lock is the one its foreign key needs anyway; taken first, it comes before any task run's.
    run = (
        await session.execute(
            sa.select(db.FlowRun.labels, db.FlowRun.flow_id)
            .where(db.FlowRun.id == flow_run_id)
            .with_for_update(read=True, key_share=True)
        )
    ).one_or_none()
    if run is None:
        raise ObjectNotFoundError("Flow run", flow_run_id)
    own = {"prefect.flow.id": str(run.flow_id), "prefect.flow-run.id": str(flow_run_id)}
    return {**run.labels, **own}


@db_injector
async def read_task_run(
    db: DBInterface, session: AsyncSession, task_run_id: UUID
) -> orm_models.TaskRun | None:
    """Read a task run by id; None when there is none."""
    return await session.scalar(
        sa.select(db.TaskRun).where(db.TaskRun.id == task_run_id).execution_options(populate_existing=True)
    )


@db_injector
async def read_task_runs(
    db: DBInterface,
    session: AsyncSession,
    task_run_filter: schemas.filters.TaskRunFilter | None = None,
    relations: TaskRunRelations | None = None,
    sort: schemas.sorting.TaskRunSort = schemas.sorting.TaskRunSort.ID_DESC,
    offset: int | None = None,
    limit: int | None = None,
) -> Sequence[orm_models.TaskRun]:
    """Read the task runs that match, also by what they are related to."""
    statement = sa.select(db.TaskRun).order_by(*task_run_ordering(sort)).offset(offset).limit(limit)
    statement = statement.where(task_run_criteria(task_run_filter, relations))
    return (await session.scalars(statement)).all()


@db_injector
async def count_task_runs(
    db: DBInterface,
    session: AsyncSession,
    task_run_filter: schemas.filters.TaskRunFilter | None = None,
    relations: TaskRunRelations | None = None,
) -> int:
    """Count the task runs that match."""
    statement = sa.select(sa.func.count()).select_from(db.TaskRun)
    statement = statement.where(task_run_criteria(task_run_filter, relations))
    return await session.scalar(statement) or 0


@db_injector
async def update_task_run(
    db: DBInterface,
    session: AsyncSession,
    task_run_id: UUID,
    task_run: schemas.actions.TaskRunUpdate,
) -> bool:
    """Apply the fields that are set; returns whether the task run exists."""
    row = await session.get(db.TaskRun, task_run_id, with_for_update=True)
    if row is None:
        return False
    for name, value in task_run.set_fields().items():
        setattr(row, name, value)
    await session.flush()
    return True


@db_injector
async def delete_task_run(db: DBInterface, session: AsyncSession, task_run_id: UUID) -> bool:
    """Delete a task run with its history; returns whether there was one."""
    deleted = await session.scalar(
        sa.delete(db.TaskRun).where(db.TaskRun.id == task_run_id).returning(db.TaskRun.id)
    )
    return deleted is not None
