"""Flows (orchestration.md 2.1)."""

from collections.abc import Sequence
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncSession

from penstock import schemas
from penstock.server.database import DBInterface, db_injector, orm_models
from penstock.server.database.filters import FlowRelations, flow_criteria, flow_ordering


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
    await session.execute(db.dialect.insert_or_ignore(db.Flow, [values]))
    created = await read_flow_by_name(session=session, name=flow.name)
    assert created is not None
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
