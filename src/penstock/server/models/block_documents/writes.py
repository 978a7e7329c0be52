"""Writing block documents."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID, uuid4

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncSession

from penstock import schemas
from penstock.core.errors import InvalidInputError
from penstock.server.database import DBInterface, db_injector, orm_models
from penstock.server.events import outbox
from penstock.server.events.block_events import (
    block_document_created,
    block_document_deleted,
    block_document_updated,
)
from penstock.server.models.block_documents.graph import load_graph
from penstock.server.models.block_documents.references import split_references
from penstock.server.models.block_documents.secrets import keep_masked
from penstock.server.models.encryption import encrypt


@db_injector
async def create_block_document(
    db: DBInterface,
    session: AsyncSession,
    data: dict[str, Any],
    name: str | None = None,
    block_schema_id: UUID | None = None,
    block_type_id: UUID | None = None,
    is_anonymous: bool = False,
) -> orm_models.BlockDocument:
    """Store a document; its data is encrypted, and fields that stand for others are kept apart.

    Without type and schema it can be referred to, but is not shown by the API.

    Raises:
        IntegrityError: there is a document of that type and name.
        InvalidInputError: type, schema or a document that is referred to does not exist.
    """
    schema = block_type = None
    if block_schema_id is not None and block_type_id is not None:
        schema, block_type = await _schema_and_type(session, block_schema_id, block_type_id)
    plain, references = split_references(data)
    row = db.BlockDocument(
        name=f"anonymous-{uuid4()}" if is_anonymous and name is None else name,
        data=await encrypt(session, plain),
        block_schema_id=block_schema_id,
        block_type_id=block_type_id,
        is_anonymous=is_anonymous,
    )
    session.add(row)
    await session.flush()
    await _refer(db, session, row.id, references)
    if schema is not None and block_type is not None:
        outbox.record(session, block_document_created(row, schema, block_type))
        await session.flush()
    return row


@db_injector
async def update_block_document(
    db: DBInterface,
    session: AsyncSession,
    block_document_id: UUID,
    changes: schemas.actions.BlockDocumentUpdate,
) -> bool:
    """Change a document's fields, and its schema when one is named.

    A value that is the mask of a secret stays as it is stored.

    Returns:
        False when there is no such document.

    Raises:
        InvalidInputError: the schema is not one of the document's type, or a document that is
            referred to does not exist, or refers back to this one.
    """
    document = await session.scalar(
        sa.select(db.BlockDocument).where(db.BlockDocument.id == block_document_id).with_for_update()
    )
    if document is None or document.block_type_id is None:
        return False
    schema_id = changes.block_schema_id or document.block_schema_id
    assert schema_id is not None
    schema, block_type = await _schema_and_type(session, schema_id, document.block_type_id)
    graph = await load_graph(session, [document.id])
    stored, stored_references = graph.blocks[document.id].data, graph.references.get(document.id, {})
    given, references = split_references(changes.data)
    given = {field: keep_masked(value, stored.get(field, value)) for field, value in given.items()}
    if changes.merge_existing_data:
        kept = {field: target for field, target in stored_references.items() if field not in given}
        references = kept | references
        given = {field: value for field, value in (stored | given).items() if field not in references}
    document.data = await encrypt(session, given)
    document.block_schema_id = schema.id
    await session.flush()
    if references != stored_references:
        reference = db.BlockDocumentReference
        await session.execute(sa.delete(reference).where(reference.parent_id == document.id))
        await _refer(db, session, document.id, references)
    outbox.record(session, block_document_updated(document, schema, block_type))
    await session.flush()
    return True


@db_injector
async def delete_block_document(db: DBInterface, session: AsyncSession, block_document_id: UUID) -> bool:
    """Delete a document; fields of others that stand for it go with it.

    Returns:
        False when there is no such document.
    """
    graph = await load_graph(session, [block_document_id])
    block = graph.blocks.get(block_document_id)
    if block is None or block.schema is None or block.block_type is None:
        return False
    outbox.record(session, block_document_deleted(block.document, block.schema, block.block_type))
    await session.execute(sa.delete(db.BlockDocument).where(db.BlockDocument.id == block_document_id))
    return True


async def _schema_and_type(
    session: AsyncSession, block_schema_id: UUID, block_type_id: UUID
) -> tuple[orm_models.BlockSchema, orm_models.BlockType]:
    block_type = await session.get(orm_models.BlockType, block_type_id)
    if block_type is None:
        raise InvalidInputError("block_type_id", "There is no such block type.")
    schema = await session.get(orm_models.BlockSchema, block_schema_id)
    if schema is None:
        raise InvalidInputError("block_schema_id", "There is no such block schema.")
    if schema.block_type_id != block_type_id:
        raise InvalidInputError(
            "block_schema_id", f"The block schema is not one of the type '{block_type.name}'."
        )
    return schema, block_type


async def _refer(
    db: DBInterface, session: AsyncSession, document_id: UUID, references: Mapping[str, UUID]
) -> None:
    graph = await load_graph(session, references.values())
    for name, target in references.items():
        if target not in graph.blocks:
            raise InvalidInputError(f"data.{name}", f"There is no block document '{target}'.")
        session.add(db.BlockDocumentReference(name=name, parent_id=document_id, referenced_id=target))
    if document_id in graph.blocks:
        raise InvalidInputError("data", "A block document may not refer to itself, not even through others.")
    await session.flush()
