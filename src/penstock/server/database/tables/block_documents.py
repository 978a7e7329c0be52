"""``block_document`` and ``block_document_reference``: stored configuration (orchestration.md 5.10)."""

from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from penstock.server.database.tables.base import Base
from penstock.server.database.types import JSON


class BlockDocument(Base):
    """A named set of values; a template default ``{"$ref": {"block_document_id": id}}`` points here.

    ``data`` is an encrypted text. Rows written before documents were encrypted hold an object.
    Values that stand for other documents are not in it: see ``BlockDocumentReference``.
    """

    __tablename__ = "block_document"
    __table_args__ = (sa.UniqueConstraint("block_type_id", "name"), sa.Index(None, "block_schema_id"))

    name: Mapped[str | None]
    data: Mapped[Any] = mapped_column(JSON, nullable=False, default=dict)
    block_schema_id: Mapped[UUID | None] = mapped_column(sa.ForeignKey("block_schema.id", ondelete="CASCADE"))
    block_type_id: Mapped[UUID | None] = mapped_column(sa.ForeignKey("block_type.id", ondelete="CASCADE"))
    is_anonymous: Mapped[bool] = mapped_column(default=False)


class BlockDocumentReference(Base):
    """A field of one document whose value is another document."""

    __tablename__ = "block_document_reference"
    __table_args__ = (
        sa.UniqueConstraint("parent_id", "name"),
        sa.Index(None, "referenced_id"),
    )

    name: Mapped[str]
    parent_id: Mapped[UUID] = mapped_column(sa.ForeignKey("block_document.id", ondelete="CASCADE"))
    referenced_id: Mapped[UUID] = mapped_column(sa.ForeignKey("block_document.id", ondelete="CASCADE"))
