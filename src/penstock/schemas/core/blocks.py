"""Blocks: typed, stored configuration; a document is of a type and fits one of its schemas."""

from typing import Any
from uuid import UUID

from pydantic import Field

from penstock.schemas.foundations import RecordModel


class BlockType(RecordModel):
    """A kind of block."""

    name: str
    slug: str
    logo_url: str | None = None
    documentation_url: str | None = None
    description: str | None = None
    code_example: str | None = None
    is_protected: bool = False


class BlockSchema(RecordModel):
    """Which fields a block of some type has."""

    checksum: str
    fields: dict[str, Any] = Field(default_factory=dict)
    block_type_id: UUID | None = None
    block_type: BlockType | None = None
    capabilities: list[str] = Field(default_factory=list)
    version: str


class BlockDocument(RecordModel):
    """Stored configuration. Fields that refer to other documents show the data of these."""

    name: str | None = None
    data: dict[str, Any] = Field(default_factory=dict)
    block_schema_id: UUID | None = None
    block_schema: BlockSchema | None = None
    block_type_id: UUID | None = None
    block_type_name: str | None = None
    block_type: BlockType | None = None
    block_document_references: dict[str, dict[str, Any]] = Field(default_factory=dict)
    is_anonymous: bool = False
