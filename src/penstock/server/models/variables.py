"""Variables (orchestration.md 4.6)."""

from collections.abc import Sequence
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncSession

from penstock import schemas
from penstock.schemas.sorting import VariableSort
from penstock.server.database import DBInterface, db_injector, orm_models
from penstock.server.database.filters import variable_criteria, variable_ordering
from penstock.server.events import outbox
from penstock.server.events.variable_events import variable_created, variable_deleted, variable_updated


@db_injector
async def create_variable(
    db: DBInterface, session: AsyncSession, variable: schemas.actions.VariableCreate
) -> orm_models.Variable:
    """Create a variable.

    Raises:
        IntegrityError: one of that name exists.
    """
    row = db.Variable(name=variable.name, value=variable.value, tags=list(variable.tags))
    session.add(row)
    await session.flush()
    outbox.record(session, variable_created(row))
    await session.flush()
    return row


@db_injector
async def read_variable(
    db: DBInterface, session: AsyncSession, variable_id: UUID
) -> orm_models.Variable | None:
    """Read a variable by id; None when there is none."""
    return await session.get(db.Variable, variable_id)


@db_injector
async def read_variable_by_name(
    db: DBInterface, session: AsyncSession, name: str
) -> orm_models.Variable | None:
    """Read a variable by its exact name; None when there is none."""
    return await session.scalar(sa.select(db.Variable).where(db.Variable.name == name))


@db_injector
async def read_variables(
    db: DBInterface,
    session: AsyncSession,
    variable_filter: schemas.filters.VariableFilter | None = None,
    sort: VariableSort = VariableSort.NAME_ASC,
    offset: int | None = None,
    limit: int | None = None,
) -> Sequence[orm_models.Variable]:
    """Read the variables that match."""
    statement = sa.select(db.Variable).where(variable_criteria(variable_filter))
    statement = statement.order_by(*variable_ordering(sort)).offset(offset).limit(limit)
    return (await session.scalars(statement)).all()


@db_injector
async def count_variables(
    db: DBInterface,
    session: AsyncSession,
    variable_filter: schemas.filters.VariableFilter | None = None,
) -> int:
    """Count the variables that match."""
    statement = sa.select(sa.func.count()).select_from(db.Variable)
    return await session.scalar(statement.where(variable_criteria(variable_filter))) or 0


async def update_variable(
    session: AsyncSession, variable: orm_models.Variable, changes: schemas.actions.VariableUpdate
) -> None:
    """Apply the fields that are set on ``changes``.

    Raises:
        IntegrityError: another variable has the new name.
    """
    for field, value in changes.set_fields().items():
        setattr(variable, field, value)
    await session.flush()
    outbox.record(session, variable_updated(variable))
    await session.flush()


async def delete_variable(session: AsyncSession, variable: orm_models.Variable) -> None:
    """Delete a variable."""
    outbox.record(session, variable_deleted(variable))
    await session.delete(variable)
    await session.flush()
