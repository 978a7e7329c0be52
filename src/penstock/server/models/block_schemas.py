"""Block schemas (orchestration.md 4.7)."""

from collections.abc import Sequence
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncSession

from penstock import schemas
from penstock.core.clock import utc_now
from penstock.core.ids import uuid7
from penstock.server.database import DBInterface, db_injector, orm_models
from penstock.server.database.filters import block_schema_criteria
from penstock.server.models.block_checksums import block_schema_checksum


@db_injector
async def create_block_schema(
    db: DBInterface, session: AsyncSession, block_schema: schemas.actions.BlockSchemaCreate
) -> tuple[orm_models.BlockSchema, bool]:
    """Create a schema, or find the one of that checksum and version; and say whether it is new.

    Raises:
        IntegrityError: there is no such block type.
    """
    now = utc_now()
    checksum = block_schema_checksum(block_schema.fields)
    values = {
        "id": uuid7(),
        "created": now,
        "updated": now,
        "checksum": checksum,
        **block_schema.model_dump(),
    }
    await session.execute(db.dialect.insert_or_ignore(db.BlockSchema, [values]))
    row = await read_block_schema_by_checksum(
        session=session, checksum=checksum, version=block_schema.version
    )
    assert row is not None
    return row, row.id == values["id"]


@db_injector
async def read_block_schema(
    db: DBInterface, session: AsyncSession, block_schema_id: UUID
) -> orm_models.BlockSchema | None:
    """Read a schema by id; None when there is none."""
    return await session.get(db.BlockSchema, block_schema_id)


@db_injector
async def read_block_schema_by_checksum(
    db: DBInterface, session: AsyncSession, checksum: str, version: str | None = None
) -> orm_models.BlockSchema | None:
    """Read a schema by its checksum, the newest one unless a version is named."""
    statement = (
        sa.select(db.BlockSchema)
        .where(db.BlockSchema.checksum == checksum)
        .order_by(db.BlockSchema.created.desc(), db.BlockSchema.id.desc())
        .limit(1)
    )
    if version is not None:
        statement = statement.where(db.BlockSchema.version == version)
    return await session.scalar(statement)


@db_injector
async def read_block_schemas(
    db: DBInterface,
    session: AsyncSession,
    block_schema_filter: schemas.filters.BlockSchemaFilter | None = None,
    offset: int | None = None,
    limit: int | None = None,
) -> Sequence[orm_models.BlockSchema]:
    """Read the schemas that match, the newest first."""
    statement = sa.select(db.BlockSchema).where(block_schema_criteria(block_schema_filter))
    statement = statement.order_by(db.BlockSchema.created.desc(), db.BlockSchema.id.desc())
    return (await session.scalars(statement.offset(offset).limit(limit))).all()


@db_injector
async def read_block_capabilities(db: DBInterface, session: AsyncSession) -> list[str]:
    """Read what the blocks of all schemas can do, sorted."""
    rows = await session.scalars(sa.select(db.BlockSchema.capabilities).distinct())
    return sorted({capability for capabilities in rows for capability in capabilities})


@db_injector
async def delete_block_schema(db: DBInterface, session: AsyncSession, block_schema_id: UUID) -> bool:
    """Delete a schema with its documents, and return whether there was one."""
    deleted = await session.scalar(
        sa.delete(db.BlockSchema).where(db.BlockSchema.id == block_schema_id).returning(db.BlockSchema.id)
    )
    return deleted is not None
