"""Reading block documents."""

from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncSession

from penstock import schemas
from penstock.schemas.core import BlockDocument, BlockSchema, BlockType
from penstock.schemas.sorting import BlockDocumentSort
from penstock.server.database import DBInterface, db_injector
from penstock.server.database.filters import block_document_criteria, block_document_ordering
from penstock.server.models.block_documents.graph import BlockGraph, load_graph


@db_injector
async def read_block_document(
    db: DBInterface, session: AsyncSession, block_document_id: UUID, include_secrets: bool = False
) -> BlockDocument | None:
    """Read a document by id; None when there is none of any type."""
    graph = await load_graph(session, [block_document_id])
    return _described(graph, block_document_id, include_secrets)


@db_injector
async def read_block_document_by_name(
    db: DBInterface,
    session: AsyncSession,
    name: str,
    block_type_slug: str,
    include_secrets: bool = False,
) -> BlockDocument | None:
    """Read a document by its name and the slug of its type; None when there is none."""
    document_id = await session.scalar(
        sa.select(db.BlockDocument.id)
        .join(db.BlockType, db.BlockType.id == db.BlockDocument.block_type_id)
        .where(db.BlockDocument.name == name, db.BlockType.slug == block_type_slug)
    )
    if document_id is None:
        return None
    return _described(await load_graph(session, [document_id]), document_id, include_secrets)


@db_injector
async def read_block_data(
    db: DBInterface, session: AsyncSession, block_document_id: UUID
) -> dict[str, Any] | None:
    """Read what a document says, secrets and all, whether it has a type or not; None without one."""
    graph = await load_graph(session, [block_document_id])
    if block_document_id not in graph.blocks:
        return None
    return graph.data_of(block_document_id, include_secrets=True)


@db_injector
async def read_block_documents(
    db: DBInterface,
    session: AsyncSession,
    block_document_filter: schemas.filters.BlockDocumentFilter | None = None,
    block_type_filter: schemas.filters.BlockTypeFilter | None = None,
    block_schema_filter: schemas.filters.BlockSchemaFilter | None = None,
    include_secrets: bool = False,
    sort: BlockDocumentSort = BlockDocumentSort.NAME_ASC,
    offset: int | None = None,
    limit: int | None = None,
) -> list[BlockDocument]:
    """Read the documents that match; anonymous ones only when asked for."""
    criteria = block_document_criteria(block_document_filter, block_type_filter, block_schema_filter)
    statement = _typed(sa.select(db.BlockDocument.id), db).where(criteria)
    statement = statement.order_by(*block_document_ordering(sort)).offset(offset).limit(limit)
    document_ids = (await session.scalars(statement)).all()
    graph = await load_graph(session, document_ids)
    described = (_described(graph, document_id, include_secrets) for document_id in document_ids)
    return [document for document in described if document is not None]


@db_injector
async def count_block_documents(
    db: DBInterface,
    session: AsyncSession,
    block_document_filter: schemas.filters.BlockDocumentFilter | None = None,
    block_type_filter: schemas.filters.BlockTypeFilter | None = None,
    block_schema_filter: schemas.filters.BlockSchemaFilter | None = None,
) -> int:
    """Count the documents that match; anonymous ones only when asked for."""
    criteria = block_document_criteria(block_document_filter, block_type_filter, block_schema_filter)
    counted = _typed(sa.select(sa.func.count()).select_from(db.BlockDocument), db)
    return await session.scalar(counted.where(criteria)) or 0


def _typed(statement: sa.Select[Any], db: DBInterface) -> sa.Select[Any]:
    return statement.join(db.BlockType, db.BlockType.id == db.BlockDocument.block_type_id).join(
        db.BlockSchema, db.BlockSchema.id == db.BlockDocument.block_schema_id
    )


def _described(graph: BlockGraph, document_id: UUID, include_secrets: bool) -> BlockDocument | None:
    block = graph.blocks.get(document_id)
    if block is None or block.schema is None or block.block_type is None:
        return None
    document, block_type = block.document, BlockType.model_validate(block.block_type)
    schema = BlockSchema(
        **{name: getattr(block.schema, name) for name in BlockSchema.model_fields if name != "block_type"},
        block_type=block_type,
    )
    return BlockDocument(
        id=document.id,
        created=document.created,
        updated=document.updated,
        name=document.name,
        data=graph.data_of(document_id, include_secrets=include_secrets),
        block_schema_id=schema.id,
        block_schema=schema,
        block_type_id=block_type.id,
        block_type_name=block_type.name,
        block_type=block_type,
        block_document_references=graph.references_of(document_id),
        is_anonymous=document.is_anonymous,
    )
