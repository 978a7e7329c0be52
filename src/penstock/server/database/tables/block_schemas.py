"""``block_schema``: which fields a block of some type has (orchestration.md 5.10)."""

from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from penstock.server.database.tables.base import Base


class BlockSchema(Base):
    """One version of the fields; what it says of blocks inside blocks is kept as it came."""

    __tablename__ = "block_schema"
    __table_args__ = (sa.UniqueConstraint("checksum", "version"), sa.Index(None, "block_type_id"))

    checksum: Mapped[str]
    version: Mapped[str]
    fields: Mapped[dict[str, Any]] = mapped_column(default=dict)
    capabilities: Mapped[list[str]] = mapped_column(default=list)
    block_type_id: Mapped[UUID] = mapped_column(sa.ForeignKey("block_type.id", ondelete="CASCADE"))
