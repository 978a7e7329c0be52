"""Block types (orchestration.md 4.7)."""

from collections.abc import Sequence
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncSession

from penstock import schemas
from penstock.server.database import DBInterface, db_injector, orm_models
from penstock.server.database.filters import block_type_criteria
from penstock.server.events import outbox
from penstock.server.events.block_events import (
    block_type_created,
    block_type_deleted,
    block_type_updated,
)

PROTECTED_SLUGS = frozenset({"local-file-system", "secret", "webhook"})
"""Types that clients count on; they may not be deleted."""


@db_injector
async def create_block_type(
    db: DBInterface, session: AsyncSession, block_type: schemas.actions.BlockTypeCreate
) -> orm_models.BlockType:
    """Create a block type.

    Raises:
        IntegrityError: one of that slug exists.
    """
    row = db.BlockType(**block_type.model_dump(), is_protected=block_type.slug in PROTECTED_SLUGS)
    session.add(row)
    await session.flush()
    outbox.record(session, block_type_created(row))
    await session.flush()
    return row


@db_injector
async def read_block_type(
    db: DBInterface, session: AsyncSession, block_type_id: UUID
) -> orm_models.BlockType | None:
    """Read a block type by id; None when there is none."""
    return await session.get(db.BlockType, block_type_id)


@db_injector
async def read_block_type_by_slug(
    db: DBInterface, session: AsyncSession, slug: str
) -> orm_models.BlockType | None:
    """Read a block type by its slug; None when there is none."""
    return await session.scalar(sa.select(db.BlockType).where(db.BlockType.slug == slug))


@db_injector
async def read_block_types(
    db: DBInterface,
    session: AsyncSession,
    block_type_filter: schemas.filters.BlockTypeFilter | None = None,
    block_schema_filter: schemas.filters.BlockSchemaFilter | None = None,
    offset: int | None = None,
    limit: int | None = None,
) -> Sequence[orm_models.BlockType]:
    """Read the block types that match, by name."""
    statement = sa.select(db.BlockType).where(block_type_criteria(block_type_filter, block_schema_filter))
    statement = statement.order_by(db.BlockType.name, db.BlockType.id).offset(offset).limit(limit)
    return (await session.scalars(statement)).all()


async def update_block_type(
    session: AsyncSession,
    block_type: orm_models.BlockType,
    changes: schemas.actions.BlockTypeUpdate,
) -> None:
    """Apply the fields that are set on ``changes``; nothing is told when none differs."""
    values = changes.set_fields()
    if all(getattr(block_type, field) == value for field, value in values.items()):
        return
    for field, value in values.items():
        setattr(block_type, field, value)
    await session.flush()
    outbox.record(session, block_type_updated(block_type))
    await session.flush()


@db_injector
async def delete_block_type(db: DBInterface, session: AsyncSession, block_type: orm_models.BlockType) -> None:
    """Delete a block type with its schemas and documents."""
    outbox.record(session, block_type_deleted(block_type))
    session.expunge(block_type)
    await session.execute(sa.delete(db.BlockType).where(db.BlockType.id == block_type.id))
