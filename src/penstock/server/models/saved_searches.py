"""Saved searches."""

from collections.abc import Sequence
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncSession

from penstock import schemas
from penstock.core.clock import utc_now
from penstock.core.ids import uuid7
from penstock.server.database import DBInterface, db_injector, orm_models


@db_injector
async def save_search(
    db: DBInterface, session: AsyncSession, search: schemas.actions.SavedSearchCreate
) -> tuple[orm_models.SavedSearch, bool]:
    """Save a search in place of the one of its name; return it, and whether it is new."""
    now = utc_now()
    filters = [one.model_dump(mode="json") for one in search.filters]
    values = {"id": uuid7(), "created": now, "updated": now, "name": search.name, "filters": filters}
    update = {"filters": filters, "updated": now}
    row = await session.scalar(
        db.dialect.insert_or_update(db.SavedSearch, values, key=("name",), update=update)
        .returning(db.SavedSearch)
        .execution_options(populate_existing=True)
    )
    assert row is not None
    return row, row.id == values["id"]


@db_injector
async def read_saved_search(
    db: DBInterface, session: AsyncSession, saved_search_id: UUID
) -> orm_models.SavedSearch | None:
    """Read a saved search by id; None when there is none."""
    return await session.get(db.SavedSearch, saved_search_id)


@db_injector
async def read_saved_searches(
    db: DBInterface, session: AsyncSession, offset: int | None = None, limit: int | None = None
) -> Sequence[orm_models.SavedSearch]:
    """Read the saved searches, by name."""
    statement = sa.select(db.SavedSearch).order_by(db.SavedSearch.name).offset(offset).limit(limit)
    return (await session.scalars(statement)).all()


@db_injector
async def delete_saved_search(db: DBInterface, session: AsyncSession, saved_search_id: UUID) -> bool:
    """Delete a saved search and return whether there was one."""
    deleted = await session.scalar(
        sa.delete(db.SavedSearch).where(db.SavedSearch.id == saved_search_id).returning(db.SavedSearch.id)
    )
    return deleted is not None
