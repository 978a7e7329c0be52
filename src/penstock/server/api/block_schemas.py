"""Routes of block schemas and of what blocks can do (orchestration.md 4.7)."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Body, Response
from pydantic import TypeAdapter
from sqlalchemy.ext.asyncio import AsyncSession

from penstock.core.errors import ForbiddenError
from penstock.schemas.actions import BlockSchemaCreate
from penstock.schemas.core import BlockSchema, BlockType
from penstock.schemas.filters import BlockSchemaFilter
from penstock.schemas.lists import list_of
from penstock.server.api.dependencies import Database
from penstock.server.api.errors import not_found
from penstock.server.api.json_answers import json_answer, no_content
from penstock.server.api.json_requests import JsonRoute
from penstock.server.api.paging import Limit, Offset
from penstock.server.database import orm_models
from penstock.server.models import block_schemas, block_types

router = APIRouter(tags=["Blocks"], route_class=JsonRoute)

BLOCK_SCHEMA = TypeAdapter(BlockSchema)
BLOCK_SCHEMAS = list_of(BlockSchema)
CAPABILITIES = list_of(str)

UNKNOWN = "Block schema not found"


@router.post("/block_schemas/", status_code=201, response_model=BlockSchema)
async def create_block_schema(block_schema: BlockSchemaCreate, db: Database) -> Response:
    """Create a block schema (201), or return the one of that checksum and version (200)."""
    async with db.session_context(begin_transaction=True) as session:
        if (
            await block_types.read_block_type(session=session, block_type_id=block_schema.block_type_id)
            is None
        ):
            not_found(f"Block type {block_schema.block_type_id} not found.")
        row, is_new = await block_schemas.create_block_schema(session=session, block_schema=block_schema)
        answer = await _described(session, row)
    return json_answer(BLOCK_SCHEMA, answer, status_code=201 if is_new else 200)


@router.get("/block_schemas/{block_schema_id:uuid}", response_model=BlockSchema)
async def read_block_schema(block_schema_id: UUID, db: Database) -> Response:
    """Read a block schema by id."""
    async with db.session_context() as session:
        row = await block_schemas.read_block_schema(session=session, block_schema_id=block_schema_id)
        if row is None:
            not_found(UNKNOWN)
        answer = await _described(session, row)
    return json_answer(BLOCK_SCHEMA, answer)


@router.get("/block_schemas/checksum/{checksum}", response_model=BlockSchema)
async def read_block_schema_by_checksum(checksum: str, db: Database, version: str | None = None) -> Response:
    """Read a block schema by checksum, the newest unless a version is named."""
    async with db.session_context() as session:
        row = await block_schemas.read_block_schema_by_checksum(
            session=session, checksum=checksum, version=version
        )
        if row is None:
            not_found(UNKNOWN)
        answer = await _described(session, row)
    return json_answer(BLOCK_SCHEMA, answer)


@router.post("/block_schemas/filter", response_model=list[BlockSchema])
async def read_block_schemas(
    limit: Limit,
    offset: Offset,
    db: Database,
    schemas: Annotated[BlockSchemaFilter | None, Body(alias="block_schemas")] = None,
) -> Response:
    """Read block schemas, the newest first."""
    async with db.session_context() as session:
        rows = await block_schemas.read_block_schemas(
            session=session, block_schema_filter=schemas, offset=offset, limit=limit
        )
        answers = [await _described(session, row) for row in rows]
    return json_answer(BLOCK_SCHEMAS, answers)


@router.delete("/block_schemas/{block_schema_id:uuid}", status_code=204)
async def delete_block_schema(block_schema_id: UUID, db: Database) -> Response:
    """Delete a block schema with its documents, unless its type is protected."""
    async with db.session_context(begin_transaction=True) as session:
        row = await block_schemas.read_block_schema(session=session, block_schema_id=block_schema_id)
        if row is None:
            not_found(UNKNOWN)
        block_type = await block_types.read_block_type(session=session, block_type_id=row.block_type_id)
        if block_type is not None and block_type.is_protected:
            raise ForbiddenError("Schemas of protected block types cannot be deleted.")
        await block_schemas.delete_block_schema(session=session, block_schema_id=block_schema_id)
    return no_content()


@router.get("/block_capabilities/", response_model=list[str])
async def read_block_capabilities(db: Database) -> Response:
    """Read what blocks can do."""
    async with db.session_context() as session:
        capabilities = await block_schemas.read_block_capabilities(session=session)
    return json_answer(CAPABILITIES, capabilities)


async def _described(session: AsyncSession, row: orm_models.BlockSchema) -> BlockSchema:
    block_type = await block_types.read_block_type(session=session, block_type_id=row.block_type_id)
    return BlockSchema(
        id=row.id,
        created=row.created,
        updated=row.updated,
        checksum=row.checksum,
        fields=row.fields,
        block_type_id=row.block_type_id,
        block_type=BlockType.model_validate(block_type),
        capabilities=row.capabilities,
        version=row.version,
    )
