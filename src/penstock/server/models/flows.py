"""Flows (orchestration.md 2.1)."""

from collections.abc import Sequence
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncSession

from penstock import schemas
from penstock.server.database import DBInterface, db_injector, orm_models
from penstock.server.database.filters import FlowRelations, flow_criteria, flow_ordering
from penstock.server.events import outbox
from penstock.server.events.changes import changed_fields
from penstock.server.events.flow_events import flow_created, flow_deleted, flow_updated
from penstock.server.models.deleted_runs import end_mirrors
from penstock.server.models.deployments import record_deletion_of_deployments


@db_injector
async def create_flow(
    db: DBInterface, session: AsyncSession, flow: schemas.core.Flow | schemas.actions.FlowCreate
) -> orm_models.Flow:
    """Create a flow, or return the one of that name as it is."""
    existing = await read_flow_by_name(session=session, name=flow.name)
    if existing is not None:
        return existing
    row = db.Flow(name=flow.name, tags=list(flow.tags), labels=dict(flow.labels or {}))
    if isinstance(flow, schemas.core.Flow):
        row.id = flow.id
    values = {
        column: getattr(row, column)
        for column in ("id", "name", "tags", "labels")
        if getattr(row, column) is not None
    }
    inserted = await session.scalar(db.dialect.insert_or_ignore(db.Flow, [values]).returning(db.Flow.id))
    created = await read_flow_by_name(session=session, name=flow.name)
    assert created is not None
    if inserted is not None:
        outbox.record(session, flow_created(created))
        await session.flush()
    return created


@db_injector
async def read_flow(db: DBInterface, session: AsyncSession, flow_id: UUID) -> orm_models.Flow | None:
    """Read a flow by id; None when there is none."""
    return await session.get(db.Flow, flow_id)


@db_injector
async def read_flow_by_name(db: DBInterface, session: AsyncSession, name: str) -> orm_models.Flow | None:
    """Read a flow by its exact name; None when there is none."""
    return await session.scalar(sa.select(db.Flow).where(db.Flow.name == name))


@db_injector
async def read_flows(
    db: DBInterface,
    session: AsyncSession,
    flow_filter: schemas.filters.FlowFilter | None = None,
    relations: FlowRelations | None = None,
    sort: schemas.sorting.FlowSort = schemas.sorting.FlowSort.NAME_ASC,
    offset: int | None = None,
    limit: int | None = None,
) -> Sequence[orm_models.Flow]:
    """Read the flows that match."""
    statement = sa.select(db.Flow).order_by(*flow_ordering(sort)).offset(offset).limit(limit)
    statement = statement.where(flow_criteria(flow_filter, relations))
    return (await session.scalars(statement)).all()


@db_injector
async def count_flows(
    db: DBInterface,
    session: AsyncSession,
    flow_filter: schemas.filters.FlowFilter | None = None,
    relations: FlowRelations | None = None,
) -> int:
    """Count the flows that match."""
    statement = sa.select(sa.func.count()).select_from(db.Flow)
    statement = statement.where(flow_criteria(flow_filter, relations))
    return await session.scalar(statement) or 0


@db_injector
async def update_flow(
    db: DBInterface, session: AsyncSession, flow_id: UUID, flow: schemas.actions.FlowUpdate
) -> bool:
    """Apply the fields that are set; returns whether the flow exists."""
    row = await session.get(db.Flow, flow_id, with_for_update=True)
    if row is None:
        return False
    before = {"tags": row.tags}
    for name, value in flow.set_fields().items():
        setattr(row, name, value)
    changed = changed_fields(("tags",), before, {"tags": row.tags})
    if changed:
        outbox.record(session, flow_updated(row, changed))
    await session.flush()
    return True


@db_injector
async def delete_flow(db: DBInterface, session: AsyncSession, flow_id: UUID) -> bool:
    """Delete a flow with its deployments, its runs and their logs; returns whether there was one."""
    row = await session.get(db.Flow, flow_id, with_for_update=True)
    if row is None:
        return False
    await record_deletion_of_deployments(session=session, flow_id=flow_id)
    runs = sa.select(db.FlowRun.id).where(db.FlowRun.flow_id == flow_id)
    await session.execute(
        sa.delete(db.Log).where(db.Log.flow_run_id.in_(runs)).execution_options(synchronize_session=False)
    )
    await end_mirrors(session, db.FlowRun.flow_id == flow_id)
    outbox.record(session, flow_deleted(row))
    await session.delete(row)
    await session.flush()
    return True
