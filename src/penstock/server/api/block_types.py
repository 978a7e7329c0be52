"""Routes of block types, and of documents by the slug of their type (orchestration.md 4.7)."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Body, Response
from pydantic import TypeAdapter
from sqlalchemy.ext.asyncio import AsyncSession

from penstock.core.errors import ForbiddenError
from penstock.schemas.actions import BlockTypeCreate, BlockTypeUpdate
from penstock.schemas.core import BlockDocument, BlockType
from penstock.schemas.filters import (
    BlockDocumentFilter,
    BlockDocumentFilterBlockTypeId,
    BlockSchemaFilter,
    BlockTypeFilter,
)
from penstock.schemas.lists import list_of
from penstock.server.api.dependencies import Database
from penstock.server.api.errors import not_found, unless_taken
from penstock.server.api.json_answers import json_answer, no_content
from penstock.server.api.json_requests import JsonRoute
from penstock.server.api.paging import Limit, Offset
from penstock.server.database import orm_models
from penstock.server.models import block_documents, block_types

router = APIRouter(prefix="/block_types", tags=["Blocks"], route_class=JsonRoute)

BLOCK_TYPE = TypeAdapter(BlockType)
BLOCK_TYPES = list_of(BlockType)
DOCUMENT = TypeAdapter(BlockDocument)
DOCUMENTS = list_of(BlockDocument)

RESERVED_PREFIX = "prefect"
UNKNOWN = "Block type not found"


async def _require(session: AsyncSession, given: UUID | str) -> orm_models.BlockType:
    row = (
        await block_types.read_block_type(session=session, block_type_id=given)
        if isinstance(given, UUID)
        else await block_types.read_block_type_by_slug(session=session, slug=given)
    )
    if row is None:
        not_found(UNKNOWN)
    return row


@router.post("/", status_code=201, response_model=BlockType)
async def create_block_type(block_type: BlockTypeCreate, db: Database) -> Response:
    """Create a block type."""
    if block_type.name.lower().startswith(RESERVED_PREFIX):
        raise ForbiddenError("Names of block types that begin with 'Prefect' are reserved.")
    async with db.session_context(begin_transaction=True) as session:
        with unless_taken("Block type", block_type.slug):
            row = await block_types.create_block_type(session=session, block_type=block_type)
    return json_answer(BLOCK_TYPE, BlockType.model_validate(row), status_code=201)


@router.get("/{block_type_id:uuid}", response_model=BlockType)
async def read_block_type(block_type_id: UUID, db: Database) -> Response:
    """Read a block type by id."""
    async with db.session_context() as session:
        row = await _require(session, block_type_id)
    return json_answer(BLOCK_TYPE, BlockType.model_validate(row))


@router.get("/slug/{slug}", response_model=BlockType)
async def read_block_type_by_slug(slug: str, db: Database) -> Response:
    """Read a block type by slug."""
    async with db.session_context() as session:
        row = await _require(session, slug)
    return json_answer(BLOCK_TYPE, BlockType.model_validate(row))


@router.post("/filter", response_model=list[BlockType])
async def read_block_types(
    limit: Limit,
    offset: Offset,
    db: Database,
    types: Annotated[BlockTypeFilter | None, Body(alias="block_types")] = None,
    schemas: Annotated[BlockSchemaFilter | None, Body(alias="block_schemas")] = None,
) -> Response:
    """Read block types, by name; with a filter of schemas, those that have one which matches."""
    async with db.session_context() as session:
        rows = await block_types.read_block_types(
            session=session,
            block_type_filter=types,
            block_schema_filter=schemas,
            offset=offset,
            limit=limit,
        )
    return json_answer(BLOCK_TYPES, [BlockType.model_validate(row) for row in rows])


@router.patch("/{block_type_id:uuid}", status_code=204)
async def update_block_type(block_type_id: UUID, block_type: BlockTypeUpdate, db: Database) -> Response:
    """Change the fields that are present in the body."""
    async with db.session_context(begin_transaction=True) as session:
        row = await _require(session, block_type_id)
        await block_types.update_block_type(session=session, block_type=row, changes=block_type)
    return no_content()


@router.delete("/{block_type_id:uuid}", status_code=204)
async def delete_block_type(block_type_id: UUID, db: Database) -> Response:
    """Delete a block type with its schemas and documents, unless it is protected."""
    async with db.session_context(begin_transaction=True) as session:
        row = await _require(session, block_type_id)
        if row.is_protected:
            raise ForbiddenError(f"Block type '{row.name}' is protected and cannot be deleted.")
        await block_types.delete_block_type(session=session, block_type=row)
    return no_content()


@router.get("/slug/{slug}/block_documents", response_model=list[BlockDocument])
async def read_block_documents_of_type(slug: str, db: Database, include_secrets: bool = False) -> Response:
    """Read the documents of a type, by name."""
    async with db.session_context() as session:
        row = await _require(session, slug)
        of_type = BlockDocumentFilter(block_type_id=BlockDocumentFilterBlockTypeId(any_=[row.id]))
        documents = await block_documents.read_block_documents(
            session=session, block_document_filter=of_type, include_secrets=include_secrets
        )
    return json_answer(DOCUMENTS, documents)


@router.get("/slug/{slug}/block_documents/name/{block_document_name}", response_model=BlockDocument)
async def read_block_document_by_name(
    slug: str, block_document_name: str, db: Database, include_secrets: bool = False
) -> Response:
    """Read a document by the slug of its type and its name."""
    async with db.session_context() as session:
        document = await block_documents.read_block_document_by_name(
            session=session,
            name=block_document_name,
            block_type_slug=slug,
            include_secrets=include_secrets,
        )
    if document is None:
        not_found("Block document not found")
    return json_answer(DOCUMENT, document)
