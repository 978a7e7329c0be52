"""Filters and orders of block types, schemas and documents."""

from typing import Any

import sqlalchemy as sa

from penstock.schemas.filters import BlockDocumentFilter, BlockSchemaFilter, BlockTypeFilter
from penstock.schemas.sorting import BlockDocumentSort
from penstock.server.database.filters.operators import Condition, Criteria, by_value, conditions
from penstock.server.database.filters.tags import TAG_OPERATORS
from penstock.server.database.orm_models import BlockDocument, BlockSchema, BlockType

TYPE_CRITERIA: Criteria = {"name": by_value(BlockType.name), "slug": by_value(BlockType.slug)}

SCHEMA_CRITERIA: Criteria = {
    "id": by_value(BlockSchema.id),
    "block_type_id": by_value(BlockSchema.block_type_id),
    "block_capabilities": by_value(BlockSchema.capabilities, TAG_OPERATORS),
    "version": by_value(BlockSchema.version),
}

DOCUMENT_CRITERIA: Criteria = {
    "id": by_value(BlockDocument.id),
    "is_anonymous": by_value(BlockDocument.is_anonymous),
    "block_type_id": by_value(BlockDocument.block_type_id),
    "name": by_value(BlockDocument.name),
}

DOCUMENT_ORDERS: dict[BlockDocumentSort, tuple[sa.ColumnElement[Any], ...]] = {
    BlockDocumentSort.NAME_DESC: (BlockDocument.name.desc(), BlockDocument.id.desc()),
    BlockDocumentSort.NAME_ASC: (BlockDocument.name.asc(), BlockDocument.id.asc()),
    BlockDocumentSort.BLOCK_TYPE_AND_NAME_ASC: (
        BlockType.name.asc(),
        BlockDocument.name.asc(),
        BlockDocument.id.asc(),
    ),
}


def block_type_criteria(
    block_type_filter: BlockTypeFilter | None, block_schema_filter: BlockSchemaFilter | None = None
) -> Condition:
    """Return the condition on ``block_type``: it matches, and has a schema that matches."""
    found = conditions(block_type_filter, TYPE_CRITERIA) if block_type_filter else []
    if block_schema_filter and (of_schema := conditions(block_schema_filter, SCHEMA_CRITERIA)):
        schemas = sa.select(1).where(BlockSchema.block_type_id == BlockType.id, *of_schema)
        found.append(sa.exists(schemas.correlate(BlockType)))
    return sa.and_(sa.true(), *found)


def block_schema_criteria(block_schema_filter: BlockSchemaFilter | None) -> Condition:
    """Return the condition on ``block_schema``."""
    return sa.and_(
        sa.true(), *(conditions(block_schema_filter, SCHEMA_CRITERIA) if block_schema_filter else ())
    )


def block_document_criteria(
    block_document_filter: BlockDocumentFilter | None,
    block_type_filter: BlockTypeFilter | None = None,
    block_schema_filter: BlockSchemaFilter | None = None,
) -> Condition:
    """Return the condition on ``block_document`` joined with its type and its schema."""
    asked = block_document_filter or BlockDocumentFilter()
    found = conditions(asked, DOCUMENT_CRITERIA)
    if block_type_filter:
        found += conditions(block_type_filter, TYPE_CRITERIA)
    if block_schema_filter:
        found += conditions(block_schema_filter, SCHEMA_CRITERIA)
    return sa.and_(sa.true(), *found)


def block_document_ordering(sort: BlockDocumentSort) -> tuple[sa.ColumnElement[Any], ...]:
    """Return the columns to order documents by, the id last."""
    return DOCUMENT_ORDERS[sort]
