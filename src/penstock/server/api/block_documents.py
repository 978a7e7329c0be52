"""Routes of block documents (orchestration.md 4.7)."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Body, Response
from pydantic import TypeAdapter

from penstock.schemas.actions import BlockDocumentCreate, BlockDocumentUpdate
from penstock.schemas.core import BlockDocument
from penstock.schemas.filters import BlockDocumentFilter, BlockSchemaFilter, BlockTypeFilter
from penstock.schemas.lists import list_of
from penstock.schemas.sorting import BlockDocumentSort
from penstock.server.api.dependencies import Database
from penstock.server.api.errors import not_found, unless_taken
from penstock.server.api.json_answers import json_answer, no_content
from penstock.server.api.json_requests import JsonRoute
from penstock.server.api.paging import Limit, Offset
from penstock.server.models import block_documents

router = APIRouter(prefix="/block_documents", tags=["Blocks"], route_class=JsonRoute)

DOCUMENT = TypeAdapter(BlockDocument)
DOCUMENTS = list_of(BlockDocument)
COUNT = TypeAdapter(int)

UNKNOWN = "Block document not found"

WantedDocuments = Annotated[BlockDocumentFilter | None, Body(alias="block_documents")]
WantedTypes = Annotated[BlockTypeFilter | None, Body(alias="block_types")]
WantedSchemas = Annotated[BlockSchemaFilter | None, Body(alias="block_schemas")]


@router.post("/", status_code=201, response_model=BlockDocument)
async def create_block_document(block_document: BlockDocumentCreate, db: Database) -> Response:
    """Create a block document; the answer shows no secrets."""
    async with db.session_context(begin_transaction=True) as session:
        with unless_taken("Block", block_document.name):
            row = await block_documents.create_block_document(
                session=session,
                **{name: getattr(block_document, name) for name in BlockDocumentCreate.model_fields},
            )
        document = await block_documents.read_block_document(session=session, block_document_id=row.id)
    return json_answer(DOCUMENT, document, status_code=201)


@router.get("/{block_document_id:uuid}", response_model=BlockDocument)
async def read_block_document(
    block_document_id: UUID, db: Database, include_secrets: bool = False
) -> Response:
    """Read a block document by id."""
    async with db.session_context() as session:
        document = await block_documents.read_block_document(
            session=session, block_document_id=block_document_id, include_secrets=include_secrets
        )
    if document is None:
        not_found(UNKNOWN)
    return json_answer(DOCUMENT, document)


@router.post("/filter", response_model=list[BlockDocument])
async def read_block_documents(
    limit: Limit,
    offset: Offset,
    db: Database,
    documents: WantedDocuments = None,
    types: WantedTypes = None,
    schemas: WantedSchemas = None,
    include_secrets: Annotated[bool | None, Body()] = False,
    sort: Annotated[BlockDocumentSort | None, Body()] = BlockDocumentSort.NAME_ASC,
) -> Response:
    """Read block documents, by name; anonymous ones only when asked for."""
    async with db.session_context() as session:
        found = await block_documents.read_block_documents(
            session=session,
            block_document_filter=documents,
            block_type_filter=types,
            block_schema_filter=schemas,
            include_secrets=bool(include_secrets),
            sort=sort or BlockDocumentSort.NAME_ASC,
            offset=offset,
            limit=limit,
        )
    return json_answer(DOCUMENTS, found)


@router.post("/count", response_model=int)
async def count_block_documents(
    db: Database,
    documents: WantedDocuments = None,
    types: WantedTypes = None,
    schemas: WantedSchemas = None,
) -> Response:
    """Count block documents; anonymous ones only when asked for."""
    async with db.session_context() as session:
        count = await block_documents.count_block_documents(
            session=session,
            block_document_filter=documents,
            block_type_filter=types,
            block_schema_filter=schemas,
        )
    return json_answer(COUNT, count)


@router.patch("/{block_document_id:uuid}", status_code=204)
async def update_block_document(
    block_document_id: UUID, block_document: BlockDocumentUpdate, db: Database
) -> Response:
    """Change a document's fields; a secret's mask in the body leaves that secret as it is."""
    async with db.session_context(begin_transaction=True) as session:
        found = await block_documents.update_block_document(
            session=session, block_document_id=block_document_id, changes=block_document
        )
    if not found:
        not_found(UNKNOWN)
    return no_content()


@router.delete("/{block_document_id:uuid}", status_code=204)
async def delete_block_document(block_document_id: UUID, db: Database) -> Response:
    """Delete a block document."""
    async with db.session_context(begin_transaction=True) as session:
        found = await block_documents.delete_block_document(
            session=session, block_document_id=block_document_id
        )
    if not found:
        not_found(UNKNOWN)
    return no_content()
