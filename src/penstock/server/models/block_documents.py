"""Block documents, as far as job templates refer to them (workers.md 2.1)."""

from typing import Any
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from penstock.server.database import DBInterface, db_injector, orm_models


@db_injector
async def create_block_document(
    db: DBInterface, session: AsyncSession, data: dict[str, Any], name: str | None = None
) -> orm_models.BlockDocument:
    """Store a block document."""
    row = db.BlockDocument(name=name, data=data)
    session.add(row)
    await session.flush()
    return row


@db_injector
async def read_block_document(
    db: DBInterface, session: AsyncSession, block_document_id: UUID
) -> orm_models.BlockDocument | None:
    """Read a block document by id; None when there is none."""
    return await session.get(db.BlockDocument, block_document_id)
