"""``block_type``: the kinds of stored configuration that clients know (orchestration.md 5.10)."""

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from penstock.server.database.tables.base import Base


class BlockType(Base):
    """A kind of block; clients register theirs when they save a block for the first time."""

    __tablename__ = "block_type"
    __table_args__ = (sa.UniqueConstraint("slug"),)

    name: Mapped[str]
    slug: Mapped[str]
    logo_url: Mapped[str | None]
    documentation_url: Mapped[str | None]
    description: Mapped[str | None]
    code_example: Mapped[str | None]
    is_protected: Mapped[bool] = mapped_column(default=False)
